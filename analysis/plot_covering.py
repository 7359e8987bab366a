#!/usr/bin/env python3
"""Plot covering from evaluation files of evaluate_segmentation.

Left: covering of the ground truth, pooled over images, against the scale (the number of the
segmentation in its set, or the contour threshold). Right: for every image its best covering
averaged over people, images sorted, so that methods can be compared where they differ.
"""

import os

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from hdf5_tools import open_file, read_array, read_summary  # noqa: E402
from script_tools import DataError, check_figure, option_parser, run, save_figure  # noqa: E402


def draw(items, output):
    check_figure(output, [item.partition("=")[2] or item for item in items])
    figure, (scales, images) = plt.subplots(1, 2, figsize=(11, 4.5))
    for item in items:
        title, separator, path = item.partition("=")
        if not separator:
            title, path = os.path.basename(item), item
        with open_file(path, "eigenprop-evaluation") as file:
            summary = read_summary(file, ("covering_ods", "covering_ois"))
            scale, covering = (read_array(file, f"scales/{name}", "f", 1)
                               for name in ("scale", "covering"))
            average = np.sort(read_array(file, "images/table2_average", "f", 1))
            if len(scale) != len(covering):
                raise DataError(f"{path}: /scales/covering does not fit /scales/scale")
            label = f"{title}: ODS {summary['covering_ods']:.3f}, OIS {summary['covering_ois']:.3f}"
            scales.plot(scale, covering, ".-", label=label)
            images.plot(average, label=f"{title}: mean {average.mean():.3f}")
    scales.set(title="pooled over images", xlabel="scale", ylabel="covering of the ground truth")
    images.set(
        title="image by image",
        xlabel="images, sorted by covering",
        ylabel="covering, best segmentation, mean over people",
    )
    for axis in (scales, images):
        axis.set_ylim(0, 1)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    figure.tight_layout()
    save_figure(figure, output)


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("files", nargs="+", metavar="[TITLE=]FILE")
    parser.add_argument("--output", required=True, help="PNG file to write")
    arguments = parser.parse_args()
    run(lambda: draw(arguments.files, arguments.output))
