"""What all of eigenprop's HDF5 files share: header, text, checked reading, growing datasets."""

import contextlib
import io
import os

import h5py
import numpy as np

from eigenprop_version import EIGENPROP_VERSION
from script_tools import DataError, output_file

VERSION = 1


def text(value):
    """A string attribute or entry, whether HDF5 kept it with fixed or variable length."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def encoded(value):
    """UTF-8 bytes of a string that HDF5 can hold."""
    try:
        result = value.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"the name {value!r} is no valid Unicode, and cannot be stored") from error
    if b"\0" in result:
        raise DataError(f"the name {value!r} holds a zero byte, and cannot be stored")
    return result


def strings(values):
    """Array for HDF5 of a list of strings: UTF-8 of variable length, since netCDF's library takes
    others for single characters."""
    return np.array([encoded(value) for value in values], dtype=h5py.string_dtype())


def string(value):
    """For an attribute: UTF-8 of fixed length, the simplest for any reader."""
    value = encoded(value)
    return np.array(value, dtype=h5py.string_dtype("utf-8", max(1, len(value))))


@contextlib.contextmanager
def open_file(path, *formats, version=VERSION):
    """Open an HDF5 file for reading after a check of its root attributes.

    An error while the file is read (a dataset that is missing, truncated, or of another kind)
    becomes a DataError that names the file.
    """
    if not os.path.exists(path):
        raise DataError(f"{path}: no such file")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"{path}: not a readable HDF5 file ({error})") from error
    with file:
        try:
            found = text(file.attrs.get("format", "none"))
            found_version = int(np.ravel(file.attrs.get("version", 0))[0])
        except (IndexError, KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
            raise DataError(f"{path}: root attributes are unreadable ({error})") from error
        if found not in formats:
            wanted = " or ".join(formats)
            raise DataError(f"{path}: format is '{found}', expected '{wanted}'")
        if found_version != version:
            raise DataError(
                f"{path}: version {found_version}, this script reads version {version}"
            )
        try:
            yield file
        except (AttributeError, IndexError, KeyError, OSError, RuntimeError, TypeError,
                ValueError) as error:  # of h5py on damaged files, and of unforeseen content
            raise DataError(f"{path}: {error}") from error


class _Target(io.FileIO):
    """The file below an OutputFile. It keeps its first error for itself: HDF5 1.10 crashes where it
    closes a file that it could not write."""

    def __init__(self, path):
        super().__init__(path, "w+")
        self.error = None

    def write(self, data):
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while self.error is None and len(rest):
                rest = rest[super().write(rest):]
        except OSError as error:
            self.error = error
        return size

    def truncate(self, size=None):
        try:
            if self.error is None:
                super().truncate(size)
        except OSError as error:
            self.error = error
        return size


class OutputFile(h5py.File):
    """A new HDF5 file. Errors of the disk appear in check(), not where something is written."""

    def __init__(self, path):
        self._target = _Target(path)
        super().__init__(self._target, "w")

    def check(self):
        """Raise the OSError of what was written so far, if there is one."""
        if self._target.error is not None:
            raise self._target.error

    def close(self):
        super().close()
        self._target.close()


@contextlib.contextmanager
def new_file(path):
    """Context manager: an OutputFile, which gets its name `path` at the end (output_file)."""
    with output_file(path) as temporary:
        with OutputFile(temporary) as file:
            yield file
        file.check()


def read_array(file, name, kinds, dimensions, rows=slice(None)):
    """Rows of a dataset, checked: NumPy's kinds of type ("iu", "f", "S", ...), dimensions."""
    where = f"{file.filename}: /{name}"
    try:
        dataset = file.get(name)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{where} is unreadable ({error})") from error
    if not isinstance(dataset, h5py.Dataset):
        raise DataError(f"{where} is missing")
    kind = "S" if h5py.check_string_dtype(dataset.dtype) else dataset.dtype.kind
    if kind not in kinds or dataset.ndim != dimensions:
        raise DataError(f"{where} is {dataset.dtype} of shape {dataset.shape}, which is not what "
                        f"the format says")
    if rows == slice(None) and not _can_hold(dataset):
        raise DataError(f"{where} declares {dataset.shape}, more than the file holds")
    try:
        return dataset[rows]
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{where} is unreadable ({error})") from error


def _can_hold(dataset):
    """Whether what is stored can be as much as the dataset declares: gzip, the densest of HDF5's
    filters, makes a byte of 1032 at most, and small datasets may never have been written."""
    if dataset.is_virtual or dataset.external:
        return True
    return dataset.nbytes <= 1100 * dataset.id.get_storage_size() + (64 << 20)


def is_bare_scale(item):
    """Whether an item of a file is a dimension without coordinates (name_dimensions)."""
    return isinstance(item, h5py.Dataset) and text(
        item.attrs.get("NAME", "")).startswith(BARE_SCALE)


def last_epoch(file, table):
    """The last epoch of a table of read_table(), as a whole number."""
    epoch = table["epoch"][-1]
    if not np.isfinite(epoch):
        raise DataError(f"{file.filename}: its last epoch is {epoch}")
    return int(epoch)


