"""Compare softmax regression with PyTorch's: the loss, and the errors of the most probable class
and of the five most probable, after each of the full-batch epochs.

  torch_softmax.py POINTS START RUN
"""

import sys

import h5py
import torch

RATE, MOMENTUM, DECAY = 0.01, 0.9, 1e-3
# The network computes in single precision.
BOUND = 1e-7


def main():
    points, start, run = sys.argv[1:]
    with h5py.File(points) as file:
        x = torch.tensor(file["features"][:], dtype=torch.float64)
        labels = torch.tensor(file["labels/class"][:], dtype=torch.int64)
    with h5py.File(start) as file:
        parameters = {name: torch.tensor(value[:], dtype=torch.float64).requires_grad_()
                      for name, value in file["parameters"].items()}
    with h5py.File(run) as file:
        found = {name: file[f"metrics/test/{name}"][:]
                 for name in ("objective", "error_top1", "error_top5")}
    weight, bias = parameters["logits.weight"], parameters["logits.bias"]
    optimizer = torch.optim.SGD([{"params": [weight], "weight_decay": DECAY}, {"params": [bias]}],
                                lr=RATE, momentum=MOMENTUM)
    worst = 0
    for epoch in range(len(found["objective"])):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(x @ weight + bias, labels).backward()
        optimizer.step()
        with torch.no_grad():
            logits = x @ weight + bias
            loss = torch.nn.functional.cross_entropy(logits, labels).item()
            ranks = (logits > logits.gather(1, labels[:, None])).sum(1)
            errors = [(ranks >= k).double().mean().item() for k in (1, 5)]
        worst = max(worst, abs(found["objective"][epoch] / loss - 1))
        for name, error in zip(("error_top1", "error_top5"), errors):
            assert abs(found[name][epoch] - error) < 1e-12, (epoch, found[name], errors)
    print(f"softmax regression: {worst:.1e}; at the end {errors}")
    assert len(found["objective"]) == 6 and 0 < errors[1] < errors[0]
    return 0 if worst < BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
