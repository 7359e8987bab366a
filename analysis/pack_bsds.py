#!/usr/bin/env python3
"""Pack one split of the Berkeley segmentation data set into an HDF5 file.

Reads the official folder layout of BSDS500 (the folder itself, its `data` folder, or the
`BSR` folder around it):

    images/SPLIT/NAME.jpg
    groundTruth/SPLIT/NAME.mat    cell array `groundTruth` of structs with `Segmentation`

and writes every image in its own size and orientation with all its annotators'
segmentations, in the order of the names. Berkeley's segment ids start at 1; the packed ones
start at 0 and have no gaps. Images are packed as they are shown (images.py); .mat files may be of
version 7.3. The layout is documented in eigenprop_data.py.

The 200 training images of BSDS300 are split `train` of BSDS500, its 100 test images are
split `val`.
"""

import os

import numpy as np

from eigenprop_data import dataset_writer
from images import describe_turn, read_image
from mat_files import read_mat, whole_numbers
from script_tools import DataError, check_outputs, option_parser, positive, run

EXTENSIONS = (".jpg", ".jpeg", ".png")


def data_folder(root):
    """The folder that holds `images` and `groundTruth`."""
    for below in ("", "data", os.path.join("BSDS500", "data")):
        folder = os.path.join(root, below)
        if os.path.isdir(os.path.join(folder, "images")):
            return folder
    raise DataError(f"{root}: no folder 'images' in it, nor in its 'data'")


def stem(path):
    """A file's name without folder and extension."""
    return os.path.splitext(os.path.basename(path))[0]


def image_files(folder, split):
    """Sorted image file names of a split."""
    images = os.path.join(folder, "images", split)
    if not os.path.isdir(images):
        present = ", ".join(sorted(os.listdir(os.path.join(folder, "images"))))
        raise DataError(f"{images}: no such split (there are: {present or 'none'})")
    names = sorted(n for n in os.listdir(images) if n.lower().endswith(EXTENSIONS))
    if not names:
        raise DataError(f"{images}: no images (.jpg, .jpeg or .png)")
    known = {}
    for name in names:
        other = known.setdefault(stem(name), name)
        if other != name:
            raise DataError(f"{images}: {other} and {name} are two images of one name")
    return [os.path.join(images, name) for name in names]


def read_ground_truth(path):
    """The annotators' label maps as stored, ids from 1."""
    if not os.path.exists(path):
        raise DataError(f"{path}: ground truth is missing")
    content = read_mat(path, ("groundTruth",))
    if "groundTruth" not in content:
        raise DataError(f"{path}: has no variable 'groundTruth'")
    cells = content["groundTruth"]
    try:
        maps = [cell["Segmentation"][0, 0] for cell in cells.ravel()]
    except (ValueError, TypeError, IndexError) as error:
        raise DataError(f"{path}: 'groundTruth' is no cell array of structs with 'Segmentation' "
                        f"({error})") from error
    if not maps:
        raise DataError(f"{path}: 'groundTruth' is empty")
    return [whole_numbers(values, f"{path}: Segmentation {number}")
            for number, values in enumerate(maps, 1)]


def pack(root, split, output, limit=None):
    """Pack a split; returns the numbers of images and of segmentations."""
    folder = data_folder(root)
    files = image_files(folder, split)[:limit]
    truths = [os.path.join(folder, "groundTruth", split, stem(path) + ".mat") for path in files]
    check_outputs([output], files + truths)
    total = 0
    with dataset_writer(output, f"BSDS500 {split}") as writer:
        for path, truth in zip(files, truths):
            (image, orientation), segmentations = read_image(path), read_ground_truth(truth)
            try:
                writer.add(stem(path), np.asarray(image), segmentations)
            except DataError as error:
                raise DataError(f"{truth}: {error}{describe_turn(orientation)}") from error
            total += len(segmentations)
    return len(files), total


def main():
    parser = option_parser(__doc__)
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
