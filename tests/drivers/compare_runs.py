"""Compare trainings that should be the same: the objectives of all steps in NAME.h5, and weights
and optimizer in NAME_c.h5.

    compare_runs.py OBJECTIVES WEIGHTS REFERENCE OTHER ...

OBJECTIVES and WEIGHTS: largest relative differences; 0: the same bits.
"""

import sys

import h5py
import numpy as np


def objectives(name):
    with h5py.File(f"{name}.h5") as file:
        return file["metrics/train/objective"][:]


def state(name):
    found = {}
    with h5py.File(f"{name}_c.h5") as file:
        found["step"] = np.array(file.attrs["step"])
        for group in ("parameters", "optimizer"):
            file[group].visititems(lambda path, item, group=group: found.update(
                {f"{group}/{path}": item[:]}) if isinstance(item, h5py.Dataset) else None)
    return found


def difference(found, expected):
    """Relative to the largest element; infinite where shapes, types or places of NaN differ."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return np.inf
    if np.array_equal(found, expected):
        return 0.0
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return np.inf
    return np.abs(found - expected).max() / np.abs(expected).max()


def main(bound, weight_bound, reference, *others):
    bound, weight_bound = float(bound), float(weight_bound)
    expected, weights = objectives(reference), state(reference)
    assert len(expected) > 1 and np.isfinite(expected).all(), expected
    assert len(set(expected)) > 1, "all objectives are the same"
    assert any(name.startswith("parameters/") for name in weights), "no weights"
    assert others, "nothing to compare"
    failures = 0
    for name in others:
        found, own = objectives(name), state(name)
        assert len(found) == len(expected), f"{name}: {len(found)} steps, not {len(expected)}"
        assert own.keys() == weights.keys(), (name, own.keys() ^ weights.keys())
        # Step by step: a small objective at the end counts as much as the first.
        worst = np.abs(found / expected - 1).max()
        apart = {key: difference(own[key], value) for key, value in weights.items()}
        farthest = max(apart, key=apart.get)
        print(f"{name}: objectives differ by {worst:.1e}, weights by {apart[farthest]:.1e}"
              + (f" ({farthest})" if apart[farthest] else ""))
        if not worst <= bound:
            print(f"FAILED: objectives of {name} and {reference} differ by more than {bound:.1e}")
            failures += 1
        if not apart[farthest] <= weight_bound:
            print(f"FAILED: weights of {name} and {reference} differ by more than "
                  f"{weight_bound:.1e}")
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
