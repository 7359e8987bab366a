"""Nearest-neighbour accuracy after training by scikit-learn's NCA, on splits of its data sets.

    sklearn_nca.py FOLDER            writes FOLDER/NAME_{train,test}.h5, standardized
    sklearn_nca.py FOLDER --compare  trains scikit-learn on the same files and compares with
                                     FOLDER/NAME_D_{run,scores}.h5, as train_embedding and
                                     evaluate_embedding left them

On the training points the objective, which both maximize, must be at least scikit-learn's in every case.
On the test points, where a single one more or less is chance, the points of all cases that one of the two
gets right and the other does not are counted: scikit-learn may win by two standard errors of their
difference (McNemar's test).
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


def objective(z, labels):
    """Mean probability of a neighbour of the same class."""
    squares = (z * z).sum(1)
    distances = squares[:, None] + squares[None, :] - 2 * z @ z.T
    np.fill_diagonal(distances, np.inf)
    p = np.exp(distances.min(1, keepdims=True) - distances)
    p /= p.sum(1, keepdims=True)
    return (p * (labels[:, None] == labels[None, :])).sum() / len(z)


def right(train, labels, test, test_labels):
    return KNeighborsClassifier(NEIGHBOURS).fit(train, labels).predict(test) == test_labels


def compare(folder):
    failures = won = lost = 0
    for name, all_dimensions in DIMENSIONS.items():
        x, y = read(os.path.join(folder, f"{name}_train.h5"))
        test_x, test_y = read(os.path.join(folder, f"{name}_test.h5"))
        for dimensions in all_dimensions:
            nca = NeighborhoodComponentsAnalysis(dimensions, init="pca", random_state=1,
                                                 max_iter=100).fit(x, y)
            theirs = right(nca.transform(x), y, nca.transform(test_x), test_y)
            case = os.path.join(folder, f"{name}_{dimensions}")
            with h5py.File(f"{case}_run.h5") as file:
                reached = -file["metrics/train/objective"][-1]
            with h5py.File(f"{case}_scores.h5") as file:
                z, test_z = file["train/embedding"][:], file["test/embedding"][:]
                which = list(file["scores/neighbours"][:]).index(NEIGHBOURS)
                accuracy = 1 - file["scores/classification_error"][which]
            ours = right(z, y, test_z, test_y)
            # Votes that are even may go either way.
            assert abs(ours.mean() - accuracy) < 0.02, (ours.mean(), accuracy)
            least = objective(nca.transform(x), y)
            print(f"{name}, {dimensions} dimensions: objective {reached:.6f}, scikit-learn {least:.6f}; "
                  f"accuracy {accuracy:.4f}, scikit-learn {theirs.mean():.4f}")
            failures += reached < least - 1e-9
            won += (ours & ~theirs).sum()
            lost += (theirs & ~ours).sum()
    print(f"right where scikit-learn is wrong: {won} points; the reverse: {lost}")
    return 1 if failures or lost - won > 2 * np.sqrt(won + lost) else 0


if __name__ == "__main__":
    if "--compare" in sys.argv:
        sys.exit(compare(sys.argv[1]))
    write(sys.argv[1])
