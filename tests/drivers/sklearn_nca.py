"""Nearest-neighbour accuracy after training by scikit-learn's NCA, on splits of its data sets.

    sklearn_nca.py FOLDER            writes FOLDER/NAME_{train,test}.h5, standardized
    sklearn_nca.py FOLDER --compare  trains scikit-learn on the same files and compares with
                                     FOLDER/NAME_D_scores.h5, as evaluate_embedding left them
"""

import os
import sys

import h5py
import numpy as np
from sklearn import datasets
from sklearn.neighbors import KNeighborsClassifier, NeighborhoodComponentsAnalysis

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "analysis"))
from point_data import write_points  # noqa: E402

DIMENSIONS = {"iris": (2, 4), "wine": (2, 13), "digits": (2, 16)}
NEIGHBOURS = 3


def write(folder):
    for name in DIMENSIONS:
        data = getattr(datasets, f"load_{name}")()
        order = np.random.default_rng(3).permutation(len(data.data))
        test, train = np.split(order, [len(order) * 3 // 10])
        mean, deviation = data.data[train].mean(0), data.data[train].std(0)
        features = (data.data - mean) / np.where(deviation > 0, deviation, 1)
        names = [str(c) for c in np.unique(data.target)]
        for part, points in (("train", train), ("test", test)):
            write_points(os.path.join(folder, f"{name}_{part}.h5"), features[points],
                         "scikit-learn", labels=data.target[points], names=names)


def read(path):
    with h5py.File(path) as file:
        return file["features"][:], file["labels/class"][:]


def compare(folder):
    worse = 0
    for name, all_dimensions in DIMENSIONS.items():
        x, y = read(os.path.join(folder, f"{name}_train.h5"))
        test_x, test_y = read(os.path.join(folder, f"{name}_test.h5"))
        for dimensions in all_dimensions:
            nca = NeighborhoodComponentsAnalysis(dimensions, init="pca", random_state=1,
                                                 max_iter=100).fit(x, y)
            knn = KNeighborsClassifier(NEIGHBOURS).fit(nca.transform(x), y)
            theirs = knn.score(nca.transform(test_x), test_y)
            with h5py.File(os.path.join(folder, f"{name}_{dimensions}_scores.h5")) as file:
                which = list(file["scores/neighbours"][:]).index(NEIGHBOURS)
                ours = 1 - file["scores/classification_error"][which]
            print(f"{name}, {dimensions} dimensions: accuracy {ours:.4f}, "
                  f"scikit-learn {theirs:.4f}")
            worse += ours < theirs - 1e-12
    return 1 if worse else 0


if __name__ == "__main__":
    if "--compare" in sys.argv:
        sys.exit(compare(sys.argv[1]))
    write(sys.argv[1])
