#!/usr/bin/env python3
"""Second-order pooling log(FᵀF + εI), forward and gradient, against PyTorch on the cases of
benchmark_second_order_pooling, with autograd in double precision: the natural code with
torch.linalg.svd, which adds log(ε) (I - VVᵀ) for the null space; the same with that term taken out
of the sum; and the natural code with torch.linalg.eigh.

The peer's gradient by eigh is NaN where m < d, and the one by svd wrong where singular values are
equal; their time counts all the same.

  OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=1 MALLOC_TRIM_THRESHOLD_=4000000000 \
      MALLOC_MMAP_THRESHOLD_=4000000000 python3 peer_second_order_pooling.py \
      build/release/bin/benchmark_second_order_pooling --filter automatic

The thresholds let the C library keep PyTorch's temporaries: where page faults are slow, as in some
virtual machines, it takes three to five times as long without.
"""

import math

from peer import compare, torch

EPSILON = 1e-3


def by_svd(f):
    _, s, vt = torch.linalg.svd(f, full_matrices=False)
    identity = torch.eye(f.shape[2], dtype=f.dtype)
    range_part = vt.mT @ torch.diag_embed(torch.log(s**2 + EPSILON)) @ vt
    return range_part + math.log(EPSILON) * (identity - vt.mT @ vt)


def by_svd_with_shift(f):
    _, s, vt = torch.linalg.svd(f, full_matrices=False)
    identity = torch.eye(f.shape[2], dtype=f.dtype)
    base = math.log(EPSILON)
    return vt.mT @ ((torch.log(s**2 + EPSILON) - base)[:, :, None] * vt) + base * identity


def by_eigh(f):
    gram = f.mT @ f + EPSILON * torch.eye(f.shape[2], dtype=f.dtype)
    values, vectors = torch.linalg.eigh(gram)
    return vectors @ (torch.log(values)[:, :, None] * vectors.mT)


def peers(_, sizes):
    generator = torch.Generator().manual_seed(1)
    batch, m, d = sizes["batch"], sizes["locations"], sizes["features"]
    f = torch.randn(batch, m, d, dtype=torch.float64, generator=generator, requires_grad=True)
    adjoint = torch.randn(batch, d, d, dtype=torch.float64, generator=generator)
    return {
        label: lambda pooling=pooling: torch.autograd.grad(pooling(f), f, adjoint)
        for label, pooling in (
            ("svd", by_svd),
            ("svd with shift", by_svd_with_shift),
            ("eigh", by_eigh),
        )
    }


if __name__ == "__main__":
    compare(__doc__, peers)
