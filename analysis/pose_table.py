#!/usr/bin/env python3
"""Table of pose errors from the results of jobs/compare_pose.sbatch.

Reads RESULTS/SPLIT/FOLD/METHOD.h5 and prints, in Markdown, for each split and method the mean
absolute error of the angle in degrees over the folds, for each number of neighbours, with the
standard deviation of a single fold. Of held-out objects there are two kinds of neighbours: other
views of these objects, and views of the training objects (METHOD_trained.h5).
"""

import os

import numpy as np

from hdf5_tools import open_file, read_array
from script_tools import DataError, option_parser, run
from point_data import EMBEDDING_FORMAT

METHODS = {"pixels": "pixels", "pca": "principal components", "linear_ncar": "linear NCAR",
           "cncar_coil": "C-NCAR"}


SPLITS = {("views", ""): "views", ("objects", ""): "objects, neighbours among their own views",
          ("objects", "_trained"): "objects, neighbours among training objects"}


def read_errors(folder, method):
    """(folds, numbers of neighbours) in degrees, and these numbers."""
    errors, numbers = [], None
    for fold in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, fold, f"{method}.h5")
        if not os.path.exists(path):
            continue
        with open_file(path, EMBEDDING_FORMAT) as file:
            found = read_array(file, "scores/neighbours", "iu", 1).tolist()
            degrees = read_array(file, "scores/degrees", "f", 1)
            if len(degrees) != len(found):
                raise DataError(f"{path}: /scores/degrees does not fit /scores/neighbours")
            if numbers is not None and numbers != found:
                raise DataError(f"{path}: has other numbers of neighbours than the folds before")
            numbers = found
            errors.append(degrees)
    return np.array(errors), numbers


def main():
    parser = option_parser(__doc__)
    parser.add_argument("results", help="folder with SPLIT/FOLD/METHOD.h5")
    arguments = parser.parse_args()
    if not os.path.isdir(arguments.results):
        raise DataError(f"{arguments.results}: no such folder")
    found = False
    for (split, suffix), title in SPLITS.items():
        for method, name in METHODS.items():
            errors, numbers = read_errors(os.path.join(arguments.results, split), method + suffix)
            if len(errors) == 0:
                continue
            if not found:
                print("| held out | embedding | " +
                      " | ".join(f"k = {k}" for k in numbers) + " | folds |")
                print("|---" * (len(numbers) + 3) + "|")
                found = True
            spread = errors.std(axis=0, ddof=1) if len(errors) > 1 else np.zeros(len(numbers))
            cells = " | ".join(f"{m:.2f} ± {s:.2f}" if len(errors) > 1 else f"{m:.2f}"
                               for m, s in zip(errors.mean(axis=0), spread))
            print(f"| {title} | {name} | {cells} | {len(errors)} |")
    if not found:
        raise DataError(f"{arguments.results}: no SPLIT/FOLD/METHOD.h5 there")


if __name__ == "__main__":
    run(main)
