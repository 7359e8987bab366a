#!/usr/bin/env python3
"""Draw embeddings stored by evaluate_embedding in the plane, one column a file.

Points of the training set are dots, those of the test set rings. First row: coloured by class;
second row, where there are targets of two columns (cos, sin): by angle. Embeddings of more than two
dimensions are projected on their two leading principal directions.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_array, read_strings  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402
from point_data import EMBEDDING_FORMAT  # noqa: E402


def read(path):
    """Embeddings of the training set and, where there is one, of the test set, each with what is
    known of its points: class and names, targets."""
    sets = {}
    with open_file(path, EMBEDDING_FORMAT) as file:
        for name in ("train", "test"):
            if name == "test" and name not in file:
                continue
            values = sets[name] = {"embedding": read_array(file, f"{name}/embedding", "f", 2)}
            for key, kinds, dimensions in (("class", "iu", 1), ("targets", "f", 2)):
                if f"{name}/{key}" in file:
                    values[key] = read_array(file, f"{name}/{key}", kinds, dimensions)
            if f"{name}/names" in file:
                values["names"] = read_strings(file, f"{name}/names")
            if len({len(values[key]) for key in values if key != "names"}) > 1:
                raise DataError(f"{path}: /{name} tells of different numbers of points")
        if len({values["embedding"].shape[1] for values in sets.values()}) > 1:
            raise DataError(f"{path}: embeddings of different dimensions")
    return sets


def to_plane(sets):
    train = sets["train"]["embedding"]
    mean = train.mean(axis=0)
    directions = np.eye(train.shape[1])[:2]
    if train.shape[1] > 2:
        directions = np.linalg.svd(train - mean, full_matrices=False)[2][:2]
    elif train.shape[1] == 1:
        directions = np.array([[1.0], [0.0]])
    return {name: (values["embedding"] - mean) @ directions.T for name, values in sets.items()}


def scatter(axis, planes, colours, colour_map, limits):
    for name, points in planes.items():
        test = name == "test"
        axis.scatter(*points.T, c=None if test else colours[name], s=14 if test else 7,
                     facecolors="none" if test else None,
                     edgecolors=colour_map((colours[name] - limits[0]) / (limits[1] - limits[0]))
                     if test else "none",
                     cmap=None if test else colour_map, vmin=None if test else limits[0],
                     vmax=None if test else limits[1], linewidths=0.8)
    axis.set_xticks([])
    axis.set_yticks([])


def add_legend(axis, sets, colour_map):
    """Names of the classes, where they are few."""
    names = sets["train"].get("names", [])
    if not 1 < len(names) <= 12:
        return
    for number, name in enumerate(names):
        axis.scatter([], [], color=colour_map(number / (len(names) - 1)), s=14, label=name)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8, frameon=False)


def draw(arguments):
    check_figure(arguments.output, [item.rpartition("=")[2] for item in arguments.embeddings])
    columns = []
    for item in arguments.embeddings:
        label, _, path = item.rpartition("=")
        columns.append((label or path, read(path)))
    angles = all("targets" in v and v["targets"].shape[1] == 2
                 for _, sets in columns for v in sets.values())
    classes = all("class" in v for _, sets in columns for v in sets.values())
    rows = [kind for kind, there in (("class", classes), ("angle", angles)) if there]
    if not rows:
        raise DataError("nothing to colour by: neither classes nor targets of two columns")
    figure, axes = plt.subplots(len(rows), len(columns), squeeze=False,
                                figsize=(4.2 * len(columns) + 1.2, 4.2 * len(rows)))
    for column, (label, sets) in enumerate(columns):
        planes = to_plane(sets)
        for row, kind in enumerate(rows):
            axis = axes[row, column]
            if kind == "class":
                colours = {name: v["class"] for name, v in sets.items()}
                most = max(c.max() for c in colours.values())
                scatter(axis, planes, colours, plt.get_cmap("tab20"), (0, max(most, 1)))
                if column == len(columns) - 1:
                    add_legend(axis, sets, plt.get_cmap("tab20"))
            else:
                colours = {name: np.arctan2(v["targets"][:, 1], v["targets"][:, 0])
                           for name, v in sets.items()}
                scatter(axis, planes, colours, plt.get_cmap("hsv"), (-np.pi, np.pi))
            if row == 0:
                axis.set_title(label)
            if column == 0:
                axis.set_ylabel(f"colour: {kind}")
    figure.tight_layout()
    save_figure(figure, arguments.output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("embeddings", nargs="+", help="[LABEL=]FILE of evaluate_embedding")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
