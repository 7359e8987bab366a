#!/usr/bin/env python3
"""Dense SIFT of a packed classification data set, for SIFT-O2P (matrix-backpropagation.txt,
section 7.1).

OpenCV's SIFT descriptors, upright (angle 0), on a regular grid that is centred in the image, at
several widths of their 4 x 4 cells. Plain SIFT, as the paper names it, not its square root
(RootSIFT): OpenCV's values 0 ... 255 are divided by its factor 512, so that a descriptor has length
one up to rounding, and zero where the image is flat. The image is made grey first, and enlarged
where asked for; steps and widths count pixels of the enlarged image, which OpenCV smooths to a
standard deviation of 1.6 pixels whatever the width. All images must be of one size.

With --region, descriptors whose centres lie off the object's mask (pack_coco.py) are zero: they
then contribute nothing to F^T F, and an object is described by itself alone.

The output is a file of features (classification_data.py), one row per image with the grid's points
row by row for the first width, then for the next; its attributes tell grid and widths.
"""

import multiprocessing
import signal

import numpy as np

from classification_data import ACTIVATIONS_FORMAT, read_classification
from hdf5_tools import new_file, set_header, strings
from point_data import name_activations
from script_tools import DataError, check_outputs, option_parser, positive, run

try:
    import cv2
except ImportError:
    cv2 = None

DIMENSIONS = 128
FACTOR = 512  # of OpenCV's descriptors
CELL = 1.5  # width of a cell for a keypoint of diameter 1, in OpenCV
BATCH = 64  # images that are held in memory


def grid(extent, step):
    """Centred positions along an axis of so many pixels."""
    count = (extent - 1) // step + 1
    return (extent - 1 - (count - 1) * step) / 2 + step * np.arange(count)


class DenseSift:
    """Descriptors of images of one size."""

    def __init__(self, size, options):
        self.height, self.width = (round(extent * options.enlarge) for extent in size)
        if min(self.height, self.width) < 1:
            raise DataError(f"--enlarge {options.enlarge} leaves nothing of {size[0]} x {size[1]} "
                            "pixels")
        ys, xs = grid(self.height, options.step), grid(self.width, options.step)
        self.points = [(float(x), float(y)) for _ in options.cells for y in ys for x in xs]
        self.cells = np.repeat(np.asarray(options.cells, float), len(ys) * len(xs))
        self.shape = (len(ys), len(xs))

    def __call__(self, sample):
        """(locations, 128) float32 of (pixels, mask or nothing)."""
        pixels, mask = sample
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        if grey.shape != (self.height, self.width):
            grey = cv2.resize(grey, (self.width, self.height), interpolation=cv2.INTER_CUBIC)
        keypoints = [cv2.KeyPoint(x, y, cell / CELL, 0.0)
                     for (x, y), cell in zip(self.points, self.cells)]
        kept, descriptors = cv2.SIFT_create().compute(grey, keypoints)
        if len(kept) != len(keypoints):
            raise DataError(f"OpenCV dropped {len(keypoints) - len(kept)} of {len(keypoints)} "
                            "points")
        features = descriptors / np.float32(FACTOR)
        if mask is not None:
            rows, columns = (np.array([point[axis] for point in self.points]) + 0.5
                             for axis in (1, 0))
            rows = (rows * mask.shape[0] / self.height).astype(int)
            columns = (columns * mask.shape[1] / self.width).astype(int)
            features[mask[rows, columns] == 0] = 0
        return features


def start_worker():
    """Processes are the parallelism; threads of OpenCV would fight with them. The pool ends them
    by SIGTERM, for which the script has a handler."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cv2.setNumThreads(1)


def extract(data, sift, options, path):
    """Write the features of all images; memory is that of a batch."""
    count = min(len(data), options.limit or len(data))
    locations = len(sift.points)
    with new_file(path) as file:
        set_header(file, ACTIVATIONS_FORMAT, source="dense SIFT", descriptor="SIFT",
                   grid=np.int32(sift.shape), step=np.int32(options.step),
                   cells=np.float64(options.cells), enlarge=np.float64(options.enlarge),
                   region=np.int32(options.region))
        features = file.create_dataset(
            "features", (count, locations, DIMENSIONS), np.float32,
            chunks=(1, locations, DIMENSIONS), compression="gzip", compression_opts=1, shuffle=True)
        with multiprocessing.Pool(options.processes, start_worker) as pool:
            for first in range(0, count, BATCH):
                batch = range(first, min(first + BATCH, count))
                samples = [(data.pixels(i), data.mask(i) if options.region else None)
                           for i in batch]
                for i, row in zip(batch, pool.map(sift, samples)):
                    features[i] = row
                file.check()
        file["images/name"] = strings(data.names[:count])
        file["labels/class"] = data.classes[:count]
        file["labels/names"] = strings(data.class_names)
        name_activations(file)
    print(f"{path}: {count} images, {locations} descriptors each ({sift.shape[0]} x "
          f"{sift.shape[1]} points, {len(options.cells)} widths)")


def main():
    parser = option_parser(__doc__)
    parser.add_argument("--data", required=True, help="packed classification data set")
    parser.add_argument("--output", required=True)
    parser.add_argument("--step", type=positive, default=8,
                        help="pixels between points of the grid")
    parser.add_argument("--cells", type=float, nargs="+", default=[4, 8],
                        help="widths of a descriptor's 4 x 4 cells, pixels")
    parser.add_argument("--enlarge", type=float, default=1, help="factor of the image's size")
    parser.add_argument("--region", action="store_true", help="only descriptors on the object")
    parser.add_argument("--processes", type=positive, default=2)
    parser.add_argument("--limit", type=positive, help="only so many images, the first")
    options = parser.parse_args()
    if cv2 is None or not hasattr(cv2, "SIFT_create"):
        raise DataError("OpenCV with SIFT is missing for this Python; Debian's package is "
                        "python3-opencv")
    if not (np.isfinite([*options.cells, options.enlarge]).all()
            and min(*options.cells, options.enlarge) > 0):
        raise DataError("--cells and --enlarge must be positive")
    check_outputs([options.output], [options.data])
    with read_classification(options.data) as data:
        if options.region and not data.has_masks:
            raise DataError(f"{options.data}: --region needs masks, and there are none")
        sizes = {data.size(i) for i in range(len(data))}
        if len(sizes) != 1:
            raise DataError(f"{options.data}: dense SIFT needs images of one size; there are "
                            f"{len(sizes)} sizes")
        try:
            extract(data, DenseSift(sizes.pop(), options), options, options.output)
        except cv2.error as error:
            raise DataError(f"{options.data}: OpenCV fails on its images ({error})") from error


if __name__ == "__main__":
    run(main)
