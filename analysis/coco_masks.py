"""Segmentations of COCO's format as masks: polygons and run lengths.

A segmentation is a list of polygons, flat lists x1, y1, x2, y2, ..., whose union is the object; or
run lengths {"size": [height, width], "counts": ...} along columns, zeros first, as a list of
numbers or as the string of COCO's maskApi.c (rleFrString).
"""

import numpy as np

from eigenprop_data import describe_size
from script_tools import DataError


def polygon_mask(polygon, height, width):
    """Pixels whose centres lie inside a polygon (even-odd rule), (height, width) bool.

    polygon: (n, 2) vertices x, y in pixels; pixel (row, column) is the unit square from
    (x, y) = (column, row) on.
    """
    rows = np.arange(height) + 0.5
    x, y = polygon[:, 0], polygon[:, 1]
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    crosses = (y[:, None] <= rows) != (next_y[:, None] <= rows)
    edge, row = np.nonzero(crosses)
    fraction = (rows[row] - y[edge]) / (next_y[edge] - y[edge])
    crossing = x[edge] + fraction * (next_x[edge] - x[edge])
    # From the first centre at or right of a crossing on, inside and outside change places.
    column = np.clip(np.ceil(crossing - 0.5), 0, width).astype(int)
    changes = np.zeros((height, width + 1), int)
    np.add.at(changes, (row, column), 1)
    return np.cumsum(changes, axis=1)[:, :width] % 2 == 1


def decode_counts(counts):
    """Run lengths from COCO's string.

    Groups of five bits from the low end on, 48 added; bit 6 says that the number goes on, the
    highest bit of its last group is its sign. From the fourth on, numbers are differences to the
    one two places before.
    """
    codes = np.array([ord(character) for character in counts], np.int64) - 48
    if len(codes) == 0 or codes.min() < 0 or codes.max() > 63 or codes[-1] & 32:
        raise DataError("the run lengths are no string of COCO's format")
    last = np.flatnonzero((codes & 32) == 0)
    first = np.concatenate([[0], last[:-1] + 1])
    place = np.arange(len(codes)) - np.repeat(first, last - first + 1)
    if place.max() > 11:
        raise DataError("a run length has more than 12 groups of bits")
    values = np.add.reduceat((codes & 31) << (5 * place), first)
    values -= np.where(codes[last] & 16, np.int64(1) << (5 * (place[last] + 1)), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def whole(value):
    """A whole number where `value` is one, also as 640.0 or as text; else None."""
    if isinstance(value, str):
        value = int(value) if value.strip().isdecimal() else None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def finite(value):
    """Whether this is a finite number."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and abs(value) < 1e30


def run_length_mask(segmentation, height, width):
    """Mask (height, width) bool of a whole image."""
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not isinstance(size, list) or [whole(extent) for extent in size] != [height, width]:
        raise DataError(f"the run lengths are of size {size}, the image is "
                        f"{describe_size((height, width))}")
    if isinstance(counts, str):
        runs = decode_counts(counts)
    elif isinstance(counts, list) and all(whole(run) is not None for run in counts):
        runs = np.array([min(whole(run), height * width + 1) for run in counts], np.int64)
    else:
        raise DataError("'counts' is neither a string nor a list of whole numbers")
    inside = len(runs) > 0 and runs.min() >= 0 and runs.max() <= height * width
    if not inside or runs.sum() != height * width:
        raise DataError(f"the run lengths do not cover {describe_size((height, width))} pixels")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def clean_segmentation(segmentation):
    """Run lengths, or the polygons that have three or more vertices; and how many were left out.

    Exporters write parts of one or two points, and none at all beside a good box: then the list is
    empty. Raises DataError where the form is neither.
    """
    if isinstance(segmentation, dict):
        return segmentation, 0
    if segmentation is None:
        return [], 0
    if not isinstance(segmentation, list):
        raise DataError("the segmentation is neither polygons nor run lengths")
    kept = []
    for polygon in segmentation:
        if not isinstance(polygon, list) or not all(map(finite, polygon)) or len(polygon) % 2:
            raise DataError("a polygon is no list of pairs of finite numbers")
        if len(polygon) >= 6:
            kept.append(polygon)
    return kept, len(segmentation) - len(kept)


def object_mask(segmentation, image_size, box, size):
    """The object within its box, at another scale: (height, width) bool for size = (height, width).

    image_size: (height, width) of the whole image; box: x, y, width, height in its pixels. Polygons
    are scaled and then rasterized, run lengths are sampled at the pixels' centres.
    """
    x, y, box_width, box_height = box
    height, width = size
    if isinstance(segmentation, dict):
        whole = run_length_mask(segmentation, *image_size)
        rows = (y + (np.arange(height) + 0.5) * box_height / height).astype(int)
        columns = (x + (np.arange(width) + 0.5) * box_width / width).astype(int)
        return whole[np.minimum(rows, image_size[0] - 1)[:, None],
                     np.minimum(columns, image_size[1] - 1)]
    mask = np.zeros(size, bool)
    scale = np.array([width / box_width, height / box_height])
    for polygon in segmentation:
        vertices = (np.array(polygon, float).reshape(-1, 2) - (x, y)) * scale
        mask |= polygon_mask(vertices, height, width)
    return mask
