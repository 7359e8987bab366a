"""Reading and writing of eigenprop's HDF5 files from Python.

Packed segmentation data set, root attributes format = "eigenprop-segmentation",
version = 1, source = free text. N images, S segmentations, P pixels and L labels in all:

    /images/pixels              uint8  [P, 3]  RGB, the images one after another, row-major
    /images/offset              int64  [N+1]   first pixel of image i
    /images/size                int32  [N, 2]  height, width in pixels
    /images/name                fixed-length ASCII [N]
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

Files of classification are documented in classification_data.py.

Checkpoints are documented at `write_parameters`. Files are written under a temporary name
in the same folder, flushed, and renamed, so that a file under its final name is complete.
"""

import contextlib
import os
import sys

import h5py
import numpy as np

from eigenprop_version import EIGENPROP_VERSION

DATASET_FORMAT = "eigenprop-segmentation"
RESULTS_FORMAT = "eigenprop-segmentations"
VERSION = 1

PIXEL_CHUNK = 1 << 16
LABEL_CHUNK = 1 << 16


class DataError(Exception):
    """What is wrong with an input, in one line that names the file."""


def run(main):
    """Run a script's main; an expected error becomes one line and exit status 1."""
    try:
        main()
    except (DataError, OSError) as error:
        script = os.path.basename(sys.argv[0])
        sys.exit(f"{script}: error: {' '.join(str(error).split())}")


@contextlib.contextmanager
def output_file(path):
    """Yield a temporary name beside `path`; on success flush it and rename it to `path`.

    The temporary file keeps the extension, by which writers of figures choose a format.
    """
    folder, name = os.path.split(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise DataError(f"{path}: there is no folder {folder}")
    if os.path.isdir(path):
        raise DataError(f"{path}: is a folder, expected the name of a file to write")
    stem, extension = os.path.splitext(name)
    temporary = os.path.join(folder, f".{stem}.{os.getpid()}.part{extension}")
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def text(value):
    """A string attribute or entry, whether HDF5 kept it with fixed or variable length."""
    return value.decode() if isinstance(value, bytes) else str(value)


@contextlib.contextmanager
def open_file(path, *formats, version=VERSION):
    """Open an HDF5 file for reading after a check of its root attributes.

    An error of h5py while the file is read (a missing or truncated dataset) becomes a
    DataError that names the file.
    """
    if not os.path.exists(path):
        raise DataError(f"{path}: no such file")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"{path}: not a readable HDF5 file ({error})") from error
    with file:
        found = text(file.attrs.get("format", "none"))
        if found not in formats:
            wanted = " or ".join(formats)
            raise DataError(f"{path}: format is '{found}', expected '{wanted}'")
        found_version = int(np.ravel(file.attrs.get("version", 0))[0])
        if found_version != version:
            raise DataError(
                f"{path}: version {found_version}, this script reads version {version}"
            )
        try:
            yield file
        except (KeyError, OSError) as error:
            raise DataError(f"{path}: {error}") from error


def set_header(file, format_name, **attributes):
    """Write the root attributes; strings with fixed length, the simplest for any reader."""
    file.attrs["format"] = np.bytes_(format_name)
    file.attrs["version"] = np.int32(VERSION)
    file.attrs["eigenprop_version"] = np.bytes_(EIGENPROP_VERSION)
    for key, value in attributes.items():
        file.attrs[key] = np.bytes_(value) if isinstance(value, str) else value


def relabel(labels):
    """A label map with ids 0 ... n-1 in the order of the old ids, and n."""
    ids, compact = np.unique(labels, return_inverse=True)
    if len(ids) > np.iinfo(np.uint16).max + 1:
        raise DataError(f"a segmentation has {len(ids)} segments, more than 65536")
    return compact.reshape(labels.shape).astype(np.uint16), len(ids)


def growing_dataset(file, name, tail, chunk, dtype=np.uint8):
    """An empty dataset that append() lengthens, compressed in chunks of so many rows."""
    return file.create_dataset(
        name,
        shape=(0, *tail),
        maxshape=(None, *tail),
        chunks=(chunk, *tail),
        dtype=dtype,
        compression="gzip",
        shuffle=True,
    )


class _PackedWriter:
    """What data sets and results share. Memory is that of one image."""

    def __init__(self, file, format_name, source):
        self._file = file
        set_header(file, format_name, source=source)
        self._labels = growing_dataset(file, "segmentations/labels", (), LABEL_CHUNK, np.uint16)
        self._names, self._sizes, self._segments = [], [], []
        self._offsets, self._label_offsets, self._first = [0], [0], [0]

    def _add(self, name, size, segmentations):
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
            "images/name": np.array(self._names, dtype=np.bytes_),
            "images/first_segmentation": np.array(self._first, np.int64),
            "segmentations/offset": np.array(self._label_offsets, np.int64),
            "segmentations/segments": np.array(self._segments, np.int32),
        }
        for name, values in index.items():
            self._file[name] = values


