"""Mutations of files: of bytes, of text, and of what an HDF5 file says."""

import h5py
import numpy as np

EXTREMES = (0, -1, 1, 3, 255, 256, 2**31 - 1, 2**31, 2**62, -2**62, 2**63 - 1, -2**63)
REALS = (0.5, -1.0, float("nan"), float("inf"), 1e300, -1e300, 1e-320)
LARGEST = 2**20  # elements that are mutated: a mutant may have been made to declare more
TYPES = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">i4", ">f8", "?", "c16")


def flip_bits(random, data):
    data = bytearray(data)
    for _ in range(random.integers(1, 9)):
        data[random.integers(len(data))] ^= 1 << random.integers(8)
    return bytes(data)


def truncate(random, data):
    return data[:random.integers(len(data))]


def overwrite(random, data):
    begin = random.integers(len(data))
    length = random.integers(1, 65)
    piece = bytes(length) if random.random() < 0.5 else random.bytes(length)
    return data[:begin] + piece + data[begin + length:]


def repeat(random, data):
    begin = random.integers(len(data))
    return data[:begin] + data[begin:begin + random.integers(1, 65)] + data[begin:]


def set_number(random, data):
    """A number of eight bytes becomes an extreme one."""
    begin = 8 * random.integers(max(1, len(data) // 8))
    value = EXTREMES[random.integers(len(EXTREMES))] % 2**64
    return (data[:begin] + value.to_bytes(8, "little") + data[begin + 8:])[:len(data)]


BYTES = (flip_bits, flip_bits, truncate, overwrite, repeat, set_number)


def mutate_bytes(random, source, target):
    with open(source, "rb") as file:
        data = file.read()
    mutation = BYTES[random.integers(len(BYTES))]
    with open(target, "wb") as file:
        file.write(mutation(random, data))
    return mutation.__name__


def mutate_text(random, source, target):
    with open(source, encoding="utf-8") as file:
        lines = file.read().splitlines()
    at = random.integers(len(lines))
    tokens = ("=", "[", "]", "[[", "\"", "'''", "#", ",", ".", "\\u12", "1e999", "nan", "-", "0x",
              "{", "}", "\x00", "\x7f", "ä", "[" * 2000, "9" * 400, "a." * 500, "\r", "1979-05-27")
    token = tokens[random.integers(len(tokens))]
    if random.random() < 0.3:
        lines[at] = token
    elif random.random() < 0.5:
        place = random.integers(len(lines[at]) + 1)
        lines[at] = lines[at][:place] + token + lines[at][place:]
    else:
        lines.insert(at, lines[random.integers(len(lines))])
    with open(target, "w", encoding="utf-8", newline="") as file:
        file.write("\n".join(lines))
    return "text"


def change_attribute(random, file):
    owners = [file]
    file.visititems(lambda name, item: owners.append(item))
    owner = next(o for o in owners if len(o.attrs))
    names = sorted(owner.attrs)
    name = names[random.integers(len(names))]
    values = (np.arange(random.integers(2, 2000)), np.zeros((3, 4)), h5py.Empty("i8"), "text", "",
              np.array(["a", "b"], dtype="S1"), 2.5, np.nan, np.array([1]), np.True_, b"\xff\xfe",
              np.array([b"eigenprop-segmentation"] * 50))
    choice = random.integers(len(values) + len(EXTREMES) + 1)
    if choice == len(values) + len(EXTREMES):
        del owner.attrs[name]
    elif choice >= len(values):
        owner.attrs[name] = np.array(EXTREMES[choice - len(values)])
    else:
        owner.attrs[name] = values[choice]


def some_dataset(random, file):
    names = []
    file.visititems(lambda name, item: names.append(name)
                    if isinstance(item, h5py.Dataset) else None)
    return sorted(names)[random.integers(len(names))]


def set_values(random, file):
    dataset = file[some_dataset(random, file)]
    if dataset.dtype.kind not in "iuf" or not 0 < dataset.size <= LARGEST:
        return
    values = dataset[...]
    flat = values.reshape(-1)
    real = dataset.dtype.kind == "f"
    extreme = REALS if real else EXTREMES
    for _ in range(random.integers(1, 4)):
        value = extreme[random.integers(len(extreme))]
        if not real:
            value = np.int64(value).astype(dataset.dtype)
        flat[random.integers(flat.size)] = value
    with np.errstate(all="ignore"):
        dataset[...] = values


def replace(random, file, make):
    name = some_dataset(random, file)
    dataset = file[name]
    if dataset.shape is None or dataset.size > LARGEST:
        return
    values = dataset[()] if dataset.shape == () else dataset[...]
    del file[name]
    make(random, file, name, np.asarray(values))


def as_other_type(random, file, name, values):
    kind = TYPES[random.integers(len(TYPES))]
    with np.errstate(all="ignore"):
        if values.dtype.kind in "SO":
            file[name] = np.arange(values.size).astype(kind)
        elif kind == "f4" and random.random() < 0.5:
            file[name] = (values / 255).astype(kind)
        else:
            file[name] = values.astype(kind)


def as_other_shape(random, file, name, values):
    shapes = (values.reshape(-1), values.reshape(1, -1), values.T, values[..., None],
              values.reshape((1,) * 6 + values.shape), values.reshape(-1)[:0],
              values.reshape(-1)[:1], np.concatenate([np.atleast_1d(values)] * 2),
              np.atleast_1d(values)[:-1], np.stack([values] * 4, axis=-1))
    file[name] = shapes[random.integers(len(shapes))]


def as_other_object(random, file, name, values):
    choice = random.integers(10)
    if choice == 0:
        file.create_group(name)
    elif choice == 1:
        file[name] = h5py.SoftLink("/nowhere")
    elif choice == 2:
        file[name] = h5py.ExternalLink("nowhere.h5", "/nothing")
    elif choice == 3:
        file[name] = h5py.Empty("f8")
    elif choice == 4:
        file[name] = "text"
    elif choice == 5:
        file[name] = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    elif choice == 6:
        file.create_dataset(name, data=["text"] * 3, dtype=h5py.string_dtype())
    elif choice == 7:
        shape = np.atleast_1d(values).shape
        factor = 2 ** int(random.integers(8, 62 - int(np.log2(max(1, values.size))) - 8))
        file.create_dataset(name, (shape[0] * factor,) + shape[1:],
                            chunks=tuple(max(1, extent) for extent in shape),
                            dtype=values.dtype if values.dtype.kind != "O" else "i4")
    elif choice == 8:
        file[name] = np.atleast_1d(values)[::-1]
    # 9: nothing is left.


def with_filter(random, file, name, values):
    if values.dtype.kind == "O" or values.shape == () or values.size == 0:
        file[name] = values
        return
    compression = ("lzf", "gzip")[random.integers(2)]
    file.create_dataset(name, data=values, compression=compression,
                        fletcher32=bool(random.integers(2)))


CONTENTS = (
    change_attribute, set_values, set_values,
    lambda random, file: replace(random, file, as_other_type),
    lambda random, file: replace(random, file, as_other_shape),
    lambda random, file: replace(random, file, as_other_object),
    lambda random, file: replace(random, file, with_filter),
)


def mutate_content(random, source, target):
    with open(source, "rb") as file, open(target, "wb") as copy:
        copy.write(file.read())
    for _ in range(random.integers(1, 3)):
        with h5py.File(target, "r+") as file:
            CONTENTS[random.integers(len(CONTENTS))](random, file)
    return "content"
