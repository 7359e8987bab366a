#!/usr/bin/env python3
"""Pack COIL-20 (20 objects, 72 views each, 5 degrees apart) for embeddings of pose.

Reads COIL20.mat: X (1440, 1024) grey images of 32 x 32, 0 ... 255, column by column, Y the objects
1 ... 20, views of each object in order. Features are (32, 32, 1) in 0 ... 1, targets (cos, sin) of
the view's angle, classes the objects. Held out: every third view of all objects (--hold-out views,
folds 0 to 2), or five whole objects, every fourth one (--hold-out objects, folds 0 to 3).
"""

import os

import numpy as np

from mat_files import read_mat, whole_numbers
from point_data import write_point_files
from script_tools import DataError, check_outputs, option_parser, run


def read(path):
    """Images (n, 32, 32), objects 0 ..., and angles in radians."""
    mat = read_mat(path, ("X", "Y"))
    for name in ("X", "Y"):
        if name not in mat:
            raise DataError(f"{path}: has no matrix '{name}'")
    pixels = whole_numbers(mat["X"], f"{path}: X")
    numbers = whole_numbers(mat["Y"], f"{path}: Y")
    objects = numbers.ravel().astype(int) - 1
    if pixels.shape[1] != 1024 or len(objects) != len(pixels):
        raise DataError(f"{path}: X is {pixels.shape} and Y {numbers.shape}, not (n, 1024) and "
                        "(n, 1)")
    if pixels.min() < 0 or not 1 < pixels.max() < 256:
        raise DataError(f"{path}: X lies in {pixels.min()} ... {pixels.max()}, not in 0 ... 255")
    if not np.array_equal(np.unique(objects), np.arange(objects.max() + 1)):
        raise DataError(f"{path}: the objects in Y are not numbered from 1 without gaps")
    images = pixels.reshape(-1, 32, 32).transpose(0, 2, 1).astype(np.float32) / 255
    views = np.zeros(len(objects), int)
    for number in np.unique(objects):
        members = np.flatnonzero(objects == number)
        if len(members) != 72:
            raise DataError(f"{path}: object {number + 1} has {len(members)} views, not 72")
        views[members] = np.arange(72)
    return images, objects, views


def main():
    parser = option_parser(__doc__)
    parser.add_argument("--data", required=True, help="COIL20.mat")
    parser.add_argument("--hold-out", choices=("views", "objects"), required=True)
    parser.add_argument("--fold", type=int, default=0, help="which third or fourth (0)")
    parser.add_argument("--train", required=True, help="file to write")
    parser.add_argument("--test", required=True, help="file to write")
    arguments = parser.parse_args()

    check_outputs([arguments.train, arguments.test], [arguments.data])
    images, objects, views = read(arguments.data)
    folds = {"views": 3, "objects": 4}[arguments.hold_out]
    if not 0 <= arguments.fold < folds:
        raise DataError(f"--fold must be 0 to {folds - 1} with --hold-out {arguments.hold_out}")
    held = (views if arguments.hold_out == "views" else objects) % folds == arguments.fold
    angles = np.deg2rad(5.0 * views)
    targets = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    names = [f"object{number + 1}" for number in range(objects.max() + 1)]
    parts = ((arguments.train, ~held), (arguments.test, held))
    if not 0 < held.sum() < len(held):
        raise DataError(f"{arguments.data}: {objects.max() + 1} objects leave nothing to hold out "
                        f"or to train on with --hold-out {arguments.hold_out} --fold "
                        f"{arguments.fold}")
    write_point_files(
        [(path, images[chosen][..., None],
          {"labels": objects[chosen], "names": names, "targets": targets[chosen]})
         for path, chosen in parts], os.path.basename(arguments.data))
    for path, chosen in parts:
        print(f"{path}: {chosen.sum()} views of {len(np.unique(objects[chosen]))} objects")


if __name__ == "__main__":
    run(main)
