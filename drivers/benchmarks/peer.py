"""Times a Google Benchmark program of ours and the same cases in PyTorch in turns, so that a change
of the machine's load meets both."""

import argparse
import json
import os
import re
import statistics
import subprocess
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


def compare(documentation, peers):
    """Command line of a comparison. peers(name, sizes) gives the functions to be timed for a case,
    by label, and a line is printed for each."""
    parser = argparse.ArgumentParser(
        description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", help="path of the benchmark program")
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
    for name, sizes in cases(arguments.program):
        if not re.search(arguments.filter, name):
            continue
        functions = peers(name, sizes)
        ours, theirs = [], {label: [] for label in functions}
        for _ in range(arguments.repetitions):
            ours.append(time_program(arguments.program, name, arguments.seconds, arguments.clock))
            for label, function in functions.items():
                theirs[label].append(time_peer(function, arguments.seconds, arguments.clock))
        for label, times in theirs.items():
            ratio = statistics.median(t / o for t, o in zip(times, ours))
            print(f"{statistics.median(ours):9.2f} {statistics.median(times):9.2f} {ratio:6.2f}  "
                  f"{name}, {label}", flush=True)
