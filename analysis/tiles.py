"""Sheets of small images, each scaled to its own largest value."""

import numpy as np


def tile_sheet(images):
    """One colour image (rows, columns, 3), 0 ... 1, of images (n, height, width, 1 or 3) in the
    order of reading, on as square a grid as can be; grey is zero, white the space between."""
    count, height, width = images.shape[:3]
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    sheet = np.ones((rows * (height + 1) + 1, columns * (width + 1) + 1, 3))
    for i, image in enumerate(images):
        scaled = 0.5 + 0.5 * image / max(np.abs(image).max(), 1e-30)
        y, x = i // columns * (height + 1) + 1, i % columns * (width + 1) + 1
        sheet[y:y + height, x:x + width] = scaled
    return sheet
