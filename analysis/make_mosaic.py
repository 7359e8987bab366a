#!/usr/bin/env python3
"""Join images of a packed data set into one large image: a mosaic, row by row.

All tiles are cropped to the smallest height and width among them; with --turn, those that are
taller than wide are turned by a quarter before. The mosaic's one segmentation is that of the first
annotators, segments of different tiles apart.
"""

import numpy as np

from eigenprop_data import DATASET_FORMAT, dataset_writer, read_packed
from script_tools import DataError, check_outputs, option_parser, positive, run


def make(arguments):
    check_outputs([arguments.output], [arguments.data])
    count = arguments.rows * arguments.columns
    with read_packed(arguments.data, DATASET_FORMAT) as data:
        if len(data) < count:
            raise DataError(f"{arguments.data}: {len(data)} images do not make a mosaic of "
                            f"{arguments.rows} x {arguments.columns}")
        sizes = data.sizes[:count]
        turned = arguments.turn & (sizes[:, 0] > sizes[:, 1])
        height, width = np.where(turned[:, None], sizes[:, ::-1], sizes).min(axis=0)

        def tile_of(image, pixels):
            return (np.rot90(pixels) if turned[image] else pixels)[:height, :width]
        shape = (arguments.rows * height, arguments.columns * width)
        pixels = np.zeros((*shape, 3), np.uint8)
        labels = np.zeros(shape, np.int64)
        segments = 0
        for image in range(count):
            row, column = divmod(image, arguments.columns)
            place = np.s_[row * height:(row + 1) * height, column * width:(column + 1) * width]
            pixels[place] = tile_of(image, data.pixels(image))
            maps = data.segmentations(image)
            tile = np.zeros((height, width), np.int64)
            if maps:
                tile += tile_of(image, maps[0])
            labels[place] = tile + segments
            segments += int(tile.max()) + 1
        source = f"mosaic of {count} images of {arguments.data}"
    with dataset_writer(arguments.output, source) as writer:
        writer.add("mosaic", pixels, [labels])
    print(f"{arguments.output}: {shape[0]} x {shape[1]} pixels of {count} images")


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("--data", required=True, help="packed images")
    parser.add_argument("--rows", type=positive, required=True)
    parser.add_argument("--columns", type=positive, required=True)
    parser.add_argument("--turn", action="store_true",
                        help="turn images that are taller than wide by a quarter")
    parser.add_argument("--output", required=True, help="HDF5 file to write")
    run(lambda: make(parser.parse_args()))
