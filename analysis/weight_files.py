"""Reading of pretrained weights: .npz, PyTorch's state dicts, safetensors, told by content."""

import json
import os
import zipfile

import numpy as np

from numpy_files import foreign_file, read_npz
from script_tools import DataError
from torch_files import numbers, read_torch

SAFETENSORS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "bfloat16", "I64": "<i8",
               "I32": "<i4", "I16": "<i2", "I8": "<i1", "U64": "<u8", "U32": "<u4", "U16": "<u2",
               "U8": "<u1", "BOOL": "?"}
WRAPPERS = ("state_dict", "model_state_dict", "model")
PREFIXES = ("module.", "_orig_mod.", "model.")


def _holds_pickle(path):
    """Whether an archive is one of torch.save."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist())
    except Exception as error:  # broken archives raise errors of nearly every kind
        raise DataError(f"{path}: not a readable archive ({error})") from error


def _safetensors_header(path):
    """Header, and where the numbers begin; None where it is no such file."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= size - 8:
            return None
        text = file.read(length)
    if not text.startswith(b"{"):
        return None
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return header, 8 + length


def read_safetensors(path, header, start):
    """Arrays by name; bfloat16 as float32."""
    arrays = {}
    data = np.memmap(path, np.uint8, "r", start) if os.path.getsize(path) > start else b""
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        where = f"{path}: array '{name}'"
        try:
            kind, shape = SAFETENSORS.get(entry["dtype"]), tuple(entry["shape"])
            first, last = entry["data_offsets"]
            if kind is None:
                raise DataError(f"{where} is of type {entry['dtype']}, which is not read")
            if not 0 <= first <= last <= len(data):
                raise DataError(f"{where} lies beyond the file's end; the file is truncated")
            arrays[name] = numbers(bytes(data[first:last]), kind).reshape(shape)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{where} is described wrongly ({error})") from error
    return arrays


def _unwrap(content, path):
    """The arrays of a state dict that may lie in a checkpoint of a training."""
    for key in WRAPPERS:
        if isinstance(content.get(key), dict):
            content = content[key]
            break
    arrays = {name: value for name, value in content.items()
              if isinstance(name, str) and isinstance(value, np.ndarray)}
    if not arrays:
        raise DataError(f"{path}: holds no arrays; its entries are "
                        f"{', '.join(map(str, list(content)[:5])) or 'none'}")
    return arrays


def plain_names(arrays, path):
    """The arrays without what wrappers of networks put before all names (module., ...), and without
    'module.' after 'features.', where a trunk alone was wrapped; what was taken off, in order."""
    result, taken = dict(arrays), []
    while True:
        prefix = next((p for p in PREFIXES if all(name.startswith(p) for name in result)), None)
        if prefix is None:
            break
        result = {name.removeprefix(prefix): value for name, value in result.items()}
        taken.append(prefix)
    if any("features.module." in name for name in result):
        taken.append("features.module.")
    renamed = {}
    for name, value in result.items():
        plain = name.replace("features.module.", "features.", 1)
        if plain in renamed:
            raise DataError(f"{path}: '{plain}' is there twice, with and without 'module.'")
        renamed[plain] = value
    return renamed, taken


def read_weights(path):
    """Arrays by name, of any of the formats; the prefixes that were taken off their names."""
    if not os.path.isfile(path):
        raise DataError(f"{path}: no such file")
    # First: its length may look like the beginning of any other file.
    found = _safetensors_header(path)
    what = None if found else foreign_file(path)
    if what:
        raise DataError(f"{path}: {what}, expected weights (.npz, .pth or .safetensors)")
    with open(path, "rb") as file:
        head = file.read(2)
    if found:
        arrays = read_safetensors(path, *found)
    elif zipfile.is_zipfile(path):
        arrays = read_torch(path) if _holds_pickle(path) else read_npz(path)
    elif head[:1] == b"\x80":
        arrays = read_torch(path)
    elif head == b"PK":
        raise DataError(f"{path}: is a truncated archive")
    else:
        raise DataError(f"{path}: is none of .npz, .pth, .safetensors, or a truncated one")
    return plain_names(_unwrap(arrays, path), path)
