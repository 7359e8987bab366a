"""Ten steps of DeepNCuts' training written for PyTorch in double precision, from the first
parameters of a checkpoint on; compares the objectives with those of a run file.

    torch_training.py scenes.h5 start.h5 run.h5

The run: whole images in RGB with position, without dropout, the small trunk without hidden layer,
one batch of all images, a constant learning rate.
"""

import sys

import h5py
import numpy as np
import torch
import torch.nn.functional as nnf

RATE, MOMENTUM, DECAY, CLIP = 0.01, 0.9, 1e-3, 1.0
TOLERANCE = 1e-5


def load(path):
    """Of each image: the image (1, 5, h, w), and label maps at half its size (annotators, hw / 4)."""
    with h5py.File(path) as file:
        sizes = file["images/size"][:]
        first = file["images/first_segmentation"][:]
        all_pixels = file["images/pixels"][:].reshape(len(sizes), -1, 3) / 255.0
        all_labels = file["segmentations/labels"][:].reshape(first[-1], -1).astype(int)
    for i, (height, width) in enumerate(sizes):
        image = np.empty((1, 5, height, width))
        image[0, :3] = (all_pixels[i].reshape(height, width, 3).transpose(2, 0, 1) - 0.5) / 0.25
        half = max(height, width) / 2
        image[0, 3] = (np.arange(width) + 0.5 - width / 2) / half
        image[0, 4] = ((np.arange(height) + 0.5 - height / 2) / half)[:, None]
        maps = all_labels[first[i] : first[i + 1]].reshape(-1, height, width)
        yield torch.from_numpy(image), maps[:, 1::2, 1::2].reshape(len(maps), -1)


def features(image, p):
    """The small trunk and the last convolution: m x 20."""

    def conv(name, x):
        weight = p[name + ".weight"]
        return nnf.conv2d(x, weight, p[name + ".bias"], padding=weight.shape[-1] // 2)

    x = torch.relu(conv("conv1", image))
    maps = {}
    for block in "2345":
        x = nnf.max_pool2d(x, 2)
        for part in "12":
            x = torch.relu(conv(f"conv{block}_{part}", x))
        maps[block] = conv("reduce" + block, x)
    total = conv("reduce1", nnf.avg_pool2d(image, 2))
    for reduced in maps.values():
        total = total + nnf.interpolate(
            reduced, size=total.shape[2:], mode="bilinear", align_corners=False
        )
    return torch.relu(conv("head2", torch.relu(total)))[0].flatten(1).T


def j2(f, annotators):
    """Half the squared distance between the projector onto F's range and the mean of those onto
    the ranges of the annotators' indicators; and the mean number of segments."""
    q, _ = torch.linalg.qr(f[:, f.detach().abs().sum(0) > 0])
    psi, segments = 0, 0
    for labels in annotators:
        indicator = labels[:, None] == np.unique(labels)
        e = torch.from_numpy(indicator / np.sqrt(indicator.sum(0)))
        psi = psi + e @ e.T / len(annotators)
        segments += e.shape[1] / len(annotators)
    return 0.5 * ((q @ q.T - psi) ** 2).sum(), segments


def main(scenes, start, run):
    torch.set_num_threads(1)
    samples = list(load(scenes))
    with h5py.File(start) as file:
        p = {name: torch.from_numpy(value[:].astype(float)) for name, value in
             file["parameters"].items()}
    with h5py.File(run) as file:
        found = file["metrics/train/objective"][:]
    for name in p:
        if p[name].ndim == 4:
            p[name] = p[name].permute(3, 2, 0, 1).contiguous()
        p[name].requires_grad_()
    velocity = {name: torch.zeros_like(value) for name, value in p.items()}
    expected = []
    for _ in found:
        objective = 0.0
        for image, annotators in samples:
            value, segments = j2(features(image, p), annotators)
            (value / segments / len(samples)).backward()
            objective += value.item() / len(samples)
        expected.append(objective)
        with torch.no_grad():
            norm = torch.sqrt(sum((value.grad**2).sum() for value in p.values()))
            scale = min(1.0, CLIP / norm.item())
            for name, value in p.items():
                decay = DECAY if name.endswith("weight") else 0.0
                velocity[name].mul_(MOMENTUM).add_(scale * value.grad + decay * value)
                value -= RATE * velocity[name]
                value.grad = None
    difference = np.abs(found / np.array(expected) - 1)
    print("objective ", " ".join(f"{v:.6f}" for v in found))
    print("difference", " ".join(f"{v:.1e}" for v in difference))
    if len(found) != 10 or not found[-1] < 0.999 * found[0] or not difference.max() < TOLERANCE:
        sys.exit(f"the objectives differ from PyTorch's by more than {TOLERANCE}, or do not fall")


if __name__ == "__main__":
    main(*sys.argv[1:])
