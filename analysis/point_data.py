"""Files of points for train_embedding and evaluate_embedding.

Format "eigenprop-activations", version 1, n points:

    /features        float64, float32 or uint8 [n, ...]   one to three extents a point
    /labels/class    int32 [n]                     0 ... classes-1; may be missing
    /labels/names    fixed-length ASCII [classes]
    /targets         float64 [n, t]                real-valued targets; may be missing

extract_activations and dense_sift.py write files of the same format. Embeddings with neighbours and
scores, as evaluate_embedding writes them, have the format "eigenprop-embedding": /train and /test
with embedding, class, names, targets; /neighbours [points, k], nearest first; /scores/{neighbours,
classification_error, regression_error, degrees}, one row for each number of neighbours.
"""

import h5py
import numpy as np

from classification_data import ACTIVATIONS_FORMAT
from eigenprop_data import DataError, output_file, set_header

EMBEDDING_FORMAT = "eigenprop-embedding"


def write_points(path, features, source, labels=None, names=None, targets=None, others=None):
    """Write points. features: (n, ...); labels: (n,) in 0 ... len(names)-1; targets: (n, t);
    others: further data sets by name."""
    features = np.asarray(features)
    if features.ndim < 2 or features.ndim > 4 or len(features) == 0:
        raise DataError(f"{path}: features must be points with one to three extents each, not "
                        f"{features.shape}")
    if not np.isfinite(features).all():
        raise DataError(f"{path}: features are not finite")
    if targets is not None:
        targets = np.asarray(targets, float)
        if targets.ndim != 2 or len(targets) != len(features) or not np.isfinite(targets).all():
            raise DataError(f"{path}: targets must be finite, a row for each of {len(features)} "
                            f"points, not {targets.shape}")
    with output_file(path) as temporary, h5py.File(temporary, "w") as file:
        set_header(file, ACTIVATIONS_FORMAT, source=source)
        file["features"] = features
        if labels is not None:
            labels = np.asarray(labels, np.int32)
            if len(labels) != len(features) or labels.min() < 0 or labels.max() >= len(names):
                raise DataError(f"{path}: labels do not fit {len(features)} points of "
                                f"{len(names)} classes")
            file["labels/class"] = labels
            file["labels/names"] = np.array(names, dtype=np.bytes_)
        if targets is not None:
            file["targets"] = targets
        for name, values in (others or {}).items():
            file[name] = values
