#!/usr/bin/env python3
"""Convolution2d against PyTorch (oneDNN) on the cases of benchmark_convolution.

Both run the same cases in turns, so that a change of the machine's load meets both. PyTorch runs
with its default memory layout and with channels_last, and the faster of the two counts.

  OMP_NUM_THREADS=1 taskset -c 0 python3 peer_convolution.py build/release/bin/benchmark_convolution

--clock cpu compares processor time of the process instead of wall-clock time: on one thread it
does not see other processes that share the core.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

# Importing PyTorch under OMP_PROC_BIND ties this thread to one core, which programs started from
# here would inherit.
CORES = os.sched_getaffinity(0)

import torch  # noqa: E402


def cases(program):
    """Names of all benchmarks with their arguments, as the program lists them."""
    listing = subprocess.run(
        [program, "--benchmark_list_tests"], check=True, capture_output=True, text=True
    ).stdout
    for name in listing.split():
        sizes = {key: int(value) for key, value in re.findall(r"(\w+):(\d+)", name)}
        if sizes:
            yield name, sizes


def time_program(program, name, seconds, clock):
    """Milliseconds for one iteration of a benchmark of ours."""
    result = subprocess.run(
        [
            program,
            f"--benchmark_filter=^{re.escape(name)}$",
            f"--benchmark_min_time={seconds}",
            "--benchmark_format=json",
        ],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, CORES),
    )
    run = json.loads(result.stdout)["benchmarks"][0]
    assert run["time_unit"] == "ms", run
    return run["cpu_time" if clock == "cpu" else "real_time"]


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


def time_peer(function, seconds, clock):
    """Milliseconds for one call, after a first one that is not timed."""
    now = time.process_time if clock == "cpu" else time.perf_counter
    function()
    start = now()
    calls = 0
    while calls == 0 or now() - start < seconds:
        function()
        calls += 1
    return (now() - start) / calls * 1000


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", help="path of benchmark_convolution")
    parser.add_argument("--filter", default="", help="regular expression for names of cases")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each measurement")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    arguments = parser.parse_args()

    threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))
    torch.set_num_threads(threads)
    print(f"PyTorch {torch.__version__}, threads {threads}, {arguments.clock} clock, medians of "
          f"{arguments.repetitions}")
    print(f"{'ours ms':>9} {'torch ms':>9} {'ratio':>6}  case (ratio above 1: ours is faster)")
    layouts = torch.contiguous_format, torch.channels_last
    for name, sizes in cases(arguments.program):
        if not re.search(arguments.filter, name):
            continue
        functions = [peer(name, sizes, layout) for layout in layouts]
        ours, theirs, ratios = [], [], []
        for _ in range(arguments.repetitions):
            ours.append(time_program(arguments.program, name, arguments.seconds, arguments.clock))
            theirs.append(min(time_peer(function, arguments.seconds, arguments.clock)
                              for function in functions))
            ratios.append(theirs[-1] / ours[-1])
        print(f"{statistics.median(ours):9.2f} {statistics.median(theirs):9.2f} "
              f"{statistics.median(ratios):6.2f}  {name}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
