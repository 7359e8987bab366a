"""Draws a figure by a script of analysis, in this process, to look at what is in it."""

import os
import runpy
import sys

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib.colors import to_rgb  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from PIL import Image  # noqa: E402

ANALYSIS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "analysis")


def draw(script, *arguments):
    """The figure that SCRIPT writes to OUTPUT, its last argument, and the pixels of that file in
    0 ... 1, (height, width, 3). Every axis that is shown must hold something."""
    figures = []
    save = Figure.savefig

    def keep(figure, *args, **keywords):
        figures.append((figure, keywords["dpi"]))
        return save(figure, *args, **keywords)

    before, path = sys.argv, list(sys.path)
    sys.path.insert(0, ANALYSIS)
    sys.argv = [script, *arguments[:-1], "--output", arguments[-1]]
    Figure.savefig = keep
    try:
        runpy.run_path(os.path.join(ANALYSIS, script), run_name="__main__")
    except SystemExit as end:
        assert not end.code, f"{script} ended with {end.code}"
    finally:
        Figure.savefig, sys.argv, sys.path = save, before, path
    (figure, dpi), = figures
    pixels = np.asarray(Image.open(arguments[-1]).convert("RGB")) / 255
    expected = tuple(int(extent * dpi) for extent in figure.get_size_inches())
    assert pixels.shape[1::-1] == expected, (script, pixels.shape, expected)
    figure.set_dpi(dpi)
    for axis in figure.axes:
        if not axis.has_data():
            assert not axis.axison, f"{script}: the axis '{axis.get_title()}' is empty"
            continue
        assert region(figure, axis, pixels).std(axis=(0, 1)).max() > 0, f"{script}: a blank axis"
        for line in axis.get_lines():
            if line.get_transform() != axis.transData:  # axvline
                continue
            assert visible(axis, *line.get_data()), f"{script}: '{line.get_label()}' is out of view"
            # Wide opaque lines are seen in their colour.
            if line.get_linewidth() >= 1 and line.get_linestyle() == "-" and not line.get_alpha():
                assert shows(figure, axis, pixels, line.get_color()), (script, line.get_label())
    return figure, pixels


def visible(axis, x, y):
    """Whether half of the points or more lie within the limits of an axis."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    kept = np.isfinite(x) & np.isfinite(y)
    (left, right), (bottom, top) = sorted(axis.get_xlim()), sorted(axis.get_ylim())
    inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    return np.count_nonzero(inside & kept) * 2 >= np.count_nonzero(kept)


def region(figure, axis, pixels):
    """The pixels of an axis."""
    box = axis.get_window_extent(figure.canvas.get_renderer())
    height = len(pixels)
    return pixels[int(height - box.y1):int(height - box.y0) + 1, int(box.x0):int(box.x1) + 1]


def shows(figure, axis, pixels, colour, least=5):
    """Whether so many pixels of an axis have this colour, which antialiasing dilutes a little."""
    apart = np.abs(region(figure, axis, pixels) - to_rgb(colour)).max(axis=2)
    return np.count_nonzero(apart < 0.1) >= least


def line(axis, label):
    """Data (x, y) of the one line of this label."""
    found, = (each for each in axis.get_lines() if each.get_label() == label)
    return np.asarray(found.get_xdata(), float), np.asarray(found.get_ydata(), float)


def images(figure):
    """Arrays of all images, axis by axis."""
    return [np.ma.getdata(image.get_array()) for axis in figure.axes for image in axis.images]


def titles(figure):
    return [axis.get_title() for axis in figure.axes]
