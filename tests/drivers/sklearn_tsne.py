"""Divergence of digits after t-SNE by scikit-learn's exact method, from the same first places.

    sklearn_tsne.py FOLDER            writes FOLDER/digits.h5 and first places, FOLDER/start.h5
    sklearn_tsne.py FOLDER --compare  runs scikit-learn and compares with FOLDER/embedding.h5, as
                                      embed_tsne left it after as many iterations
"""

import os
import sys

import h5py
import numpy as np
from scipy.spatial.distance import pdist
from sklearn import datasets
from sklearn.manifold import TSNE, _t_sne

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "analysis"))
from import_weights import write_checkpoint  # noqa: E402
from point_data import write_points  # noqa: E402
from pretrained_networks import TORCHVISION  # noqa: E402

ITERATIONS = 300
PERPLEXITY = 30
BOUND = 0.01


def write(folder):
    data = datasets.load_digits()
    write_points(os.path.join(folder, "digits.h5"), data.data, "scikit-learn", labels=data.target,
                 names=[str(c) for c in range(10)])
    start = np.random.default_rng(5).normal(0, 1e-4, (len(data.data), 2))
    write_checkpoint(os.path.join(folder, "start.h5"), {"embedding": start}, "places",
                     TORCHVISION)


def divergence(p, places):
    """In double, of P condensed."""
    w = 1 / (1 + pdist(places, "sqeuclidean"))
    return 2 * np.sum(p * np.log(p * 2 * w.sum() / w))


def compare(folder):
    x = datasets.load_digits().data
    with h5py.File(os.path.join(folder, "start.h5")) as file:
        start = file["parameters/embedding"][:]
    with h5py.File(os.path.join(folder, "embedding.h5")) as file:
        places, reported = file["train/embedding"][:], file.attrs["divergence"]
    tsne = TSNE(perplexity=PERPLEXITY, method="exact", init=start.copy(), n_iter=ITERATIONS,
                learning_rate="auto")
    theirs = tsne.fit_transform(x)
    p = _t_sne._joint_probabilities(
        _t_sne.pairwise_distances(x, metric="euclidean", squared=True), PERPLEXITY, 0)
    ours, others = divergence(p, places), divergence(p, theirs)
    print(f"divergence {ours:.6f} (reported {float(reported):.6f}), scikit-learn {others:.6f}, "
          f"ratio {ours / others:.5f}; largest difference of places "
          f"{np.abs(places - theirs).max():.2g} of {np.abs(theirs).max():.3g}")
    wrong = abs(ours / others - 1) > BOUND or abs(ours / reported - 1) > 1e-5
    return 1 if wrong else 0


if __name__ == "__main__":
    if "--compare" in sys.argv:
        sys.exit(compare(sys.argv[1]))
    write(sys.argv[1])
