#!/usr/bin/env python3
"""Convolution2d against PyTorch (oneDNN) on the cases of benchmark_convolution.

PyTorch runs with its default memory layout and with channels_last; the faster of the two counts.

  OMP_NUM_THREADS=1 taskset -c 0 python3 peer_convolution.py build/release/bin/benchmark_convolution

--clock cpu compares processor time of the process instead of wall-clock time: on one thread it
does not see other processes that share the core.
"""

from peer import compare, torch


def peer(name, sizes, layout):
    """The same computation in PyTorch, as a function to be timed."""
    generator = torch.Generator().manual_seed(1)
    shape = sizes["batch"], sizes["in"], sizes["height"], sizes["width"]
    x = torch.randn(shape, generator=generator).contiguous(memory_format=layout)
    weight = torch.randn(
        (sizes["out"], sizes["in"], sizes["kernel"], sizes["kernel"]), generator=generator
    ).contiguous(memory_format=layout)
    bias = torch.randn(sizes["out"], generator=generator)
    arguments = {"stride": sizes["stride"], "padding": sizes["padding"]}

    def forward():
        with torch.no_grad():
            return torch.nn.functional.conv2d(x, weight, bias, **arguments)

    if not name.startswith("convolution_forward_adjoints"):
        return forward
    adjoint = forward()
    variables = tuple(tensor.requires_grad_() for tensor in (x, weight, bias))

    def forward_adjoints():
        y = torch.nn.functional.conv2d(*variables, **arguments)
        return torch.autograd.grad(y, variables, adjoint)

    return forward_adjoints


def peers(name, sizes):
    layouts = {"default layout": torch.contiguous_format, "channels_last": torch.channels_last}
    return {label: peer(name, sizes, layout) for label, layout in layouts.items()}


if __name__ == "__main__":
    compare(__doc__, peers)
