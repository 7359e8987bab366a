#!/usr/bin/env python3
"""Objective and gradient of linear NCA against scikit-learn's internal loss, on its digits, iris
and wine: as they come at A = I, where exponentials of digits' distances vanish, and at random A.

  compare_sklearn.py WRITE_NCA_VALUES

scikit-learn maximizes the sum of p_i: with the sign -1 its loss is ours. Exits with 77, which ctest
shows as skipped, where scikit-learn or h5py is missing.
"""

import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
    from sklearn import datasets
    from sklearn.neighbors import NeighborhoodComponentsAnalysis
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

BOUND = 1e-12


def cases():
    generator = np.random.default_rng(1)
    for name in ("digits", "iris", "wine"):
        data = getattr(datasets, f"load_{name}")()
        features = data.data.shape[1]
        yield f"{name}_identity", data.data, data.target, np.eye(features)
        scaled = (data.data - data.data.mean(0)) / (data.data.std(0) + 1e-9)
        for d in (2, min(features, 10)):
            a = generator.normal(size=(d, features)) / np.sqrt(features)
            yield f"{name}_{d}", scaled, data.target, a


def reference(x, labels, a):
    nca = NeighborhoodComponentsAnalysis()
    nca.n_iter_ = 1
    same = labels[:, None] == labels[None, :]
    value, gradient = nca._loss_grad_lbfgs(a.ravel(), x, same, -1.0)
    return value, gradient.reshape(a.shape)


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        given, found = os.path.join(folder, "given.h5"), os.path.join(folder, "found.h5")
        all_cases = list(cases())
        with h5py.File(given, "w") as file:
            for name, x, labels, a in all_cases:
                file[f"{name}/X"], file[f"{name}/A"] = x, a
                file[f"{name}/labels"] = labels.astype(np.int32)
        subprocess.run(sys.argv[1:] + [given, found], check=True)
        with h5py.File(found) as file:
            for name, x, labels, a in all_cases:
                value, gradient = reference(x, labels, a)
                ours = file[f"{name}/objective"][0]
                # Of the terms that cancel in the gradient: distances times features.
                scale = max(np.abs(gradient).max(), 1e-3 * np.abs(x).max() ** 2)
                worst = np.abs(file[f"{name}/gradient"][:] - gradient).max() / scale
                print(f"{name}: objective {ours:.12g}, off by {abs(ours / value - 1):.1e}, "
                      f"gradient off by {worst:.1e}")
                failures += not (abs(ours / value - 1) < BOUND and worst < BOUND)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
