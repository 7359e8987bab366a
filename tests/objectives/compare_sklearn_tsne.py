#!/usr/bin/env python3
"""Affinities, divergence and gradient of t-SNE against scikit-learn's internal functions, on its digits,
iris and wine.

  compare_sklearn_tsne.py WRITE_TSNE_VALUES

scikit-learn searches the perplexity in single precision to 1e-5 of the entropy: its P agrees to that.
Divergence and gradient are compared at our P. Exits with 77, which ctest shows as skipped, where
scikit-learn or h5py is missing.
"""

import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
    from scipy.spatial.distance import pdist, squareform
    from sklearn import datasets
    from sklearn.manifold import _t_sne
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

BOUND = 1e-10
AFFINITY_BOUND = 2e-5


def cases():
    generator = np.random.default_rng(1)
    for name, perplexity in (("digits", 30.0), ("iris", 12.5), ("wine", 40.0)):
        x = getattr(datasets, f"load_{name}")().data
        # Iris has a flower twice: both programs see the same jitter.
        x = x + generator.normal(0, 1e-3, x.shape)
        for d, scale in ((2, 1e-4), (2, 8.0)):
            yield f"{name}_{scale:g}", x, generator.normal(0, scale, (len(x), d)), perplexity


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        given, found = os.path.join(folder, "given.h5"), os.path.join(folder, "found.h5")
        all_cases = list(cases())
        with h5py.File(given, "w") as file:
            for name, x, y, perplexity in all_cases:
                file[f"{name}/X"], file[f"{name}/Y"] = x, y
                file[f"{name}/perplexity"] = [perplexity]
        subprocess.run(sys.argv[1:] + [given, found], check=True)
        with h5py.File(found) as file:
            for name, x, y, perplexity in all_cases:
                n = len(x)
                p = file[f"{name}/P"][:, :n]
                theirs = _t_sne._joint_probabilities(squareform(pdist(x, "sqeuclidean")),
                                                     perplexity, 0)
                assert np.abs(p - p.T).max() < 1e-17 and abs(p.sum() - 1) < 1e-12
                p = squareform(p, checks=False)
                affinity = np.abs(p - theirs).max() / theirs.max()
                value, gradient = _t_sne._kl_divergence(y.ravel(), p, 1, n, y.shape[1])
                divergence = abs(file[f"{name}/divergence"][0] / value - 1)
                slope = np.abs(file[f"{name}/gradient"][:].ravel() - gradient).max()
                slope /= np.abs(gradient).max()
                print(f"{name}: P off by {affinity:.1e}, divergence by {divergence:.1e}, gradient "
                      f"by {slope:.1e}")
                failures += not (affinity < AFFINITY_BOUND and divergence < BOUND and slope < BOUND)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
