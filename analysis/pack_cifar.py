#!/usr/bin/env python3
"""Pack the binary version of CIFAR-10 into an HDF5 file.

Reads data_batch_*.bin (--split train) or test_batch.bin (--split test) of the folder
cifar-10-batches-bin, records of one class byte and 3072 bytes of 32 x 32 pixels by colour plane,
and the classes' names from batches.meta.txt. The layout is documented in classification_data.py;
with --points, for embeddings, in point_data.py.
"""

import glob
import os

import numpy as np

from classification_data import write_classification
from point_data import write_points
from script_tools import DataError, check_outputs, option_parser, positive, run

SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE


def read_batch(path):
    """Classes (n) and images (n, 32, 32, 3) of one binary file."""
    size = os.path.getsize(path)
    if size == 0 or size % RECORD:
        raise DataError(f"{path}: {size} bytes are no whole number of records of {RECORD} bytes")
    records = np.fromfile(path, np.uint8).reshape(-1, RECORD)
    planes = records[:, 1:].reshape(-1, 3, SIDE, SIDE)
    return records[:, 0], planes.transpose(0, 2, 3, 1)


def read_names(path):
    """The classes' names, one a line."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            names = [line.strip() for line in file if line.strip()]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: no text in UTF-8 ({error})") from error
    if not names:
        raise DataError(f"{path}: names no classes")
    return names


def main():
    parser = option_parser(__doc__)
    parser.add_argument("--data", required=True, help="folder cifar-10-batches-bin")
    parser.add_argument("--split", required=True, choices=("train", "test"))
    parser.add_argument("--output", required=True)
    parser.add_argument("--limit", type=positive, help="only so many images of each file")
    parser.add_argument("--points", action="store_true", help="write points for train_embedding")
    arguments = parser.parse_args()

    pattern = "data_batch_*.bin" if arguments.split == "train" else "test_batch.bin"
    paths = sorted(glob.glob(os.path.join(glob.escape(arguments.data), pattern)))
    if not paths:
        raise DataError(f"{arguments.data}: no file {pattern} there")
    meta = os.path.join(arguments.data, "batches.meta.txt")
    if not os.path.exists(meta):
        raise DataError(f"{meta}: no such file; it names the classes")
    check_outputs([arguments.output], [*paths, meta])
    class_names = read_names(meta)

    classes, images, names = [], [], []
    for path in paths:
        own_classes, own_images = read_batch(path)
        if own_classes.max() >= len(class_names):
            raise DataError(f"{path}: record {own_classes.argmax()} is of class "
                            f"{own_classes.max()}; {meta} names {len(class_names)}")
        stem = os.path.splitext(os.path.basename(path))[0]
        for i in range(len(own_classes[: arguments.limit])):
            classes.append(own_classes[i])
            images.append(own_images[i])
            names.append(f"{stem}_{i:05d}")
    title = f"CIFAR-10, {arguments.split}"
    if arguments.points:
        write_points(arguments.output, np.stack(images), title, labels=classes, names=class_names)
    else:
        write_classification(arguments.output, images, classes, names, class_names, title)
    print(f"{arguments.output}: {len(images)} images, {len(class_names)} classes")


if __name__ == "__main__":
    run(main)
