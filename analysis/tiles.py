"""Sheets of small images."""

import numpy as np

BLUE = (0.6, 0.75, 0.95)


def contrast(images):
    """Values to 0 ... 1, of each image (n, height, width, channels) by its largest; 0 to 0.5."""
    scale = np.abs(images).max(axis=(1, 2, 3), keepdims=True)
    return 0.5 + 0.5 * images / np.maximum(scale, 1e-30)


def tile_sheet(images, space=1, columns=None):
    """All images (n, height, width, 1 or 3), 0 ... 1, in the order of reading in one image (height,
    width, 3), about square unless `columns` are given, with so many pixels of space between them.
    NaN becomes space."""
    count, height, width, channels = images.shape
    down, right = height + space, width + space
    columns = columns or int(np.ceil(np.sqrt(count * down / right)))
    rows = -(-count // columns)
    sheet = np.full((rows * down + space, columns * right + space, channels), np.nan)
    for i, image in enumerate(images):
        y, x = i // columns * down + space, i % columns * right + space
        sheet[y:y + height, x:x + width] = image
    # White space would run into the white of grey images.
    return np.where(np.isnan(sheet), 1.0 if channels == 3 else BLUE, sheet)
