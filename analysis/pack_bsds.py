#!/usr/bin/env python3
"""Pack one split of the Berkeley segmentation data set into an HDF5 file.

Reads the official folder layout of BSDS500 (the folder itself, its `data` folder, or the
`BSR` folder around it):

    images/SPLIT/NAME.jpg
    groundTruth/SPLIT/NAME.mat    cell array `groundTruth` of structs with `Segmentation`

and writes every image in its own size and orientation with all its annotators'
segmentations, in the order of the names. Berkeley's segment ids start at 1; the packed ones
start at 0 and have no gaps. The layout is documented in eigenprop_data.py.

The 200 training images of BSDS300 are split `train` of BSDS500, its 100 test images are
split `val`.
"""

import argparse
import os

import numpy as np
import scipy.io
from PIL import Image

from eigenprop_data import DataError, dataset_writer, run

EXTENSIONS = (".jpg", ".jpeg", ".png")


def data_folder(root):
    """The folder that holds `images` and `groundTruth`."""
    for below in ("", "data", os.path.join("BSDS500", "data")):
        folder = os.path.join(root, below)
        if os.path.isdir(os.path.join(folder, "images")):
            return folder
    raise DataError(f"{root}: no folder 'images' in it, nor in its 'data'")


def image_files(folder, split):
    """Sorted image file names of a split."""
    images = os.path.join(folder, "images", split)
    if not os.path.isdir(images):
        present = ", ".join(sorted(os.listdir(os.path.join(folder, "images"))))
        raise DataError(f"{images}: no such split (there are: {present or 'none'})")
    names = sorted(n for n in os.listdir(images) if n.lower().endswith(EXTENSIONS))
    if not names:
        raise DataError(f"{images}: no images (.jpg, .jpeg or .png)")
    return [os.path.join(images, name) for name in names]


def read_image(path):
    """(height, width, 3) uint8 RGB."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except OSError as error:
        raise DataError(f"{path}: not a readable image ({error})") from error


def read_ground_truth(path):
    """The annotators' label maps as stored, ids from 1."""
    if not os.path.exists(path):
        raise DataError(f"{path}: ground truth is missing")
    try:
        cells = scipy.io.loadmat(path)["groundTruth"].ravel()
        return [cell["Segmentation"][0, 0] for cell in cells]
    except KeyError as error:
        raise DataError(f"{path}: has no variable 'groundTruth'") from error
    except (ValueError, TypeError, IndexError, NotImplementedError, OSError) as error:
        raise DataError(
            f"{path}: not a .mat file with a cell array 'groundTruth' of structs with "
            f"'Segmentation' ({error})"
        ) from error


def pack(root, split, output, limit=None):
    """Pack a split; returns the numbers of images and of segmentations."""
    folder = data_folder(root)
    files = image_files(folder, split)[:limit]
    total = 0
    with dataset_writer(output, f"BSDS500 {split}") as writer:
        for path in files:
            name = os.path.splitext(os.path.basename(path))[0]
            truth = os.path.join(folder, "groundTruth", split, name + ".mat")
            pixels, segmentations = read_image(path), read_ground_truth(truth)
            try:
                writer.add(name, pixels, segmentations)
            except DataError as error:
                raise DataError(f"{truth}: {error}") from error
            total += len(segmentations)
    return len(files), total


def positive(value):
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="folder of BSDS500")
    parser.add_argument("--split", required=True, help="train, val or test")
    parser.add_argument("--output", required=True, help="HDF5 file to write")
    parser.add_argument(
        "--limit", type=positive, help="pack the first images only (default: all)"
    )
    options = parser.parse_args()
    images, segmentations = pack(
        options.data, options.split, options.output, options.limit
    )
    print(f"{options.output}: {images} images, {segmentations} segmentations")


if __name__ == "__main__":
    run(main)
