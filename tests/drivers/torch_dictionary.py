"""Compare a training of RICA or an autoencoder with PyTorch's.

  torch_dictionary.py {rica|ACTIVATION-OUTPUT[-tied]} POINTS START RUN END
"""

import sys

import h5py
import torch

ACTIVATIONS = {"sigmoid": torch.sigmoid, "relu": torch.relu, "tanh": torch.tanh,
               "linear": lambda value: value}
SPARSITY, DECAY, SMOOTHING, RATE, MOMENTUM = 0.7, 0.03, 1e-2, 0.01, 0.9
BOUND = 1e-14


def read(path):
    with h5py.File(path) as file:
        return {name: torch.tensor(value[:]) for name, value in file["parameters"].items()}


def objective(kind, x, w):
    if kind == "rica":
        responses = x @ w["dictionary"].T
        total = ((responses @ w["dictionary"] - x) ** 2).sum()
        total = total + SPARSITY * torch.sqrt(responses ** 2 + SMOOTHING).sum()
    else:
        activation, output, *tied = kind.split("-")
        decoder = w["encoder"].T if tied else w["decoder"]
        hidden = ACTIVATIONS[activation](x @ w["encoder"] + w["encoder_bias"])
        total = ((ACTIVATIONS[output](hidden @ decoder + w["decoder_bias"]) - x) ** 2).sum()
    decay = sum((value ** 2).sum() for name, value in w.items() if "bias" not in name)
    return total / len(x) + DECAY * decay


def main():
    kind, points, start, run, end = sys.argv[1:]
    torch.set_default_dtype(torch.float64)
    with h5py.File(points) as file:
        x = torch.tensor(file["features"][:])
    with h5py.File(run) as file:
        found = file["metrics/train/objective"][:]
    weights = {name: value.requires_grad_() for name, value in read(start).items()}
    optimizer = torch.optim.SGD(weights.values(), lr=RATE, momentum=MOMENTUM)
    worst = 0
    for step, ours in enumerate(found):
        optimizer.zero_grad()
        loss = objective(kind, x, weights)
        loss.backward()
        optimizer.step()
        worst = max(worst, abs(ours / loss.item() - 1))
    final = read(end)
    assert final.keys() == weights.keys() and len(found) == 5
    apart = max((final[name] - value).abs().max().item() for name, value in weights.items())
    print(f"{kind}: objectives {worst:.1e}, weights {apart:.1e}")
    return 0 if worst < BOUND and apart < BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
