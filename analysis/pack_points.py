#!/usr/bin/env python3
"""Pack points for train_embedding: arrays of NumPy, or a data set that comes with scikit-learn.

An .npz file gives the arrays `features` (n, ...), and `labels` (n,), numbers or text, `targets`
(n, t), or both; other arrays are passed over. --hold-out PART writes a random part, of each class
alike where there are classes, to --test.
"""

import numpy as np

from hdf5_tools import text
from numpy_files import read_npz
from point_data import write_point_files
from script_tools import DataError, check_outputs, option_parser, run, seed


def from_sklearn(name):
    try:
        from sklearn import datasets
    except ImportError as error:
        raise DataError(f"--sklearn needs scikit-learn: {error}") from error
    data = getattr(datasets, f"load_{name}")()
    return {"features": data.data, "labels": data.target}


def from_file(path):
    arrays = read_npz(path, ("features", "labels", "targets"))
    count = len(arrays["features"]) if arrays["features"].ndim else 0
    for name, values in arrays.items():
        if values.ndim == 0 or len(values) != count:
            raise DataError(f"{path}: {name} are {values.shape}, not one entry for each of "
                            f"{count} points")
    return arrays


def classes_of(labels, path):
    """Names of the classes in their order, and each point's class, 0 ..."""
    if labels.ndim != 1 or labels.dtype.kind not in "biufSU":
        raise DataError(f"{path}: labels must be one number or text a point, not "
                        f"{labels.dtype} of shape {labels.shape}")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise DataError(f"{path}: labels are not finite")
    classes, numbers = np.unique(labels, return_inverse=True)
    names = [text(name) for name in classes.tolist()]
    if len(set(names)) != len(names):
        raise DataError(f"{path}: two labels are the same text")
    return names, numbers


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
    parser = option_parser(__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--npz", help="file of NumPy arrays")
    source.add_argument("--sklearn", choices=("digits", "iris", "wine"))
    parser.add_argument("--output", required=True)
    parser.add_argument("--test", help="file for the points that are held out")
    parser.add_argument("--hold-out", type=float, default=0.3, help="part of them (0.3)")
    parser.add_argument("--seed", type=seed, default=1)
    arguments = parser.parse_args()
    if not 0 < arguments.hold_out < 1:
        raise DataError("--hold-out must lie between 0 and 1")

    check_outputs([arguments.output, arguments.test], [arguments.npz])
    arrays = from_sklearn(arguments.sklearn) if arguments.sklearn else from_file(arguments.npz)
    source = arguments.sklearn or arguments.npz
    names = None
    if "labels" in arrays:
        names, arrays["labels"] = classes_of(arrays["labels"], source)
    test = hold_out(arrays, arguments.hold_out, arguments.seed) if arguments.test else []
    kept = np.setdiff1d(np.arange(len(arrays["features"])), test)
    parts = [(path, points) for path, points in ((arguments.output, kept), (arguments.test, test))
             if path]
    for path, points in parts:
        if len(points) == 0:
            raise DataError(f"{path}: would be without points; {source} has "
                            f"{len(arrays['features'])}, --hold-out is {arguments.hold_out}")
    features = arrays.pop("features")
    write_point_files(
        [(path, features[points], {"names": names} | {k: v[points] for k, v in arrays.items()})
         for path, points in parts], source)
    for path, points in parts:
        print(f"{path}: {len(points)} points")


if __name__ == "__main__":
    run(main)
