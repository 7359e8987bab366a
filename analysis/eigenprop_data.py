"""Reading and writing of eigenprop's HDF5 files from Python.

Packed segmentation data set, root attributes format = "eigenprop-segmentation",
version = 1, source = free text. N images, S segmentations, P pixels and L labels in all:

    /images/pixels              uint8  [P, 3]  RGB, the images one after another, row-major
    /images/offset              int64  [N+1]   first pixel of image i
    /images/size                int32  [N, 2]  height, width in pixels
    /images/name                fixed-length UTF-8 [N]
    /images/first_segmentation  int64  [N+1]   segmentations of image i are
                                               first_segmentation[i] ... [i+1]-1
    /segmentations/labels       uint16 [L]     label maps one after another, row-major,
                                               ids 0 ... segments-1 without gaps
    /segmentations/offset       int64  [S+1]   first label of segmentation s
    /segmentations/segments     int32  [S]     number of segments

An image may have no segmentation. A segmentation has as many labels as its image has
pixels. Images are of any size and may differ.

Segmentation results (driver `segment`), format = "eigenprop-segmentations", version = 1:
the same without /images/pixels, and with

    /segmentations/k            int32  [S]     number of clusters asked for

or, of a hierarchy of contours, with

    /segmentations/level        float64 [S]    level at which it is cut
    /contours/values            float32 [C]    ultrametric contour maps one after another,
                                               row-major, (2 height + 1) x (2 width + 1) an image,
                                               0 ... 1
    /contours/offset            int64  [N+1]   first value of image i

Files of classification are documented in classification_data.py. Text is UTF-8 of fixed
length. Names of images are unique.
"""

import contextlib

import numpy as np

from hdf5_tools import (
    PACKED_ARRAYS, append, check_offsets, describe_arrays, encoded, growing_dataset, new_file,
    open_file, read_array, read_strings, set_header, strings,
)
from script_tools import DataError

DATASET_FORMAT = "eigenprop-segmentation"
RESULTS_FORMAT = "eigenprop-segmentations"

PIXEL_CHUNK = 1 << 16
LABEL_CHUNK = 1 << 16


def relabel(labels):
    """A label map with ids 0 ... n-1 in the order of the old ids, and n."""
    ids, compact = np.unique(labels, return_inverse=True)
    if len(ids) > np.iinfo(np.uint16).max + 1:
        raise DataError(f"a segmentation has {len(ids)} segments, more than 65536")
    return compact.reshape(labels.shape).astype(np.uint16), len(ids)


class UniqueNames:
    """The names of a file's images so far."""

    def __init__(self):
        self._names = set()

    def add(self, name):
        """Raise DataError unless the name is new and can be stored."""
        encoded(name)
        if name in self._names:
            raise DataError(f"two images have the name '{name}'")
        self._names.add(name)


class _DatasetWriter:
    """Writes a packed data set image by image. Memory is that of one image."""

    def __init__(self, file, source):
        self._file = file
        set_header(file, DATASET_FORMAT, source=source)
        self._pixels = growing_dataset(file, "images/pixels", (3,), PIXEL_CHUNK)
        self._labels = growing_dataset(file, "segmentations/labels", (), LABEL_CHUNK, np.uint16)
        self._known, self._names, self._sizes, self._segments = UniqueNames(), [], [], []
        self._offsets, self._label_offsets, self._first = [0], [0], [0]

    def add(self, name, pixels, segmentations):
        """pixels: (height, width, 3) uint8; segmentations: (height, width), any ids."""
        size = pixels.shape[:2]
        self._file.check()
        self._known.add(name)
        for labels in segmentations:
            if labels.shape != size:
                raise DataError(
                    f"{name}: a segmentation is {describe_size(labels.shape)}, "
                    f"its image {describe_size(size)}"
                )
            compact, count = relabel(labels)
            append(self._labels, compact.ravel())
            self._segments.append(count)
            self._label_offsets.append(len(self._labels))
        append(self._pixels, pixels.reshape(-1, 3))
        self._names.append(name)
        self._sizes.append(size)
        self._offsets.append(self._offsets[-1] + size[0] * size[1])
        self._first.append(len(self._segments))

    def finish(self):
        """Write the index; called once, after the last image."""
        if not self._names:
            raise DataError("no images to write")
        index = {
            "images/offset": np.array(self._offsets, np.int64),
            "images/size": np.array(self._sizes, np.int32),
            "images/name": strings(self._names),
            "images/first_segmentation": np.array(self._first, np.int64),
            "segmentations/offset": np.array(self._label_offsets, np.int64),
            "segmentations/segments": np.array(self._segments, np.int32),
        }
        for name, values in index.items():
            self._file[name] = values
        describe_arrays(self._file, PACKED_ARRAYS)


