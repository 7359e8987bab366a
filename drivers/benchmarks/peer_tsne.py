#!/usr/bin/env python3
"""t-SNE of scikit-learn's digits, whole programs from the points to the places: embed_tsne on two ranks
and on two threads against scikit-learn's exact method, from the same first places, in turns.

  OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 python3 peer_tsne.py build/release/bin/embed_tsne
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np
from scipy.spatial.distance import pdist
from sklearn import datasets
from sklearn.manifold import TSNE, _t_sne

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "analysis"))
from import_weights import write_checkpoint  # noqa: E402
from point_data import write_points  # noqa: E402

PERPLEXITY = 30


def timed(function):
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def divergence(p, places):
    w = 1 / (1 + pdist(places, "sqeuclidean"))
    return 2 * np.sum(p * np.log(p * 2 * w.sum() / w))


def programs(embed, folder, iterations, x, start):
    """Functions that give places, by name."""
    def ours(ranks, threads, affinities):
        command = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks), embed,
                   "--data", os.path.join(folder, "digits.h5"),
                   "--import", os.path.join(folder, "start.h5"),
                   "--model.affinities", affinities, "--model.perplexity", str(PERPLEXITY),
                   "--train.iterations", str(iterations), "--log", "off"]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL,
                       env={**os.environ, "OMP_NUM_THREADS": str(threads)})
        with h5py.File(os.path.join(folder, "embedding.h5")) as file:
            return file["train/embedding"][:]

    def theirs():
        return TSNE(perplexity=PERPLEXITY, method="exact", init=start.copy(), n_iter=iterations,
                    learning_rate="auto").fit_transform(x)

    return {
        "scikit-learn, exact": theirs,
        "embed_tsne, exact, 2 ranks": lambda: ours(2, 1, "exact"),
        "embed_tsne, exact, 2 threads": lambda: ours(1, 2, "exact"),
        "embed_tsne, nearest, 2 ranks": lambda: ours(2, 1, "nearest"),
        "embed_tsne, nearest, 2 threads": lambda: ours(1, 2, "nearest"),
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", help="path of embed_tsne")
    parser.add_argument("--iterations", type=int, default=500)
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    data = datasets.load_digits()
    start = np.random.default_rng(5).normal(0, 1e-4, (len(data.data), 2))
    squared = _t_sne.pairwise_distances(data.data, metric="euclidean", squared=True)
    p = _t_sne._joint_probabilities(squared, PERPLEXITY, 0)
    with tempfile.TemporaryDirectory() as folder:
        write_points(os.path.join(folder, "digits.h5"), data.data, "scikit-learn")
        write_checkpoint(os.path.join(folder, "start.h5"), {"embedding": start}, "places")
        runs = programs(os.path.abspath(arguments.program), folder, arguments.iterations, data.data,
                        start)
        seconds = {name: [] for name in runs}
        reached = {}
        for _ in range(arguments.repetitions):
            for name, run in runs.items():
                elapsed, places = timed(run)
                seconds[name].append(elapsed)
                reached[name] = divergence(p, places)
    peer = next(iter(runs))
    print(f"{arguments.iterations} iterations on digits, medians of {arguments.repetitions}; ratio "
          "above 1: faster than scikit-learn")
    for name, times in seconds.items():
        ratio = statistics.median(t / o for t, o in zip(seconds[peer], times))
        print(f"{statistics.median(times):7.2f} s {ratio:6.2f}  divergence {reached[name]:.4f}  "
              f"{name}", flush=True)


if __name__ == "__main__":
    main()
