"""Reading of PyTorch's state dicts (.pth, .pt) without PyTorch, and without running their code.

A file of torch.save is a zip archive with a pickle data.pkl and the numbers of each storage as
data/KEY; before PyTorch 1.6 it was five pickles one after another, followed by the storages. A
pickle may name any function to call; here it gets tensors and dictionaries, and for everything else
an inert stand-in.
"""

import collections
import io
import mmap
import pickle
import zipfile

import numpy as np

from script_tools import DataError

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
TYPES = {"Double": "<f8", "Float": "<f4", "Half": "<f2", "BFloat16": "bfloat16", "Long": "<i8",
         "Int": "<i4", "Short": "<i2", "Char": "<i1", "Byte": "<u1", "Bool": "?"}


def from_bfloat16(data):
    """float32 of the bytes of bfloat16 numbers, which are its upper halves."""
    return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)


def numbers(data, kind):
    """Array of bytes; kind: a type of NumPy, or 'bfloat16'."""
    return from_bfloat16(data) if kind == "bfloat16" else np.frombuffer(data, kind)


class StandIn(dict):
    """What an unknown class or function of a pickle becomes."""

    what = ""

    def __new__(cls, *_, **__):
        return super().__new__(cls)

    def __init__(self, *_, **__):
        super().__init__()

    def __setstate__(self, _):
        pass

    def append(self, _):
        pass

    def extend(self, _):
        pass


class Tensor:
    """A tensor whose storage is read later. storage: (kind, key, count of numbers)."""

    def __init__(self, storage, offset, size, stride, *_):
        self.storage, self.offset = storage, offset
        self.size, self.stride = tuple(size), tuple(stride)

    def array(self, storages):
        """The values; storages: flat arrays by key."""
        values = storages[self.storage[1]]
        extents = (*self.size, *self.stride, self.offset)
        if not all(isinstance(n, int) and n >= 0 for n in extents) or (
                len(self.size) != len(self.stride)):
            raise DataError(f"a tensor is of size {self.size} and stride {self.stride}")
        last = self.offset + sum((n - 1) * step for n, step in zip(self.size, self.stride))
        if 0 in self.size:
            return np.zeros(self.size, values.dtype)
        if last >= len(values):
            raise DataError(f"a tensor of size {self.size} exceeds its {len(values)} numbers")
        strides = [step * values.itemsize for step in self.stride]
        return np.lib.stride_tricks.as_strided(values[self.offset:], self.size, strides)


class Unpickler(pickle._Unpickler):
    """Tensors, dictionaries and plain values. The one written in Python: a damaged file makes the
    other allocate any amount of memory."""

    KNOWN = {
        ("collections", "OrderedDict"): dict,
        ("collections", "defaultdict"): lambda *_: dict(),
        ("torch", "Size"): tuple,
        ("torch._utils", "_rebuild_tensor"): Tensor,
        ("torch._utils", "_rebuild_tensor_v2"): Tensor,
        ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
    }

    def find_class(self, module, name):
        if (module, name) in self.KNOWN:
            return self.KNOWN[module, name]
        if module == "torch" and name.removesuffix("Storage") in TYPES:
            return name.removesuffix("Storage")
        return type(name, (StandIn,), {"what": f"{module}.{name}"})

    def persistent_load(self, identity):
        _, kind, key, _, count = identity[:5]
        if kind not in TYPES:
            raise DataError("holds numbers of an unknown type")
        return TYPES[kind], str(key), count


def _arrays(value, storages):
    """The unpickled content with arrays in place of tensors."""
    if isinstance(value, Tensor):
        return value.array(storages)
    if isinstance(value, dict) and not isinstance(value, StandIn):
        return {name: _arrays(entry, storages) for name, entry in value.items()}
    return value


def _storages(value, found):
    """All storages by key, (kind, count)."""
    if isinstance(value, Tensor):
        kind, key, count = value.storage
        found[key] = (kind, count)
    elif isinstance(value, dict):
        for entry in value.values():
            _storages(entry, found)
    return found


def _read_zip(path):
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise DataError("is an archive without the one data.pkl of a state dict")
        folder = pickles[0].removesuffix("data.pkl")
        if folder + "byteorder" in archive.namelist() and (
                archive.read(folder + "byteorder") != b"little"):
            raise DataError("was written on a machine of the other byte order")
        content = Unpickler(io.BytesIO(archive.read(pickles[0])), encoding="utf-8").load()
        storages = {key: numbers(archive.read(f"{folder}data/{key}"), kind)
                    for key, (kind, _) in _storages(content, {}).items()}
    return _arrays(content, storages)


def _read_legacy(path):
    with open(path, "rb") as source, mmap.mmap(
            source.fileno(), 0, access=mmap.ACCESS_READ) as file:
        if Unpickler(file, encoding="utf-8").load() != LEGACY_MAGIC:
            raise DataError("is a pickle, but no file of torch.save")
        for _ in ("protocol", "system"):
            Unpickler(file, encoding="utf-8").load()
        content = Unpickler(file, encoding="utf-8").load()
        keys = Unpickler(file, encoding="utf-8").load()
        kinds, storages = _storages(content, {}), {}
        for key in map(str, keys):
            count = int.from_bytes(file.read(8), "little")
            if key not in kinds:
                raise DataError(f"holds numbers '{key}' of no tensor")
            kind = kinds[key][0]
            width = 2 if kind == "bfloat16" else np.dtype(kind).itemsize
            if count * width > len(file) - file.tell():
                raise DataError("is truncated")
            data = file.read(count * width)
            storages[key] = numbers(data, kind)
    return _arrays(content, storages)


def read_torch(path):
    """What torch.save stored: nested dictionaries of arrays (bfloat16 as float32) and other values.

    Raises DataError that names the file.
    """
    try:
        content = _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(path)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except MemoryError:
        raise
    except Exception as error:  # broken pickles raise errors of nearly every kind
        raise DataError(f"{path}: not a readable file of torch.save ({error})") from error
    if isinstance(content, StandIn):
        raise DataError(f"{path}: holds a whole {content.what}; save its state_dict()")
    if not isinstance(content, (dict, collections.abc.Mapping)):
        raise DataError(f"{path}: holds a {type(content).__name__}, not a state dict")
    return content
