"""Reading of NumPy's .npz files."""

import os
import zipfile

import numpy as np

from script_tools import DataError

KINDS = [
    (b"", "is empty"),
    (b"\x89HDF", "is an HDF5 file"),
    (b"\x93NUMPY", "is a single array (.npy); save it with numpy.savez"),
    (b"version https://git-lfs", "is a pointer of Git LFS; fetch the file with 'git lfs pull'"),
    (b"<", "is text that begins with '<', perhaps a web page; was the download refused?"),
    (b"\x1f\x8b", "is compressed by gzip; unpack it first"),
]


def foreign_file(path):
    """What a file evidently is instead of what was expected; None where its beginning tells
    nothing. Raises DataError where there is no such file."""
    if not os.path.isfile(path):
        raise DataError(f"{path}: no such file")
    with open(path, "rb") as file:
        head = file.read(64)
    for beginning, what in KINDS:
        if head.lstrip().startswith(beginning) if beginning else not head:
            return what
    return None


def read_npz(path, wanted=None):
    """Arrays by name; of `wanted`, those that are there, and a DataError where the first is not."""
    what = foreign_file(path)
    if what:
        raise DataError(f"{path}: {what}, expected an .npz file")
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path}: is no .npz file, or a truncated one")
    names = []
    try:
        with np.load(path) as arrays:
            names = list(arrays)
            if wanted is None or wanted[0] in names:
                return {name: arrays[name] for name in names if wanted is None or name in wanted}
    except MemoryError:
        raise
    except Exception as error:  # broken archives and headers raise errors of nearly every kind
        raise DataError(f"{path}: not a readable .npz file ({error})") from error
    raise DataError(f"{path}: has no array '{wanted[0]}', only {', '.join(names) or 'none'}")


def real_array(values, where):
    """An array of real numbers as float64, float32 or uint8, which keep every value."""
    values = np.asarray(values)
    if values.dtype in (np.float64, np.float32, np.uint8):
        return values
    if values.dtype.kind == "b":
        return values.astype(np.uint8)
    if values.dtype == np.float16:
        return values.astype(np.float32)
    if values.dtype.kind not in "iuf":
        raise DataError(f"{where} are of type {values.dtype}, not real numbers")
    if values.dtype.kind in "iu" and values.size and not (
            -2**53 <= values.min() and values.max() <= 2**53):
        raise DataError(f"{where} are integers that double precision does not hold")
    return values.astype(np.float64)
