#!/usr/bin/env python3
"""Draw how the time of linear NCA, objective and gradient, grows with points N and with features D.

Reads Google Benchmark's JSON:

  OMP_NUM_THREADS=1 benchmark_nca --benchmark_filter=growth --benchmark_repetitions=5 \\
    --benchmark_out=growth.json --benchmark_out_format=json

Left over N, right over D, for the graph in O(dDN + dN²) and the textbook's sum over pairs in
O(dDN²); of repetitions the fastest. Times are those of the processor: other programs on the machine
add to the wall-clock. Slopes are those of straight lines fitted to the logarithms, of all sizes
drawn; they are printed too.
"""

import json
from collections import Counter

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402

FORMS = {"growth_graph": ("graph, $O(dDN + dN^2)$", "C0", "o"),
         "growth_textbook": ("textbook, $O(dDN^2)$", "C3", "s")}
SIZES = ("points", "features", "dimensions")
SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


def read_times(path):
    """{form: {(points, features, dimensions): seconds}} of a JSON file."""
    try:
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)["benchmarks"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is no JSON of Google Benchmark ({error!r})") from error
    times = {form: {} for form in FORMS}
    for row in rows:
        form, *arguments = row["name"].split("/")
        if form not in times or row.get("run_type") == "aggregate":
            continue
        if row.get("error_occurred"):
            raise DataError(f"{path}: {row['name']} failed: {row.get('error_message')}")
        values = dict(argument.split(":") for argument in arguments if ":" in argument)
        size = tuple(int(values[name]) for name in SIZES)
        seconds = row["cpu_time"] * SECONDS[row["time_unit"]]
        times[form][size] = min(seconds, times[form].get(size, np.inf))
    for form, measured in times.items():
        if not measured:
            raise DataError(f"{path}: holds no times of {form}")
    return times


def along(measured, axis):
    """Sizes along one axis, times, and the two other sizes, which most measurements share."""
    def others(size):
        return size[:axis] + size[axis + 1:]
    fixed, count = Counter(map(others, measured)).most_common(1)[0]
    if count < 2:
        raise DataError(f"no two measurements differ in {SIZES[axis]} alone")
    line = sorted((size[axis], time) for size, time in measured.items() if others(size) == fixed)
    return *(np.array(column, float) for column in zip(*line)), fixed


def draw_growth(axis, times, index, symbol):
    fixed = set()
    for form, (label, colour, marker) in FORMS.items():
        sizes, seconds, others = along(times[form], index)
        slope, offset = np.polyfit(np.log(sizes), np.log(seconds), 1)
        print(f"{form.removeprefix('growth_')}: time over {SIZES[index]} has slope {slope:.2f}")
        axis.plot(sizes, seconds, marker, color=colour, label=f"{label}: slope {slope:.2f}")
        axis.plot(sizes, np.exp(offset) * sizes**slope, color=colour, linewidth=1)
        fixed.add(others)
    if len(fixed) > 1:
        raise DataError(f"both forms must be measured over {SIZES[index]} with the same other "
                        "sizes")
    names = [name for name in ("N", "D", "d") if name != symbol]
    axis.set_title(", ".join(f"{name} = {value}" for name, value in zip(names, fixed.pop())))
    axis.set(xscale="log", yscale="log", xlabel=f"{SIZES[index]} {symbol}")
    ticks = sorted({size[index] for measured in times.values() for size in measured})
    axis.set_xticks(ticks, labels=map(str, ticks), fontsize=9)
    axis.minorticks_off()
    axis.grid(alpha=0.3)
    axis.legend(fontsize=9)


def draw(arguments):
    check_figure(arguments.output, [arguments.json])
    times = read_times(arguments.json)
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    draw_growth(axes[0], times, 0, "N")
    draw_growth(axes[1], times, 1, "D")
    axes[0].set_ylabel("objective and gradient, processor seconds")
    figure.tight_layout()
    save_figure(figure, arguments.output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("json", help="times of benchmark_nca (JSON)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
