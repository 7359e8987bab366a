#!/usr/bin/env python3
"""Linear NCA, objective and gradient, against scikit-learn (its internal loss) and PyTorch (the
natural code with autograd) on the cases of benchmark_nca, in double precision.

  OMP_NUM_THREADS=2 python3 peer_nca.py build/release/bin/benchmark_nca --filter linear_nca
"""

from peer import compare, torch  # before NumPy: see there

import numpy as np
from sklearn.neighbors import NeighborhoodComponentsAnalysis


def peers(_, sizes):
    generator = np.random.default_rng(1)
    n, features, d = sizes["points"], sizes["features"], sizes["dimensions"]
    x = generator.normal(size=(n, features))
    labels = np.arange(n) % 10
    same = labels[:, None] == labels[None, :]
    a = generator.normal(size=(d, features)) / np.sqrt(features)

    nca = NeighborhoodComponentsAnalysis()
    nca.n_iter_ = 1

    tx, tsame = torch.from_numpy(x), torch.from_numpy(same)
    ta = torch.from_numpy(a).requires_grad_()

    def by_torch():
        z = tx @ ta.T
        squares = (z * z).sum(1)
        distances = squares[:, None] + squares[None, :] - 2 * z @ z.T
        distances = distances.masked_fill(torch.eye(n, dtype=torch.bool), float("inf"))
        loss = -(torch.softmax(-distances, 1) * tsame).sum()
        return torch.autograd.grad(loss, ta)

    return {"scikit-learn": lambda: nca._loss_grad_lbfgs(a.ravel(), x, same, -1.0),
            "PyTorch": by_torch}


if __name__ == "__main__":
    compare(__doc__, peers)
