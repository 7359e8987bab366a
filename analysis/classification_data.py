"""Reading and writing of classification data sets and of features.

Packed classification data set, format = "eigenprop-classification", version = 1: one class an
image, n images of any size, P pixels in all:

    /images/pixels, offset, size, name      as in eigenprop_data.py
    /labels/class               int32  [n]     0 ... classes-1
    /labels/names               fixed-length UTF-8 [classes]

and, where the images are objects cut out of larger ones (pack_coco.py),

    /labels/box                 float32 [n, 4] x, y, width, height of the object in its original
                                               image, pixels
    /masks/pixels               uint8  [P]     1 on the object, 0 off it, placed as /images/pixels

Features of samples, format = "eigenprop-activations", version = 1: n samples with d features at
m locations, which `train_classifier` takes in place of images:

    /features                   float32 [n, d], [n, m, d] or [n, height, width, d]
    /images/name                fixed-length UTF-8 [n], may be missing
    /labels/class, names        as of packed images
"""

import contextlib

import numpy as np

from eigenprop_data import PIXEL_CHUNK, UniqueNames, describe_size, packed_writer, pixel_rows
from hdf5_tools import (
    PACKED_ARRAYS, append, check_offsets, describe_arrays, growing_dataset, open_file, read_array,
    read_strings, set_header, strings,
)
from script_tools import DataError

CLASSIFICATION_FORMAT = "eigenprop-classification"
ACTIVATIONS_FORMAT = "eigenprop-activations"


class _ClassificationWriter:
    """Writes a packed classification data set image by image; memory is that of one image."""

    def __init__(self, file, source, class_names, chunk, objects):
        self._file = file
        set_header(file, CLASSIFICATION_FORMAT, source=source)
        self._pixels = growing_dataset(file, "images/pixels", (3,), chunk)
        self._masks = growing_dataset(file, "masks/pixels", (), chunk) if objects else None
        self._class_names = class_names
        strings(class_names)  # raises before the work where one cannot be stored
        self._known = UniqueNames()
        self._names, self._sizes, self._classes, self._boxes = [], [], [], []

    def add(self, name, pixels, label, box=None, mask=None):
        """pixels: (height, width, 3) uint8; label: 0 ... classes-1. With objects: box (x, y,
        width, height), and mask (height, width) of zeros and ones."""
        if not 0 <= label < len(self._class_names):
            raise DataError(f"{name}: class {label} lies outside 0 ... "
                            f"{len(self._class_names) - 1}")
        self._file.check()
        self._known.add(name)
        append(self._pixels, pixels.reshape(-1, 3))
        if self._masks is not None:
            if mask.shape != pixels.shape[:2]:
                raise DataError(f"{name}: the mask is {describe_size(mask.shape)}, the image "
                                f"{describe_size(pixels.shape)}")
            append(self._masks, mask.ravel())
            self._boxes.append(box)
        self._names.append(name)
        self._sizes.append(pixels.shape[:2])
        self._classes.append(label)

    def finish(self):
        """Write the index; called once, after the last image."""
        if not self._names:
            raise DataError("no images to write")
        sizes = np.array(self._sizes, np.int32)
        self._file["images/offset"] = np.concatenate(
            [[0], np.cumsum(sizes.prod(axis=1, dtype=np.int64))])
        self._file["images/size"] = sizes
        self._file["images/name"] = strings(self._names)
        self._file["labels/class"] = np.array(self._classes, np.int32)
        self._file["labels/names"] = strings(self._class_names)
        if self._masks is not None:
            self._file["labels/box"] = np.array(self._boxes, np.float32)
        describe_arrays(self._file, PACKED_ARRAYS)


def classification_writer(path, source, class_names, chunk=PIXEL_CHUNK, objects=False):
    """Context manager: a writer with add(name, pixels, label), or where `objects` add(name,
    pixels, label, box, mask). chunk: pixels that are compressed together; best those of one image,
    where images are large."""
    return packed_writer(path, _ClassificationWriter, source, class_names, chunk, objects)


def write_classification(path, images, classes, names, class_names, source):
    """Write a packed classification data set.

    images: (height, width, 3) uint8 arrays; classes: their classes, 0 ... len(class_names)-1.
    """
    if len(classes) != len(images) or len(names) != len(images):
        raise DataError(f"{path}: {len(images)} images, {len(classes)} classes, {len(names)} names")
    with classification_writer(path, source, class_names) as writer:
        for name, image, label in zip(names, images, classes):
            writer.add(name, np.asarray(image, np.uint8), label)


class ClassificationReader:
    """A packed classification data set, opened by `read_classification`; reads image by image."""

    def __init__(self, file):
        self._file = file
        self.names = read_strings(file, "images/name")
        self.classes = read_array(file, "labels/class", "iu", 1)
        self.class_names = read_strings(file, "labels/names")
        self.has_masks = "masks/pixels" in file
        self._sizes = read_array(file, "images/size", "iu", 2)
        self._offset = read_array(file, "images/offset", "iu", 1)
        if self._sizes.shape != (len(self), 2) or (self._sizes <= 0).any():
            raise DataError(f"{file.filename}: /images/size is no positive height and width for "
                            f"each of {len(self)} images")
        if len(self.classes) != len(self):
            raise DataError(f"{file.filename}: {len(self.classes)} classes do not fit {len(self)} "
                            "images")
        read_array(file, "images/pixels", "u", 2, slice(0, 0))
        areas = self._sizes.prod(axis=1, dtype=np.int64)
        for name in ("images/pixels", "masks/pixels")[:1 + self.has_masks]:
            check_offsets(file, "images/offset", self._offset, areas, len(file[name]))

    def __len__(self):
        return len(self.names)

    def _span(self, image):
        return slice(self._offset[image], self._offset[image + 1])

    def size(self, image):
        """(height, width) in pixels."""
        return tuple(int(extent) for extent in self._sizes[image])

    def pixels(self, image):
        """(height, width, 3) uint8."""
        return pixel_rows(self._file, self._span(image)).reshape(*self.size(image), 3)

    def mask(self, image):
        """(height, width) uint8, of zeros and ones."""
        rows = read_array(self._file, "masks/pixels", "u", 1, self._span(image))
        return rows.reshape(self.size(image))


@contextlib.contextmanager
def read_classification(path):
    """Context manager: a ClassificationReader."""
    with open_file(path, CLASSIFICATION_FORMAT) as file:
        yield ClassificationReader(file)
