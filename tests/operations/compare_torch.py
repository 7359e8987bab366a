#!/usr/bin/env python3
"""Values and gradients of operations against PyTorch.

  compare_torch.py WRITE_OPERATION_VALUES

runs that program and compares what it writes. Both sides compute in the precision of the case.
Exits with 77, which ctest shows as skipped, where PyTorch or h5py is missing.
"""

import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
    import torch
    import torch.nn.functional as F
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# Largest difference relative to the largest value. Rounding: sums of up to 1600 products.
BOUNDS = {"float32": 5e-6, "float64": 1e-13}


def to_torch(x):
    """Channels-last to PyTorch's (batch, channels, height, width)."""
    return x.permute(0, 3, 1, 2)


def from_torch(y):
    return y.permute(0, 2, 3, 1)


def convolution2d(settings, output, x, weight, bias):
    # (kernel_h, kernel_w, in, out) to (out, in, kernel_h, kernel_w)
    y = F.conv2d(to_torch(x), weight.permute(3, 2, 0, 1), bias, stride=int(settings["stride"]),
                 padding=int(settings["padding"]), dilation=int(settings["dilation"]),
                 groups=int(settings["groups"]))
    return from_torch(y)


def pool_arguments(settings):
    return {"kernel_size": int(settings["kernel"]), "stride": int(settings["stride"]),
            "padding": int(settings["padding"]), "ceil_mode": bool(settings["ceil_mode"])}


def max_pool2d(settings, output, x):
    return from_torch(F.max_pool2d(to_torch(x), **pool_arguments(settings)))


def average_pool2d(settings, output, x):
    return from_torch(F.avg_pool2d(to_torch(x), count_include_pad=False,
                                   **pool_arguments(settings)))


def bilinear_resize(settings, output, x):
    return from_torch(F.interpolate(to_torch(x), size=output.shape[1:3], mode="bilinear",
                                    align_corners=False))


def local_response_normalization(settings, output, x):
    return from_torch(F.local_response_norm(to_torch(x), int(settings["size"]),
                                            settings["alpha"], settings["beta"], settings["k"]))


def lp_pool2d(settings, output, x):
    # PyTorch's own drops the absolute value for odd powers.
    y = F.lp_pool2d(to_torch(x).abs(), settings["power"], int(settings["kernel"]),
                    stride=int(settings["stride"]), ceil_mode=False)
    return from_torch(y)


def group_normalization(settings, output, x, weight, bias):
    return from_torch(F.group_norm(to_torch(x), int(settings["groups"]), weight, bias,
                                   settings["epsilon"]))


def dense(settings, output, x, weight, bias):
    return x @ weight + bias


FUNCTIONS = {f.__name__: f for f in (convolution2d, max_pool2d, average_pool2d, bilinear_resize,
                                     local_response_normalization, group_normalization,
                                     lp_pool2d, dense)}


def difference(ours, theirs):
    theirs = theirs.detach().numpy()
    if ours.shape != theirs.shape:
        return np.inf, f"shape {ours.shape}, not {theirs.shape}"
    worst = np.abs(ours - theirs).max() / np.abs(theirs).max()
    return worst if np.isfinite(worst) else np.inf, ""


def compare(name, group):
    """Names of the values of one case that differ."""
    kind = group.attrs["type"]
    kind = kind.decode() if isinstance(kind, bytes) else kind
    inputs = []
    while f"input{len(inputs)}" in group:
        inputs.append(torch.from_numpy(group[f"input{len(inputs)}"][:]).requires_grad_())
    output = group["output"][:]
    y = FUNCTIONS[kind](group.attrs, output, *inputs)
    pairs = [("output", output, y)]
    if tuple(y.shape) == output.shape:
        gradients = torch.autograd.grad(y, inputs, torch.from_numpy(group["output_adjoint"][:]))
        pairs += [(f"input_adjoint{i}", group[f"input_adjoint{i}"][:], gradient)
                  for i, gradient in enumerate(gradients)]
    failures = 0
    for what, ours, theirs in pairs:
        worst, note = difference(ours, theirs)
        if worst > BOUNDS[str(ours.dtype)]:
            settings = {key: value for key, value in group.attrs.items() if key != "type"}
            print(f"{name}, {kind} {settings}, {what}: off by {worst:.3g} {note}")
            failures += 1
    return kind, failures


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "values.h5")
        subprocess.run(sys.argv[1:] + [path], check=True)
        with h5py.File(path, "r") as file:
            results = [compare(name, group) for name, group in file.items()]
    missing = set(FUNCTIONS) - {kind for kind, _ in results}
    failures = sum(count for _, count in results)
    print(f"{len(results)} cases, {failures} values differ")
    if missing:
        print(f"no case of {', '.join(sorted(missing))}")
    return 1 if failures or missing else 0


if __name__ == "__main__":
    sys.exit(main())
