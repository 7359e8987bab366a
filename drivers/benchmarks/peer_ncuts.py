#!/usr/bin/env python3
"""PyTorch's time for J2 and its gradient in factored form, on the sizes of benchmark_ncuts.

The natural code of somebody who knows that d x d sums suffice: Gram matrix, segment sums by
index_add, Cholesky, autograd. In double precision.
"""

import argparse
import time

import torch


def objective(features, labels, counts):
    gram = features.T @ features
    sums = torch.zeros(len(counts), features.shape[1], dtype=features.dtype)
    sums = sums.index_add(0, labels, features)
    whitened = torch.linalg.solve_triangular(torch.linalg.cholesky(gram), sums.T, upper=False)
    captured = (whitened.square().sum(0) / counts).sum()
    return (features.shape[1] + len(counts)) / 2 - captured


def main(rows, columns, segments, repeats):
    features = torch.rand(rows, columns, dtype=torch.float64, requires_grad=True)
    labels = torch.arange(rows) * segments // rows
    counts = torch.bincount(labels).double()
    times = []
    for _ in range(repeats):
        features.grad = None
        start = time.perf_counter()
        objective(features, labels, counts).backward()
        times.append(time.perf_counter() - start)
    times.sort()
    print(
        f"rows {rows} features {columns} segments {segments} threads {torch.get_num_threads()}: "
        f"median {1e3 * times[len(times) // 2]:.2f} ms, least {1e3 * times[0]:.2f} ms"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=21)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    main(154401, 20, 8, arguments.repeats)