@contextlib.contextmanager
def packed_writer(path, kind, *arguments):
    """Context manager: a `kind` of writer on a new file, finished and published at the end."""
    with new_file(path) as file:
        writer = kind(file, *arguments)
        yield writer
        writer.finish()


def dataset_writer(path, source):
    """Context manager: a writer with add(name, pixels, segmentations)."""
    return packed_writer(path, _DatasetWriter, source)


def pixel_rows(file, span):
    """Rows of /images/pixels, (n, 3) uint8."""
    pixels = read_array(file, "images/pixels", "u", 2, span)
    if pixels.dtype != np.uint8 or pixels.shape[1] != 3:
        raise DataError(f"{file.filename}: /images/pixels is {pixels.dtype} with "
                        f"{pixels.shape[1]} channels, not RGB of uint8")
    return pixels


class PackedReader:
    """A packed data set or segmentation results, opened and checked by `read_packed`."""

    def __init__(self, file):
        self._file = file
        self.names = read_strings(file, "images/name")
        self.sizes = read_array(file, "images/size", "iu", 2)
        self._offset = read_array(file, "images/offset", "iu", 1)
        self._first = read_array(file, "images/first_segmentation", "iu", 1)
        self._label_offset = read_array(file, "segmentations/offset", "iu", 1)
        self.segments = read_array(file, "segmentations/segments", "iu", 1)
        self.has_pixels = "images/pixels" in file
        self._check()

    def __len__(self):
        return len(self.names)

    def _check(self):
        images, segmentations = len(self.names), len(self.segments)
        path = self._file.filename
        if self.sizes.shape != (images, 2) or (self.sizes <= 0).any():
            raise DataError(f"{path}: /images/size is no positive height and width for each of "
                            f"{images} images")
        areas = self.sizes.prod(axis=1, dtype=np.int64)
        counts = np.diff(self._first)
        if len(counts) != images or (counts < 0).any() or counts.sum() != segmentations:
            raise DataError(f"{path}: /images/first_segmentation does not fit {images} images and "
                            f"{segmentations} segmentations")
        if self.has_pixels:
            check_offsets(self._file, "images/offset", self._offset, areas,
                          len(self._file["images/pixels"]))
        check_offsets(self._file, "segmentations/offset", self._label_offset,
                      np.repeat(areas, counts), len(self._file["segmentations/labels"]))

    def size(self, image):
        """(height, width) in pixels."""
        return tuple(int(extent) for extent in self.sizes[image])

    def pixels(self, image):
        """(height, width, 3) uint8."""
        span = slice(self._offset[image], self._offset[image + 1])
        return pixel_rows(self._file, span).reshape(*self.size(image), 3)

    def ids(self, image):
        """The numbers of the image's segmentations within the file."""
        return range(int(self._first[image]), int(self._first[image + 1]))

    def segmentations(self, image):
        """All label maps of one image, each (height, width) uint16."""
        offset = self._label_offset
        spans = (slice(offset[s], offset[s + 1]) for s in self.ids(image))
        return [read_array(self._file, "segmentations/labels", "iu", 1, span)
                .reshape(self.size(image)) for span in spans]

    def contours(self, image):
        """The ultrametric contour map, (2 height + 1, 2 width + 1) float32."""
        if "contours" not in self._file:
            raise DataError(f"{self._file.filename}: has no contours; segment with --partition "
                            "hierarchy")
        extents = 2 * self.sizes.astype(np.int64) + 1
        values = self._file["contours/values"] if "contours/values" in self._file else ()
        offset = read_array(self._file, "contours/offset", "iu", 1)
        check_offsets(self._file, "contours/offset", offset, extents.prod(axis=1), len(values))
        span = slice(offset[image], offset[image + 1])
        return read_array(self._file, "contours/values", "f", 1, span).reshape(extents[image])


@contextlib.contextmanager
def read_packed(path, *formats):
    """Context manager: a PackedReader of a data set, of results, or of either."""
    with open_file(path, *(formats or (DATASET_FORMAT, RESULTS_FORMAT))) as file:
        yield PackedReader(file)


def describe_size(size):
    """A size in words, such as '321x481 (height x width)'."""
    return f"{size[0]}x{size[1]} (height x width)"
