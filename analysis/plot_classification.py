#!/usr/bin/env python3
"""Plot the test error of classifiers over the epochs.

Reads RESULTS/MODEL/SEED/run.h5 as jobs/array_classifier.sbatch leaves them: a line for each model,
the mean over its seeds, with a band from the least to the largest.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_table  # noqa: E402
from script_tools import check_figure, find_seeds, option_parser, run, save_figure  # noqa: E402


def read_curves(runs):
    """Test errors in percent, (seeds, epochs), by model."""
    curves = {}
    for model, _, path in runs:
        with open_file(path, "eigenprop-run") as file:
            errors = 100 * read_table(file, "test", ("error_top1",))["error_top1"]
            curves.setdefault(model, []).append(errors)
    return {model: np.array([c[:min(map(len, all_))] for c in all_])
            for model, all_ in curves.items()}


def draw(arguments):
    found = find_seeds(arguments.results, "MODEL/SEED/run.h5", arguments.models)
    check_figure(arguments.output, [path for *_, path in found])
    curves = read_curves(found)
    figure, axis = plt.subplots(figsize=(9, 5.5))
    order = sorted(curves.items(), key=lambda item: item[1][:, -1].mean())
    for i, (model, errors) in enumerate(order):
        epochs = np.arange(1, errors.shape[1] + 1)
        colour, style = f"C{i % 10}", "-" if i < 10 else "--"
        axis.plot(epochs, errors.mean(axis=0), style, color=colour,
                  label=f"{model}, {errors[:, -1].mean():.1f} %")
        axis.fill_between(epochs, errors.min(axis=0), errors.max(axis=0), color=colour, alpha=0.2,
                          linewidth=0)
    axis.set(xlabel="epoch", ylabel="test error, %")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=9)
    figure.tight_layout()
    save_figure(figure, arguments.output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("results", help="folder with MODEL/SEED/run.h5")
    parser.add_argument("--models", nargs="+", help="only these")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
