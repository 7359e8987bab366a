#!/usr/bin/env python3
"""Plot files of benchmark_scaling: speed-up, efficiency and phases over ranks, a case a line.

Left: speed-up over the fewest ranks, of weak cases the scaled one (ranks x seconds of one / seconds
of many), median and range of the repeats, with the ideal line. Middle: efficiency, speed-up over
ideal. Right: seconds of a step by phases, means over ranks and repeats. Rows whose threads had to
share cores are left out: their messages count, their seconds do not. Prints a table in Markdown.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from scaling_results import read_results  # noqa: E402
from script_tools import (DataError, check_figure, option_parser, run,  # noqa: E402
                          save_figure)

COLOURS = {"other": "0.75", "forward": "C0", "backward": "C1", "exchange": "C3",
           "eigensolver": "C2", "input": "C4", "output": "C5"}


def series_of(rows):
    """{threads: timed rows by ranks} of one case; rows of more nodes come after those of fewer."""
    series = {}
    for row in rows:
        if not row.is_crowded():
            series.setdefault(row.threads, []).append(row)
    return series


def speed_up(row, first):
    """(median, least, most) of a row over the median of the first one's seconds."""
    seconds = row.step_seconds()
    work = row.copies / first.copies if row.scaling == "weak" else 1
    base = work * first.ranks * np.median(first.step_seconds())
    return base / np.median(seconds), base / seconds.max(), base / seconds.min()


def efficiency(row, first):
    return tuple(value / row.ranks for value in speed_up(row, first))


def draw_series(axis, rows, measure, label):
    values = np.array([measure(row, rows[0]) for row in rows])
    ranks = [row.ranks for row in rows]
    axis.errorbar(ranks, values[:, 0], yerr=[values[:, 0] - values[:, 1],
                                             values[:, 2] - values[:, 0]],
                  marker="o", capsize=3, label=label)


def rank_axis(axis, ranks):
    axis.set_xscale("log", base=2)
    axis.set_xticks(ranks, [str(rank) for rank in ranks])
    axis.set_xlim(ranks[0] / 1.3, ranks[-1] * 1.3)
    axis.grid(alpha=0.3)


def draw_phases(axis, rows, phases):
    places = np.arange(len(rows))
    bottom = np.zeros(len(rows))
    for number, phase in enumerate(phases):
        heights = np.array([row.phase_seconds[:, :, number].mean() / row.steps for row in rows])
        if heights.max() > 0:
            axis.bar(places, heights, bottom=bottom, color=COLOURS.get(phase), label=phase)
        bottom += heights
    axis.set_xticks(places, [f"{row.ranks}x{row.threads}" for row in rows])


def draw_case(axes, name, series, phases):
    ranks = sorted({row.ranks for rows in series.values() for row in rows})
    for threads, rows in series.items():
        label = f"{threads} thread{'s' if threads > 1 else ''} a rank"
        draw_series(axes[0], rows, speed_up, label)
        draw_series(axes[1], rows, efficiency, label)
    axes[0].plot(ranks, ranks, "--", color="0.5", label="ideal")
    axes[1].axhline(1, linestyle="--", color="0.5")
    for axis in axes[:2]:
        rank_axis(axis, ranks)
    axes[0].set_yscale("log", base=2)
    axes[1].set_ylim(0, None)
    scaling = next(iter(series.values()))[0].scaling
    axes[0].set_ylabel(f"{name}\n({scaling})", fontsize=9)
    draw_phases(axes[2], [row for rows in series.values() for row in rows], phases)
    for axis in (axes[0], axes[2]):
        axis.legend(fontsize=7)


def print_table(results, series):
    exchange = results.phases.index("exchange")
    print("| case | ranks x threads | seconds a step (least to most) | speed-up | efficiency | "
          "exchange | messages | bytes sent | MiB a rank | differs by |")
    print("| --- " * 10 + "|")
    for name, of_threads in series.items():
        for rows in of_threads.values():
            for row in rows:
                seconds = row.step_seconds()
                share = row.phase_seconds[:, :, exchange].sum() / row.phase_seconds.sum()
                print(f"| {name} ({row.scaling}) | {row.ranks} x {row.threads} | "
                      f"{np.median(seconds):.3g} ({seconds.min():.3g} to {seconds.max():.3g}) | "
                      f"{speed_up(row, rows[0])[0]:.2f} | {efficiency(row, rows[0])[0]:.2f} | "
                      f"{100 * share:.0f} % | {row.most(row.messages):.0f} | "
                      f"{row.most(row.message_bytes):.3g} | {1024 * row.peak_memory.max():.0f} | "
                      f"{row.difference:.1g} |")
    for row in results.failed:
        print(f"\nfailed: {row.case}, {row.place}: {row.error}")


def draw(arguments):
    check_figure(arguments.output, arguments.results)
    results = read_results(arguments.results, arguments.cases)
    series = {name: series_of(rows) for name, rows in results.cases().items()}
    series = {name: of_threads for name, of_threads in series.items() if of_threads}
    if not series:
        raise DataError("the threads of all rows had to share cores: there are no times to plot")
    figure, axes = plt.subplots(len(series), 3, figsize=(12, 2.6 * len(series) + 0.4),
                                squeeze=False)
    for line, (name, of_threads) in zip(axes, series.items()):
        draw_case(line, name, of_threads, results.phases)
    for axis, title in zip(axes[0], ("speed-up", "efficiency", "seconds of a step, by phase")):
        axis.set_title(title)
    for axis in axes[-1][:2]:
        axis.set_xlabel("ranks")
    axes[-1][2].set_xlabel("ranks x threads")
    figure.tight_layout()
    save_figure(figure, arguments.output)
    print_table(results, series)
    loads = [row.load for row in results.rows if not row.is_crowded()]
    print(f"\nload of the machine when cases began: {min(loads):.1f} to {max(loads):.1f}")


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("results", nargs="+", help="files of benchmark_scaling (HDF5)")
    parser.add_argument("--cases", nargs="+", help="these alone")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
