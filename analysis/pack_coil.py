#!/usr/bin/env python3
"""Pack COIL-20 (20 objects, 72 views each, 5 degrees apart) for embeddings of pose.

Reads COIL20.mat: X (1440, 1024) grey images of 32 x 32, column by column, Y the objects 1 ... 20,
views of each object in order. Features are (32, 32, 1) in 0 ... 1, targets (cos, sin) of the view's
angle, classes the objects. Held out: every third view of all objects (--hold-out views, folds 0 to 2),
or five whole objects, every fourth one (--hold-out objects, folds 0 to 3).
"""

import argparse
import os

import numpy as np
import scipy.io

from eigenprop_data import DataError, run
from point_data import write_points


def read(path):
    """Images (n, 32, 32), objects 0 ..., and angles in radians."""
    if not os.path.exists(path):
        raise DataError(f"{path}: no such file")
    try:
        mat = scipy.io.loadmat(path)
    except ValueError as error:
        raise DataError(f"{path}: is no .mat file: {error}") from error
    for name in ("X", "Y"):
        if name not in mat:
            raise DataError(f"{path}: has no matrix '{name}'")
    pixels, objects = mat["X"], mat["Y"].ravel().astype(int) - 1
    if pixels.ndim != 2 or pixels.shape[1] != 1024 or len(objects) != len(pixels):
        raise DataError(f"{path}: X is {pixels.shape} and Y {mat['Y'].shape}, not (n, 1024) and (n, 1)")
    images = pixels.reshape(-1, 32, 32).transpose(0, 2, 1).astype(np.float32) / 255
    views = np.zeros(len(objects), int)
    for number in np.unique(objects):
        members = np.flatnonzero(objects == number)
        if len(members) != 72:
            raise DataError(f"{path}: object {number + 1} has {len(members)} views, not 72")
        views[members] = np.arange(72)
    return images, objects, views


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="COIL20.mat")
    parser.add_argument("--hold-out", choices=("views", "objects"), required=True)
    parser.add_argument("--fold", type=int, default=0, help="which third or fourth (0)")
    parser.add_argument("--train", required=True, help="file to write")
    parser.add_argument("--test", required=True, help="file to write")
    arguments = parser.parse_args()

    images, objects, views = read(arguments.data)
    parts = {"views": 3, "objects": 4}[arguments.hold_out]
    if not 0 <= arguments.fold < parts:
        raise DataError(f"--fold must be 0 to {parts - 1} with --hold-out {arguments.hold_out}")
    held = (views if arguments.hold_out == "views" else objects) % parts == arguments.fold
    angles = np.deg2rad(5.0 * views)
    targets = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    names = [f"object{number + 1}" for number in range(objects.max() + 1)]
    for path, chosen in ((arguments.train, ~held), (arguments.test, held)):
        write_points(path, images[chosen][..., None], os.path.basename(arguments.data),
                     labels=objects[chosen], names=names, targets=targets[chosen])
        print(f"{path}: {chosen.sum()} views of {len(np.unique(objects[chosen]))} objects")


if __name__ == "__main__":
    run(main)