def read_table(file, name, columns=(), hint="", least=1):
    """A table of a run file, /metrics/NAME: {column: values}, all numbers and of one length.

    Raise DataError where there is none, or no column of `columns`, which `hint` explains, or
    fewer than `least` rows.
    """
    where, group = f"{file.filename}: /metrics/{name}", file.get(f"metrics/{name}")
    if not isinstance(group, h5py.Group):
        raise DataError(f"{where} is missing{hint}")
    found = [column for column in group if not is_bare_scale(group[column])]
    missing = [column for column in columns if column not in found]
    if missing:
        raise DataError(f"{where} lacks {', '.join(missing)}{hint}")
    table = {column: read_array(file, f"metrics/{name}/{column}", "fiu", 1) for column in found}
    # Those of an interrupted writer of an earlier version may differ by a row.
    rows = min(map(len, table.values()), default=0)
    if rows < least:
        raise DataError(f"{where} has no rows yet")
    return {column: values[:rows] for column, values in table.items()}


def read_summary(file, names=()):
    """What the attributes of /summary of an evaluation tell, {name: number}.

    Raise DataError where one of `names` is missing.
    """
    attributes = file["summary"].attrs
    missing = [name for name in names if name not in attributes]
    if missing:
        raise DataError(f"{file.filename}: /summary lacks {', '.join(missing)}")
    summary = {}
    for name in attributes:
        value = np.asarray(attributes[name])
        if value.ndim > 0 or value.dtype.kind not in "fiu":
            raise DataError(f"{file.filename}: attribute {name} of /summary is no number")
        summary[name] = value[()]
    return summary


def read_strings(file, name):
    """List of a dataset of strings."""
    return [text(value) for value in read_array(file, name, "S", 1)]


def check_offsets(file, name, offsets, lengths, end):
    """Raise DataError unless offsets ascend from 0 by `lengths`, up to at most `end`."""
    fit = len(offsets) == len(lengths) + 1 and offsets[0] == 0
    if not fit or not np.array_equal(np.diff(offsets), lengths) or offsets[-1] > end:
        raise DataError(f"{file.filename}: /{name} does not fit the sizes")


def set_header(file, format_name, **attributes):
    """Write the root attributes."""
    file.attrs["format"] = np.bytes_(format_name)
    file.attrs["version"] = np.int32(VERSION)
    file.attrs["eigenprop_version"] = np.bytes_(EIGENPROP_VERSION)
    for key, value in attributes.items():
        if isinstance(value, str):
            value = string(value)
            file.attrs.create(key, value, dtype=value.dtype)
        else:
            file.attrs[key] = value


# How netCDF-4 marks a dimension that no variable is the coordinate of: the length follows.
BARE_SCALE = "This is a netCDF dimension but not a netCDF variable."


def name_dimensions(dataset, *names):
    """Give a dataset's dimensions names by scales in its group, as H5File::name_dimensions does.

    Raises DataError where a name stands for another extent already.
    """
    for i, (name, extent) in enumerate(zip(names, dataset.shape, strict=True)):
        group = dataset.parent
        scale = group.get(name)
        if scale is None:
            scale = group.create_dataset(name, (extent,), ">f4")
            scale.make_scale(f"{BARE_SCALE}{extent:10d}")
        elif scale.shape != (extent,):
            raise DataError(f"{dataset.name}: dimension {name} has {scale.shape}, not {extent}")
        elif not h5py.h5ds.is_scale(scale.id):
            scale.make_scale(name)
        if scale != dataset:
            dataset.dims[i].attach_scale(scale)


# {array: (names of its dimensions, long name, units)} of packed images, as describe_packed_arrays
# gives them in C++, and of classes, boxes and masks.
PACKED_ARRAYS = {
    "images/pixels": (("pixel", "channel"), "RGB of all images, row by row", ""),
    "images/name": (("name",), "name of the image", ""),
    "images/size": (("name", "side"), "height and width", "pixel"),
    "images/offset": (("bound",), "first pixel of each image, and the end", ""),
    "images/first_segmentation": (
        ("bound",), "first segmentation of each image, and the end", ""),
    "segmentations/labels": (("label",), "segments of all label maps, row by row", ""),
    "segmentations/offset": (("bound",), "first label of each segmentation, and the end", ""),
    "segmentations/segments": (("segmentation",), "number of segments", ""),
    "labels/class": (("sample",), "number of the class", ""),
    "labels/names": (("class_number",), "name of the class", ""),
    "labels/box": (("sample", "coordinate"), "x, y, width and height in the original image",
                   "pixel"),
    "masks/pixels": (("pixel",), "1 on the object, 0 off it", ""),
}


def describe_arrays(file, arrays):
    """Give names of dimensions, long name and units to those of `arrays` that the file holds."""
    for name, (dimensions, long_name, units) in arrays.items():
        if name in file:
            name_dimensions(file[name], *dimensions)
            file[name].attrs["long_name"] = np.bytes_(long_name)
            if units:
                file[name].attrs["units"] = np.bytes_(units)


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


def append(dataset, values):
    """Append rows to a growing dataset."""
    start = len(dataset)
    dataset.resize(start + len(values), axis=0)
    dataset[start:] = values
