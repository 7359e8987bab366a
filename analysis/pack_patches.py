#!/usr/bin/env python3
"""Pack random patches of images as points for train_dictionary.

Reads packed images (pack_bsds.py, pack_cifar.py, pack_coco.py, make_scenes.py). Every image gives
as many patches, at random places; each loses its mean. --whiten zca: features lose their means and
are multiplied by E (Λ + ε)^(-1/2) Eᵀ of their covariance matrix E Λ Eᵀ, with ε = --regularization
times the mean of Λ, then divided by their common root mean square. What was done is stored with
them: /whitening/mean (features,) and /whitening/matrix (features, features), whitened = (patch -
mean) matrix. A patch without contrast is zero, and stays in: how many is printed.
"""

import numpy as np

from classification_data import CLASSIFICATION_FORMAT, read_classification
from eigenprop_data import DATASET_FORMAT, read_packed
from hdf5_tools import open_file, text
from point_data import write_points
from script_tools import DataError, check_outputs, option_parser, run, seed

LUMINANCE = np.array([0.299, 0.587, 0.114])


def reader(path):
    """Context manager: a reader of the images, whichever data set they are of."""
    with open_file(path, DATASET_FORMAT, CLASSIFICATION_FORMAT) as file:
        kind = text(file.attrs["format"])
    segmented = kind == DATASET_FORMAT
    return read_packed(path, DATASET_FORMAT) if segmented else read_classification(path)


def cut(images, path, count, size, grey, generator):
    """Patches (count, size, size, channels), 0 ... 1."""
    large = [i for i in range(len(images)) if min(images.size(i)) >= size]
    if not large:
        raise DataError(f"{path}: no image has {size} x {size} pixels")
    owners = np.sort(np.resize(generator.permutation(large), count))
    patches = np.empty((count, size, size, 1 if grey else 3), np.float32)
    place = 0
    for image, number in zip(*np.unique(owners, return_counts=True)):
        pixels = images.pixels(image) / 255.0
        pixels = (pixels @ LUMINANCE)[..., None] if grey else pixels
        height, width = pixels.shape[:2]
        for y, x in zip(generator.integers(0, height - size + 1, number),
                        generator.integers(0, width - size + 1, number)):
            patches[place] = pixels[y:y + size, x:x + size]
            place += 1
    return patches[generator.permutation(count)]


def whitening(rows, regularization):
    """Mean (features,) and symmetric matrix (features, features), of variance 1 over all
    features."""
    mean = rows.mean(axis=0)
    covariance = np.cov(rows, rowvar=False, bias=True)
    values, vectors = np.linalg.eigh(covariance)
    if not values[-1] > 0:
        raise DataError("all patches are alike: there is nothing to whiten")
    values = np.maximum(values, 0) + regularization * values.mean()
    matrix = vectors / np.sqrt(values) @ vectors.T
    return mean, matrix / np.sqrt(np.trace(matrix @ covariance @ matrix) / len(mean))


def main():
    parser = option_parser(__doc__)
    parser.add_argument("--data", required=True, help="packed images (HDF5)")
    parser.add_argument("--output", required=True, help="file to write")
    parser.add_argument("--count", type=int, default=100000, help="patches (100000)")
    parser.add_argument("--size", type=int, default=12, help="pixels of a side (12)")
    parser.add_argument("--grey", action="store_true", help="luminance alone")
    parser.add_argument("--whiten", choices=("zca", "none"), default="zca")
    parser.add_argument("--regularization", type=float, default=0.05, help="ε (0.05)")
    parser.add_argument("--seed", type=seed, default=1)
    arguments = parser.parse_args()
    if arguments.count < 2 or arguments.size < 2:
        raise DataError("--count and --size must be two or more")
    if not 0 < arguments.regularization < np.inf:
        raise DataError("--regularization must be positive and finite: patches without a mean have "
                        "covariance matrices of less than full rank")

    check_outputs([arguments.output], [arguments.data])
    with reader(arguments.data) as images:
        patches = cut(images, arguments.data, arguments.count, arguments.size, arguments.grey,
                      np.random.default_rng(arguments.seed))
    rows = patches.reshape(len(patches), -1).astype(float)
    rows -= rows.mean(axis=1, keepdims=True)
    flat = int((np.abs(rows).max(axis=1) < 1e-6).sum())
    others = {}
    if arguments.whiten == "zca":
        mean, matrix = whitening(rows, arguments.regularization)
        rows = (rows - mean) @ matrix
        others = {"whitening/mean": mean, "whitening/matrix": matrix}
    write_points(arguments.output, rows.reshape(patches.shape).astype(np.float32), arguments.data,
                 others=others)
    print(f"{arguments.output}: {len(rows)} patches of {' x '.join(map(str, patches.shape[1:]))}, "
          f"{flat} without contrast")


if __name__ == "__main__":
    run(main)
