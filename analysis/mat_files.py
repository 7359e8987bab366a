"""Reading of MATLAB's .mat files: version 5 by SciPy, version 7.3, which is HDF5, by h5py."""

import contextlib
import multiprocessing
import os
import resource

import h5py
import numpy as np
import scipy.io

from script_tools import DataError

MEMORY = 8 << 30  # bytes that a file may take, at most


def read_mat(path, names):
    """Read variables as a dictionary: numeric matrices, and cells of structs as read_cells().

    Raises DataError that names the file where it is no .mat file or lacks a variable.
    """
    if not os.path.exists(path):
        raise DataError(f"{path}: no such file")
    forked = multiprocessing.get_context("fork")
    receiver, sender = forked.Pipe(duplex=False)
    child = forked.Process(target=_send_variables, args=(sender, path, names))
    child.start()
    sender.close()
    try:
        content = receiver.recv()
    except EOFError:
        content = "it is damaged beyond what SciPy and HDF5 can read"
    finally:
        receiver.close()
        child.join()
    if isinstance(content, str):
        raise DataError(f"{path}: not a readable .mat file ({content})")
    return content


def _send_variables(sender, path, names):
    """Sends the variables, or the error's text. In a process of its own, since SciPy 1.10 crashes
    on some damaged files, and since these may claim any amount of memory."""
    with contextlib.suppress(ValueError, OSError), open("/proc/self/statm", "rb") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))
    try:
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                content = {name: _value(file, file[name]) for name in names if name in file}
        else:
            found = scipy.io.loadmat(path, variable_names=names)
            content = {name: found[name] for name in names if name in found}
    except Exception as error:  # SciPy raises errors of nearly every kind on broken files
        content = " ".join(str(error).split()) or type(error).__name__
    sender.send(content)


def _value(file, node):
    """A variable of version 7.3 in the form that SciPy gives those of version 5.

    HDF5 holds the axes of a matrix in the reverse order; a cell array is a matrix of references, a
    struct a group.
    """
    if isinstance(node, h5py.Group):
        fields = {name: _value(file, node[name]) for name in node}
        result = np.empty((1, 1), [(name, object) for name in fields])
        for name, value in fields.items():
            result[name][0, 0] = value
        return result
    if "MATLAB_empty" in node.attrs:
        return np.zeros((0, 0))
    values = node[()]
    if values.dtype == h5py.ref_dtype:
        result = np.empty(values.shape, object)
        for place, reference in np.ndenumerate(values):
            result[place] = _value(file, file[reference])
        values = result
    return values.T


def whole_numbers(values, where):
    """A real matrix of whole, finite numbers as integers."""
    values = np.asarray(values)
    if values.dtype.kind not in "biuf" or values.ndim != 2 or values.size == 0:
        raise DataError(f"{where} is no matrix of numbers but {values.dtype} of shape "
                        f"{values.shape}")
    if values.dtype.kind == "f" and not (np.isfinite(values).all()
                                         and (values == np.round(values)).all()
                                         and np.abs(values).max() < 2**53):
        raise DataError(f"{where} has entries that are no whole numbers")
    return values if values.dtype.kind in "iu" else values.astype(np.int64)
