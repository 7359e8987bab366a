#!/usr/bin/env python3
"""Objectives of sparse codes against scikit-learn's Lasso on the same problems, to 1e-8.

  compare_lasso.py WRITE_SPARSE_CODES

Lasso minimizes |x - Ds|² / (2 d) + α |s|: ours with α = λ / (2 d). Exits with 77, which ctest shows
as skipped, where scikit-learn or h5py is missing.
"""

import os
import subprocess
import sys
import tempfile
import warnings

try:
    import h5py
    import numpy as np
    from sklearn import datasets
    from sklearn.linear_model import Lasso
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

BOUND = 1e-11


def cases():
    generator = np.random.default_rng(2)
    cases = (("few atoms", 20, 30, 0.5), ("many atoms", 60, 25, 0.3))
    for name, atoms, features, sparsity in cases:
        dictionary = generator.normal(size=(atoms, features))
        dictionary /= np.linalg.norm(dictionary, axis=1)[:, None]
        yield name, generator.normal(size=(12, features)), dictionary, sparsity
    digits = datasets.load_digits().data / 16
    dictionary = digits[100:164] - digits[100:164].mean(1)[:, None]
    yield "digits", digits[:10] - digits[:10].mean(1)[:, None], dictionary, 0.2


def objective(x, dictionary, sparsity, codes):
    return ((x - codes @ dictionary) ** 2).sum() + sparsity * np.abs(codes).sum()


def main():
    warnings.simplefilter("ignore")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        given, found = os.path.join(folder, "given.h5"), os.path.join(folder, "found.h5")
        with h5py.File(given, "w") as file:
            for name, x, dictionary, sparsity in cases():
                file[f"{name}/X"], file[f"{name}/D"] = x, dictionary
                file[f"{name}/sparsity"] = [sparsity]
        subprocess.run(sys.argv[1:] + [given, found], check=True)
        with h5py.File(found) as file:
            for name, x, dictionary, sparsity in cases():
                lasso = Lasso(sparsity / (2 * x.shape[1]), fit_intercept=False, tol=1e-13,
                              max_iter=500000)
                codes = np.array([lasso.fit(dictionary.T, row).coef_ for row in x])
                theirs = objective(x, dictionary, sparsity, codes)
                for method in ("ista", "fista"):
                    ours = objective(x, dictionary, sparsity, file[f"{name}/{method}"][:])
                    print(f"{name}, {method}: {ours:.12g}, {ours / theirs - 1:+.1e} of Lasso's")
                    failures += not abs(ours / theirs - 1) < BOUND
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
