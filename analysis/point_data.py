"""Files of points for train_embedding and evaluate_embedding.

Format "eigenprop-activations", version 1, n points:

    /features        float64, float32 or uint8 [n, ...]   one to three extents a point
    /labels/class    int32 [n]                     0 ... classes-1; may be missing
    /labels/names    fixed-length UTF-8 [classes]
    /targets         float64 [n, t]                real-valued targets; may be missing

extract_activations and dense_sift.py write files of the same format. Embeddings with neighbours and
scores, as evaluate_embedding writes them, have the format "eigenprop-embedding": /train and /test
with embedding, class, names, targets; /neighbours [points, k], nearest first; /scores/{neighbours,
classification_error, regression_error, degrees}, one row for each number of neighbours.
"""

import contextlib

import numpy as np

from classification_data import ACTIVATIONS_FORMAT
from hdf5_tools import PACKED_ARRAYS, describe_arrays, new_file, set_header, string, strings
from numpy_files import real_array
from script_tools import DataError

EMBEDDING_FORMAT = "eigenprop-embedding"


def _checked(path, features, labels, names, targets):
    """The data sets of a file by name, checked."""
    features = real_array(features, f"{path}: features")
    if features.ndim < 2 or features.ndim > 4 or features.size == 0:
        raise DataError(f"{path}: features must be points with one to three extents each, not "
                        f"{features.shape}")
    if not np.isfinite(features).all():
        raise DataError(f"{path}: features are not finite")
    data = {"features": features}
    if labels is not None:
        labels = np.asarray(labels)
        if labels.shape != (len(features),) or labels.min() < 0 or labels.max() >= len(names):
            raise DataError(f"{path}: labels do not fit {len(features)} points of "
                            f"{len(names)} classes")
        data |= {"labels/class": labels.astype(np.int32), "labels/names": strings(names)}
    if targets is not None:
        targets = real_array(targets, f"{path}: targets").astype(np.float64)
        if targets.ndim != 2 or len(targets) != len(features) or not np.isfinite(targets).all():
            raise DataError(f"{path}: targets must be finite, a row for each of {len(features)} "
                            f"points, not {targets.shape}")
        data["targets"] = targets
    return data


def name_activations(file):
    """Names and meanings of the arrays of activations; dimensions as extract_activations names
    them."""
    inner = {1: (), 2: ("feature",), 3: ("row", "column"), 4: ("height", "width", "channel")}
    features = file["features"]
    describe_arrays(file, {
        "features": (("sample", *inner[features.ndim]), "features of each sample", ""),
        "targets": (("sample", "target"), "real-valued targets of each sample", ""),
        "labels/class": PACKED_ARRAYS["labels/class"],
        "labels/names": PACKED_ARRAYS["labels/names"],
        "images/name": PACKED_ARRAYS["images/name"],
        "whitening/mean": (("value",), "mean that was taken from each patch", ""),
        "whitening/matrix": (("value", "component"), "matrix that patches were multiplied by", ""),
    })


def write_point_files(files, source):
    """Write several files of points, all or none.

    files: (path, features, others) each; others as of write_points.
    """
    contents = []
    for path, features, others in files:
        others = {"labels": None, "names": None, "targets": None, "others": None} | others
        further = others.pop("others") or {}
        contents.append((path, _checked(path, features, **others) | further))
    string(source)
    with contextlib.ExitStack() as stack:
        for path, data in contents:
            file = stack.enter_context(new_file(path))
            set_header(file, ACTIVATIONS_FORMAT, source=source)
            for name, values in data.items():
                file[name] = values
            name_activations(file)


def write_points(path, features, source, **others):
    """Write points. features: (n, ...); others: labels (n,) in 0 ... len(names)-1 and names;
    targets (n, t); others, further data sets by name."""
    write_point_files([(path, features, others)], source)
