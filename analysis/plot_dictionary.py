#!/usr/bin/env python3
"""Draw what train_dictionary has learned as sheets of tiles, one a checkpoint.

Each atom is a tile of its own scale, grey at zero: the dictionary of sparse coding (on its map,
where it is topographic), the filters of RICA, the decoder of an autoencoder (the encoder, where
tied). Other atoms stand in the order of their norms. --patches gives the extents of the tiles, and
the whitening that --unwhiten takes back.
"""

import math
import re
import tomllib

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_array, text  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402
from classification_data import ACTIVATIONS_FORMAT  # noqa: E402
from tiles import contrast, tile_sheet  # noqa: E402


def read_atoms(path):
    """Atoms (k, features), and how many stand in a row of their map; None where they have none."""
    with open_file(path, "eigenprop-checkpoint") as file:
        parameters = file["parameters"]
        if "dictionary" in parameters:
            model = tomllib.loads(text(np.ravel(file["configuration"][()])[0])).get("model", {})
            columns = None
            if model.get("objective") == "topographic":
                # Checkpoints hold lists as text.
                columns = int(re.findall(r"\d+", str(model["map"]))[1])
            return read_array(file, "parameters/dictionary", "f", 2), columns
        for name in ("decoder", "encoder"):
            if name in parameters:
                weights = read_array(file, f"parameters/{name}", "f", 2)
                return weights if name == "decoder" else weights.T, None
    raise DataError(f"{path}: has no dictionary")


def read_patches(path):
    """Extents of a patch, and the matrix that takes the whitening back."""
    with open_file(path, ACTIVATIONS_FORMAT) as file:
        shape, matrix = file["features"].shape[1:], None
        if "whitening/matrix" in file:
            matrix = read_array(file, "whitening/matrix", "f", 2)
            size = math.prod(shape)
            if matrix.shape != (size, size) or not np.isfinite(matrix).all():
                raise DataError(f"{path}: /whitening/matrix is no whitening of {size} features")
    return shape if len(shape) == 3 else (*shape, 1) if len(shape) == 2 else None, matrix


def draw(arguments):
    paths = [item.rpartition("=")[2] for item in arguments.checkpoints]
    check_figure(arguments.output, [arguments.patches, *paths])
    shape, whitening = read_patches(arguments.patches)
    if shape is None:
        raise DataError(f"{arguments.patches}: features are no patches")
    if arguments.unwhiten and whitening is None:
        raise DataError(f"{arguments.patches}: has no whitening to take back")
    figure, axes = plt.subplots(1, len(arguments.checkpoints), squeeze=False,
                                figsize=(5.2 * len(arguments.checkpoints), 5.5))
    for axis, item in zip(axes[0], arguments.checkpoints):
        label, _, path = item.rpartition("=")
        atoms, columns = read_atoms(path)
        if atoms.shape[1] != math.prod(shape):
            raise DataError(f"{path}: atoms of {atoms.shape[1]} features, patches of {shape}")
        if arguments.unwhiten:
            try:
                atoms = atoms @ np.linalg.inv(whitening)
            except np.linalg.LinAlgError as error:
                raise DataError(f"{arguments.patches}: the whitening has no inverse") from error
        if columns is None:
            atoms = atoms[np.argsort(-np.linalg.norm(atoms, axis=1), kind="stable")]
        sheet = tile_sheet(contrast(atoms.reshape(-1, *shape)), columns=columns)
        axis.imshow(sheet, interpolation="nearest")
        axis.set_axis_off()
        axis.set_title(label or f"{len(atoms)} atoms of {path}")
    figure.tight_layout()
    save_figure(figure, arguments.output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("checkpoints", nargs="+", help="[LABEL=]FILE of train_dictionary")
    parser.add_argument("--patches", required=True, help="points that were trained on")
    parser.add_argument("--unwhiten", action="store_true", help="atoms as patches of the images")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
