#!/usr/bin/env python3
"""Pack points for train_embedding: arrays of NumPy, or a data set that comes with scikit-learn.

An .npz file gives the arrays `features` (n, ...), and `labels` (n,), `targets` (n, t) or both; other
arrays are passed over. --hold-out PART writes a random part, of each class alike where there are
classes, to --test.
"""

import argparse
import os

import numpy as np

from eigenprop_data import DataError, run
from point_data import write_points


def from_sklearn(name):
    try:
        from sklearn import datasets
    except ImportError as error:
        raise DataError(f"--sklearn needs scikit-learn: {error}") from error
    data = getattr(datasets, f"load_{name}")()
    return {"features": data.data, "labels": data.target}


def from_file(path):
    if not os.path.exists(path):
        raise DataError(f"{path}: no such file")
    with np.load(path) as arrays:
        if "features" not in arrays:
            raise DataError(f"{path}: has no array 'features', only {', '.join(arrays)}")
        return {name: arrays[name] for name in ("features", "labels", "targets") if name in arrays}


def hold_out(arrays, part, seed):
    """Indices of the test points."""
    groups = arrays.get("labels", np.zeros(len(arrays["features"]), int))
    generator = np.random.default_rng(seed)
    chosen = []
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        chosen.append(generator.permutation(members)[:round(part * len(members))])
    return np.sort(np.concatenate(chosen))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--npz", help="file of NumPy arrays")
    source.add_argument("--sklearn", choices=("digits", "iris", "wine"))
    parser.add_argument("--output", required=True)
    parser.add_argument("--test", help="file for the points that are held out")
    parser.add_argument("--hold-out", type=float, default=0.3, help="part of them (0.3)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not 0 < arguments.hold_out < 1:
        raise DataError("--hold-out must lie between 0 and 1")

    arrays = from_sklearn(arguments.sklearn) if arguments.sklearn else from_file(arguments.npz)
    names = None
    if "labels" in arrays:
        classes, arrays["labels"] = np.unique(arrays["labels"], return_inverse=True)
        names = [str(c) for c in classes]
    test = hold_out(arrays, arguments.hold_out, arguments.seed) if arguments.test else []
    kept = np.setdiff1d(np.arange(len(arrays["features"])), test)
    for path, points in ((arguments.output, kept), (arguments.test, test)):
        if path:
            write_points(path, arrays["features"][points], arguments.sklearn or arguments.npz,
                         names=names, **{k: v[points] for k, v in arrays.items() if k != "features"})
            print(f"{path}: {len(points)} points")


if __name__ == "__main__":
    run(main)
