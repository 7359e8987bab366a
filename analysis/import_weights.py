#!/usr/bin/env python3
"""Import pretrained weights of AlexNet or VGG-16 into a checkpoint for `train_ncuts --import`.

Reads a torchvision state dict (.pth, needs torch) or an .npz with the same keys, and writes
the convolutions under this project's names: conv1 ... conv5 for alexnet, conv1_1 ... conv5_3
for vgg16. Weights change from (out, in, height, width) to (height, width, in, out).
"""

import argparse

import h5py
import numpy as np

from eigenprop_data import DataError, output_file, run

LAYERS = {
    "alexnet": {0: "conv1", 3: "conv2", 6: "conv3", 8: "conv4", 10: "conv5"},
    "vgg16": {
        0: "conv1_1", 2: "conv1_2", 5: "conv2_1", 7: "conv2_2", 10: "conv3_1", 12: "conv3_2",
        14: "conv3_3", 17: "conv4_1", 19: "conv4_2", 21: "conv4_3", 24: "conv5_1",
        26: "conv5_2", 28: "conv5_3",
    },
}


def read_state(path):
    if path.endswith(".npz"):
        return dict(np.load(path))
    try:
        import torch
    except ImportError:
        raise DataError(f"{path}: reading a state dict needs torch; convert it to .npz") from None
    return {key: value.numpy() for key, value in torch.load(path, map_location="cpu").items()}


def convert(state, network, path):
    """Parameters by this project's names, channels last."""
    parameters = {}
    for number, layer in LAYERS[network].items():
        for kind in ("weight", "bias"):
            key = f"features.{number}.{kind}"
            if key not in state:
                raise DataError(f"{path}: lacks '{key}' of torchvision's {network}")
            value = np.asarray(state[key], np.float32)
            parameters[f"{layer}.{kind}"] = value.transpose(2, 3, 1, 0) if value.ndim == 4 else value
    return parameters


def write_checkpoint(path, parameters, network):
    with output_file(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["format"] = np.bytes_("eigenprop-checkpoint")
        file.attrs["version"] = np.int64(1)
        file.attrs["commit"] = np.bytes_("imported")
        file.attrs["step"] = np.int64(0)
        file["model"] = np.bytes_(network)
        file["configuration"] = np.bytes_("# imported\n")
        for name, value in parameters.items():
            file[f"parameters/{name}"] = np.ascontiguousarray(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", help="state dict (.pth) or .npz")
    parser.add_argument("--network", choices=sorted(LAYERS), required=True)
    parser.add_argument("--output", required=True, help="checkpoint to write")
    arguments = parser.parse_args()
    run(
        lambda: write_checkpoint(
            arguments.output,
            convert(read_state(arguments.weights), arguments.network, arguments.weights),
            arguments.network,
        )
    )
