#!/usr/bin/env python3
"""Plot the course of training from one or several run files of train_ncuts.

Four panels over epochs: the objective J, the ranks of W and of the segmentations, the share
of images below Lemma 2's bound J < 1/2, and learning rate with gradient norm. Of affinity graphs
(cuts.affinity = "graph") six: the number of eigenvectors in place of the rank of W, the gap behind
them, the work of eigensolver and adjoint, and their residuals. Of boundary maps
(objective.kind = "boundary") instead of ranks and bound the mean probability on and off people's
boundaries, and the average precision. Thin lines are single steps, thick ones a running mean over
an epoch.
"""

import os

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_table  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402


COMMON = ("epoch", "objective", "learning_rate", "gradient_norm")
COLUMNS = {
    "low-rank affinities": ("rank_w", "rank_e", "bound_holds"),
    "affinity graphs": ("vectors", "rank_e", "gap", "least_gap", "products", "adjoint_iterations",
                        "residual", "adjoint_residual"),
    "boundary maps": ("on", "off", "average_precision"),
}


def kind_of(metrics):
    """What a table of metrics is of, a key of COLUMNS."""
    if "average_precision" in metrics:
        return "boundary maps"
    return "affinity graphs" if "vectors" in metrics else "low-rank affinities"


def read_metrics(path):
    with open_file(path, "eigenprop-run") as file:
        if "metrics/train" not in file:
            raise DataError(f"{path}: holds no metrics of a training")
        columns = (*COMMON, *COLUMNS[kind_of(file["metrics/train"])])
        return read_table(file, "train", columns)


def running_mean(values, width):
    width = max(1, min(width, len(values)))
    padded = np.concatenate([np.full(width - 1, values[0]), values])
    return np.convolve(padded, np.ones(width) / width, mode="valid")


def plot_curve(axis, metrics, column, label, colour):
    epoch = metrics["epoch"]
    steps = int(np.sum(epoch <= 1)) or 1
    axis.plot(epoch, metrics[column], color=colour, alpha=0.2, linewidth=0.6)
    axis.plot(epoch, running_mean(metrics[column], steps), color=colour, label=label)


def draw_low_rank(axes, runs):
    """Panels of W = F F^T: ranks and Lemma 2's bound."""
    ranks, bound = axes
    for number, (prefix, name, metrics) in enumerate(runs):
        plot_curve(ranks, metrics, "rank_w", prefix + "rank W", f"C{number}")
        plot_curve(ranks, metrics, "rank_e", prefix + r"rank $EE^\top$", f"C{number + 5}")
        plot_curve(bound, metrics, "bound_holds", name, f"C{number}")
    ranks.set(title="ranks", ylabel="rank", ylim=(0, None))
    bound.set(title="Lemma 2", ylabel="share of images with J < 1/2", ylim=(-0.05, 1.05))


def draw_graph(axes, runs):
    """Panels of affinity graphs: eigenvectors, gap, work and residuals of the solvers."""
    vectors, gap, work, residuals = axes
    for number, (prefix, _, metrics) in enumerate(runs):
        one, other = f"C{number}", f"C{number + 5}"
        plot_curve(vectors, metrics, "vectors", prefix + "eigenvectors k", one)
        plot_curve(vectors, metrics, "rank_e", prefix + "segments", other)
        plot_curve(gap, metrics, "gap", prefix + "mean of the images", one)
        plot_curve(gap, metrics, "least_gap", prefix + "least", other)
        plot_curve(work, metrics, "products", prefix + "products of M, eigenvectors", one)
        plot_curve(work, metrics, "adjoint_iterations", prefix + "iterations, adjoint", other)
        plot_curve(residuals, metrics, "residual", prefix + "eigenvectors", one)
        plot_curve(residuals, metrics, "adjoint_residual", prefix + "adjoint, relative", other)
    vectors.set(title="eigenvectors", ylabel="number", ylim=(0, None))
    gap.set(title="gap", ylabel=r"$\lambda_k - \lambda_{k+1}$", yscale="log")
    work.set(title="work", ylabel="mean of the step's images", ylim=(0, None))
    residuals.set(title="residuals", ylabel="largest of the step's images", yscale="log")


def draw_boundaries(axes, runs):
    """Panels of boundary maps: probabilities on and off people's boundaries, precision."""
    probability, precision = axes
    for number, (prefix, name, metrics) in enumerate(runs):
        plot_curve(probability, metrics, "on", prefix + "on boundaries", f"C{number}")
        plot_curve(probability, metrics, "off", prefix + "off boundaries", f"C{number + 5}")
        plot_curve(precision, metrics, "average_precision", name, f"C{number}")
    probability.set(title="boundary map", ylabel="mean probability", ylim=(0, 1))
    precision.set(title="average precision", ylabel="of the step's pixels", ylim=(0, 1))


DRAWN = {"low-rank affinities": draw_low_rank, "affinity graphs": draw_graph,
         "boundary maps": draw_boundaries}


def draw_optimizer(rate, norm, runs):
    for number, (_, _, metrics) in enumerate(runs):
        rate.plot(metrics["epoch"], metrics["learning_rate"], color=f"C{number}",
                  label="learning rate")
        plot_curve(norm, metrics, "gradient_norm", "gradient norm", f"C{number + 5}")
    rate.set(title="optimizer", ylabel="learning rate")
    norm.set_ylabel("gradient norm (before clipping)")
    lines = rate.get_lines() + norm.get_lines()[1::2]
    rate.legend(lines, [line.get_label() for line in lines], fontsize=8)


def draw(arguments):
    check_figure(arguments.output, arguments.runs)
    runs = []
    for path in arguments.runs:
        name = os.path.basename(path)
        prefix = f"{name}: " if len(arguments.runs) > 1 else ""
        runs.append((prefix, name, read_metrics(path)))
    kind, *others = sorted({kind_of(metrics) for _, _, metrics in runs})
    if others:
        raise DataError(f"runs of {kind} and of {others[0]} are not drawn together")
    rows = 3 if kind == "affinity graphs" else 2
    figure, axes = plt.subplots(rows, 2, figsize=(11, 3.75 * rows), sharex=True)
    objective, *middle, rate = axes.ravel()
    for number, (_, name, metrics) in enumerate(runs):
        plot_curve(objective, metrics, "objective", name, f"C{number}")
    objective.set(title="objective", ylabel="J, mean over the step's images")
    DRAWN[kind](middle, runs)
    draw_optimizer(rate, rate.twinx(), runs)
    for axis in axes[-1]:
        axis.set_xlabel("epoch")
    for axis in (objective, *middle):
        axis.legend(fontsize=8)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    save_figure(figure, arguments.output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("runs", nargs="+", help="run files (HDF5)")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
