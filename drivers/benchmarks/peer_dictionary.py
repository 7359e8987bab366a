#!/usr/bin/env python3
"""Dictionary learning of patches, train_dictionary (whole programs) on two ranks and on two threads
against scikit-learn's MiniBatchDictionaryLearning, in turns: seconds of an epoch, and the objective that
the learned dictionaries reach on patches held out, both coded by scikit-learn's Lasso.

  python3 analysis/pack_patches.py --data bsds.h5 --size 8 --grey --count 102000 --output patches.h5
  python3 peer_dictionary.py build/release/bin/train_dictionary patches.h5
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings

import h5py
import numpy as np
from sklearn.decomposition import MiniBatchDictionaryLearning, sparse_encode

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "analysis"))
from point_data import write_points  # noqa: E402

HELD_OUT = 2000
BATCH = 256


def objective(x, dictionary, sparsity):
    """Mean of ‖x - sD‖² + λ‖s‖₁ over the rows of x; scikit-learn's is half of it, with α = λ / 2."""
    codes = sparse_encode(x, dictionary, algorithm="lasso_cd", alpha=sparsity / 2, max_iter=5000)
    return (((x - codes @ dictionary) ** 2).sum() + sparsity * np.abs(codes).sum()) / len(x)


def ours(program, folder, arguments, epochs, ranks, threads):
    """Seconds, and the dictionary."""
    command = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks), program, "--data",
               "train.h5", "--log", "off", "--model.atoms", str(arguments.atoms), "--model.sparsity",
               str(arguments.sparsity), "--train.batch", str(BATCH), "--train.unit", "128",
               "--train.rate", "0.5", "--train.epochs", str(epochs), "--codes.tolerance",
               str(arguments.tolerance)]
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": str(threads)})
    seconds = time.perf_counter() - start
    with h5py.File(os.path.join(folder, "checkpoint.h5")) as file:
        return seconds, file["parameters/dictionary"][:]


def theirs(x, arguments, algorithm):
    model = MiniBatchDictionaryLearning(
        arguments.atoms, alpha=arguments.sparsity / 2, n_iter=len(x) // BATCH, batch_size=BATCH,
        fit_algorithm=algorithm, shuffle=False, random_state=0, n_jobs=2)
    start = time.perf_counter()
    model.fit(x)
    return time.perf_counter() - start, model.components_


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", help="train_dictionary")
    parser.add_argument("patches", help="points of pack_patches.py")
    parser.add_argument("--atoms", type=int, default=256)
    parser.add_argument("--sparsity", type=float, default=1, help="λ (1)")
    parser.add_argument("--tolerance", type=float, default=0.1, help="of our codes (0.1)")
    parser.add_argument("--algorithms", nargs="+", default=["cd"], choices=("cd", "lars"),
                        help="of scikit-learn's codes; lars, its default, takes longer")
    arguments = parser.parse_args()
    # Its message on iterations that a few patches would need beyond the last.
    warnings.simplefilter("ignore")

    with h5py.File(arguments.patches) as file:
        features = file["features"][:]
    x = features.reshape(len(features), -1).astype(float)
    held, x = x[:HELD_OUT], x[HELD_OUT:]
    print(f"{len(x)} patches of {x.shape[1]} features, {arguments.atoms} atoms, batches of {BATCH}")
    print(f"{'':34}  epochs  seconds/epoch  objective")

    def tell(name, epochs, seconds, dictionary):
        value = objective(held, dictionary, arguments.sparsity)
        print(f"{name:34}  {epochs:6}  {seconds / epochs:13.1f}  {value:9.4f}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        write_points(os.path.join(folder, "train.h5"), features[HELD_OUT:], arguments.patches)
        program = os.path.abspath(arguments.program)
        for epochs in (1, 2):
            tell("train_dictionary, 2 ranks", epochs,
                 *ours(program, folder, arguments, epochs, 2, 1))
        for algorithm in arguments.algorithms:
            tell(f"scikit-learn, {algorithm}", 1, *theirs(x, arguments, algorithm))
        tell("train_dictionary, 2 threads", 2, *ours(program, folder, arguments, 2, 1, 2))


if __name__ == "__main__":
    main()
