#!/usr/bin/env python3
"""Plot the test error over epochs for every way to differentiate second-order pooling.

Reads RESULTS/REMEDY_EPSILON/SEED/run.h5 as jobs/compare_remedies.sbatch leaves them: a panel
for each epsilon, a line for each remedy, the mean over its seeds, with a band from the least to
the largest. A cross stands where a seed's training ends before the others', because its
gradient was not finite (its log tells) or it still runs; the mean goes on over the rest.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_table  # noqa: E402
from script_tools import (  # noqa: E402
    DataError, check_figure, find_seeds, option_parser, run, save_figure,
)


def read_curves(runs):
    """Test errors in percent of every seed, by epsilon and remedy."""
    curves = {}
    for model, _, path in runs:
        remedy, mark, epsilon = model.rpartition("_")
        try:
            float(epsilon)
        except ValueError:
            mark = ""
        if not mark:
            raise DataError(f"{path}: the folder '{model}' is not REMEDY_EPSILON")
        with open_file(path, "eigenprop-run") as file:
            errors = []
            if "metrics/test" in file:
                errors = 100 * read_table(file, "test", ("error_top1",), least=0)["error_top1"]
        curves.setdefault(epsilon, {}).setdefault(remedy, []).append(np.asarray(errors))
    return curves


def mean_and_band(seeds, epochs):
    """Mean, least and largest of the seeds that have come to each epoch; NaN where none has."""
    table = np.full((len(seeds), epochs), np.nan)
    for row, errors in zip(table, seeds):
        row[:len(errors)] = errors
    reached = ~np.isnan(table).all(axis=0)
    bands = np.full((3, epochs), np.nan)
    for band, function in zip(bands, (np.nanmean, np.nanmin, np.nanmax)):
        band[reached] = function(table[:, reached], axis=0)
    return bands


def draw(arguments):
    found = find_seeds(arguments.results, "MODEL/SEED/run.h5", arguments.models)
    check_figure(arguments.output, [path for *_, path in found])
    curves = read_curves(found)
    epochs = max(len(errors) for remedies in curves.values() for seeds in remedies.values()
                 for errors in seeds)
    if epochs == 0:
        raise DataError(f"{arguments.results}: no run has scores yet")
    names = sorted({remedy for remedies in curves.values() for remedy in remedies})
    x = np.arange(1, epochs + 1)
    figure, axes = plt.subplots(1, len(curves), figsize=(6 * len(curves), 5), sharey=True,
                                squeeze=False)
    for axis, epsilon in zip(axes[0], sorted(curves, key=float)):
        for remedy, seeds in curves[epsilon].items():
            colour = f"C{names.index(remedy) % 10}"
            mean, least, largest = mean_and_band(seeds, epochs)
            whole = sum(len(errors) == epochs for errors in seeds)
            last = f"{mean[-1]:.1f} %" if whole else "ends early"
            axis.plot(x, mean, color=colour, label=f"{remedy}, {last}, {whole} of {len(seeds)}")
            axis.fill_between(x, least, largest, color=colour, alpha=0.2, linewidth=0)
            for errors in seeds:
                if len(errors) < epochs:
                    axis.plot(max(len(errors), 0.5), errors[-1] if len(errors) else 100, "x",
                              color=colour, markersize=9, markeredgewidth=2)
        axis.set(title=rf"$\varepsilon$ = {epsilon}", xlabel="epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=9)
    axes[0][0].set_ylabel("test error, %")
    figure.tight_layout()
    save_figure(figure, arguments.output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("results", help="folder with REMEDY_EPSILON/SEED/run.h5")
    parser.add_argument("--models", nargs="+", help="only these REMEDY_EPSILON")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