class _DatasetWriter(_PackedWriter):
    def __init__(self, file, source):
        super().__init__(file, DATASET_FORMAT, source)
        self._pixels = growing_dataset(file, "images/pixels", (3,), PIXEL_CHUNK)

    def add(self, name, pixels, segmentations):
        """pixels: (height, width, 3) uint8; segmentations: (height, width), any ids."""
        self._add(name, pixels.shape[:2], segmentations)
        append(self._pixels, pixels.reshape(-1, 3))


class _ResultsWriter(_PackedWriter):
    def __init__(self, file, source):
        super().__init__(file, RESULTS_FORMAT, source)
        self._clusters = []

    def add(self, name, size, segmentations, clusters):
        """size: (height, width); clusters: the k asked for, one a segmentation."""
        self._add(name, tuple(size), segmentations)
        self._clusters.extend(clusters)

    def finish(self):
        super().finish()
        self._file["segmentations/k"] = np.array(self._clusters, np.int32)


@contextlib.contextmanager
def packed_writer(path, kind, *arguments):
    """Context manager: a `kind` of writer on a new file, finished and published at the end."""
    with output_file(path) as temporary, h5py.File(temporary, "w") as file:
        writer = kind(file, *arguments)
        yield writer
        writer.finish()


def dataset_writer(path, source):
    """Context manager: a writer with add(name, pixels, segmentations)."""
    return packed_writer(path, _DatasetWriter, source)


def results_writer(path, source):
    """Context manager: a writer with add(name, size, segmentations, clusters)."""
    return packed_writer(path, _ResultsWriter, source)


def append(dataset, values):
    """Append rows to a growing dataset."""
    start = len(dataset)
    dataset.resize(start + len(values), axis=0)
    dataset[start:] = values


class PackedReader:
    """A packed data set or segmentation results, opened and checked by `read_packed`."""

    def __init__(self, path, file):
        self._path, self._file = path, file
        self.names = [text(name) for name in file["images/name"][:]]
        self.sizes = file["images/size"][:]
        self._offset = file["images/offset"][:]
        self._first = file["images/first_segmentation"][:]
        self._label_offset = file["segmentations/offset"][:]
        self.segments = file["segmentations/segments"][:]
        self.clusters = file["segmentations/k"][:] if "segmentations/k" in file else None
        self.has_pixels = "images/pixels" in file
        self._check()

    def __len__(self):
        return len(self.names)

    def _check(self):
        images, segmentations = len(self.names), len(self.segments)
        lengths = {
            "images/size": (len(self.sizes), images),
            "images/offset": (len(self._offset), images + 1),
            "images/first_segmentation": (len(self._first), images + 1),
            "segmentations/offset": (len(self._label_offset), segmentations + 1),
        }
        for name, (found, wanted) in lengths.items():
            if found != wanted:
                raise DataError(f"{self._path}: /{name} has length {found}, not {wanted}")
        areas = self.sizes.prod(axis=1, dtype=np.int64)
        owner = np.repeat(np.arange(images), np.diff(self._first))
        if self.has_pixels and not np.array_equal(np.diff(self._offset), areas):
            raise DataError(f"{self._path}: /images/offset does not fit /images/size")
        if not np.array_equal(np.diff(self._label_offset), areas[owner]):
            raise DataError(
                f"{self._path}: /segmentations/offset does not fit the images' sizes"
            )

    def size(self, image):
        """(height, width) in pixels."""
        return tuple(int(extent) for extent in self.sizes[image])

    def pixels(self, image):
        """(height, width, 3) uint8."""
        span = slice(self._offset[image], self._offset[image + 1])
        return self._file["images/pixels"][span].reshape(*self.size(image), 3)

    def ids(self, image):
        """The numbers of the image's segmentations within the file."""
        return range(int(self._first[image]), int(self._first[image + 1]))

    def segmentations(self, image):
        """All label maps of one image, each (height, width) uint16."""
        labels = self._file["segmentations/labels"]
        offset = self._label_offset
        size = self.size(image)
        return [labels[offset[s] : offset[s + 1]].reshape(size) for s in self.ids(image)]


@contextlib.contextmanager
def read_packed(path, *formats):
    """Context manager: a PackedReader of a data set, of results, or of either."""
    with open_file(path, *(formats or (DATASET_FORMAT, RESULTS_FORMAT))) as file:
        yield PackedReader(path, file)


def describe_size(size):
    """A size in words, such as '321x481 (height x width)'."""
    return f"{size[0]}x{size[1]} (height x width)"
