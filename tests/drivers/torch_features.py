"""Makes random weights and an input with torchvision, or compares features computed from them."""

import os
import sys

import numpy as np
import torch
import torchvision

CUTS = {"alexnet": 12, "vgg16": 30}


def main(folder, compare):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    worst = 0.0
    for name, cut in CUTS.items():
        network = getattr(torchvision.models, name)(weights=None).eval()
        image = torch.randn(1, 3, 96, 131)
        if not compare:
            os.makedirs(folder, exist_ok=True)
            state = {k: v.numpy() for k, v in network.state_dict().items() if "features" in k}
            np.savez(f"{folder}/{name}.npz", **state)
            image.permute(0, 2, 3, 1).numpy().tofile(f"{folder}/{name}_input.bin")
            continue
        with torch.no_grad():
            expected = network.features[:cut](image).permute(0, 2, 3, 1).numpy()
        found = np.fromfile(f"{folder}/{name}_features.bin", np.float32).reshape(expected.shape)
        difference = np.abs(found - expected).max() / np.abs(expected).max()
        print(f"{name}: features {expected.shape}, largest relative difference {difference:.1e}")
        worst = max(worst, difference)
    if not worst < 1e-5:
        sys.exit("features differ from torchvision's")


if __name__ == "__main__":
    main(sys.argv[1], "--compare" in sys.argv)
