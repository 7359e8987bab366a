"""Slow, obvious reference of the segmentation measures, with files for test_evaluation.sh.

make DATA RESULT: writes truth/, segs/ and ucm/ as MATLAB files; check: compares all scores.
"""

import os
import sys

import h5py
import numpy as np
from scipy import ndimage
from scipy.io import savemat

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "analysis"))
from eigenprop_data import read_packed  # noqa: E402

THRESHOLDS = np.linspace(0.01, 0.99, 99)


def best_overlaps(of, by):
    """Areas of the regions of one map, and their best intersection over union."""
    areas, best = [], []
    for region in np.unique(of):
        inside = of == region
        areas.append(inside.sum())
        best.append(
            max(
                np.sum(inside & (by == other)) / np.sum(inside | (by == other))
                for other in np.unique(by[inside])
                if other >= 0
            )
        )
    return np.array(areas, float), np.array(best)


def rand(a, b):
    a, b = a.ravel(), b.ravel()
    total = 0
    for i in range(len(a)):
        total += np.sum((a[i] == a[:i]) == (b[i] == b[:i]))
    return total / (len(a) * (len(a) - 1) / 2)


def information(a, b):
    def entropy(labels):
        p = np.unique(labels, return_counts=True, axis=0)[1] / len(labels)
        return -np.sum(p * np.log2(p))

    pair = np.stack([a.ravel(), b.ravel()], axis=1)
    return 2 * entropy(pair) - entropy(a.ravel()) - entropy(b.ravel())


def summary(images, with_pairs):
    """images: (segmentations, truths) of each image. The pooled and Table 2's scores."""
    recall, area, best_total, ois = 0, 0, 0, 0
    table_best, table_average, pri, vi = [], [], 0, 0
    for segmentations, truths in images:
        cover = [[best_overlaps(t, s) for t in truths] for s in segmentations]
        sums = np.array([sum((a * b).sum() for a, b in row) for row in cover])
        own_area = sum(a.sum() for a, _ in cover[0])
        recall = recall + sums
        area += own_area
        ois += sums.max()
        for t in range(len(truths)):
            best = np.max([row[t][1] for row in cover], axis=0)
            best_total += (cover[0][t][0] * best).sum()
        table = np.array([[(a * b).sum() / a.sum() for a, b in row] for row in cover])
        table_best.append(table.max())
        table_average.append(table.mean(axis=1).max())
        if with_pairs:
            pri = pri + np.array([np.mean([rand(s, t) for t in truths]) for s in segmentations])
            vi = vi + np.array(
                [np.mean([information(s, t) for t in truths]) for s in segmentations]
            )
    result = {
        "covering_ods": recall.max() / area,
        "covering_ois": ois / area,
        "covering_best": best_total / area,
        "table2_best": np.mean(table_best),
        "table2_average": np.mean(table_average),
    }
    if with_pairs:
        result["pri_ods"] = pri.max() / len(images)
        result["vi_ods"] = vi.min() / len(images)
    return result


def contour_map(labels, levels):
    """Double-size map: between two regions the strength given by `levels`."""
    height, width = labels.shape
    ucm = np.zeros((2 * height + 1, 2 * width + 1))
    strength = np.abs(levels[labels[:, 1:]] - levels[labels[:, :-1]])
    ucm[1::2, 2:-1:2] = np.where(labels[:, 1:] != labels[:, :-1], strength, 0)
    strength = np.abs(levels[labels[1:]] - levels[labels[:-1]])
    ucm[2:-1:2, 1::2] = np.where(labels[1:] != labels[:-1], strength, 0)
    # Corners are as strong as the strongest contour that meets there.
    ucm[2:-1:2, 2:-1:2] = np.maximum.reduce(
        [ucm[1:-3:2, 2:-1:2], ucm[3::2, 2:-1:2][: height - 1], ucm[2:-1:2, 1:-3:2],
         ucm[2:-1:2, 3::2][:, : width - 1]]
    )
    return ucm


def cut(ucm, threshold):
    labels, _ = ndimage.label(ucm <= threshold, structure=np.ones((3, 3)))
    return labels[1::2, 1::2] - 1


def thin(marks):
    """Guo and Hall's two passes, by their formulas, until nothing changes."""
    marks = np.pad(marks, 1)
    steps = [(0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)]
    while True:
        before = marks.copy()
        for second in (False, True):
            x = [np.roll(marks, (-dy, -dx), (0, 1)) for dy, dx in steps]
            x = x[-1:] + x + x[:1]
            crossings = sum(
                ~x[2 * i - 1] & (x[2 * i] | x[2 * i + 1]) for i in (1, 2, 3)
            ) + (~x[7] & (x[8] | x[1])).astype(int)
            odd = sum((x[2 * i - 1] | x[2 * i]).astype(int) for i in (1, 2, 3, 4))
            even = sum((x[2 * i] | x[2 * i % 8 + 1]).astype(int) for i in (1, 2, 3, 4))
            pairs = np.minimum(odd, even)
            side = (x[6] | x[7] | ~x[4]) & x[5] if second else (x[2] | x[3] | ~x[8]) & x[1]
            marks = marks & ~((crossings == 1) & (pairs >= 2) & (pairs <= 3) & ~side)
        if np.array_equal(marks, before):
            return marks[1:-1, 1:-1]


def seg2bdry(labels):
    """As the benchmark's seg2bdry.m, on its grid of double size."""
    height, width = labels.shape
    grid = np.zeros((2 * height + 1, 2 * width + 1), bool)
    grid[2:-1:2, 1::2] = labels[:-1] != labels[1:]
    grid[1::2, 2:-1:2] = labels[:, :-1] != labels[:, 1:]
    grid[2:-1:2, 2:-1:2] = (
        grid[1:-2:2, 2:-1:2] | grid[3::2, 2:-1:2] | grid[2:-1:2, 1:-2:2] | grid[2:-1:2, 3::2]
    )
    grid[0], grid[-1] = grid[1], grid[-2]
    grid[:, 0], grid[:, -1] = grid[:, 1], grid[:, -2]
    return grid[2::2, 2::2]


def human_boundaries(image, truths):
    """Of every person; those of the first person of the first image are empty in truth/."""
    marks = [thin(seg2bdry(labels)) for labels in truths]
    if image == 0:
        marks[0] = np.zeros_like(marks[0])
    return marks


def boundary_counts(machine, people):
    """Images are so small that only equal places match."""
    return [
        [sum((m & p).sum() for p in people), sum(p.sum() for p in people),
         np.logical_or.reduce([m & p for p in people]).sum(), m.sum()]
        for m in machine
    ]


def boundary_scores(counts):
    """counts: (images, scales, 4)."""
    counts = np.array(counts, float)

    def f_of(sums):
        recall = sums[..., 0] / np.maximum(sums[..., 1], 1)
        precision = sums[..., 2] / np.maximum(sums[..., 3], 1)
        return recall, precision, 2 * recall * precision / np.maximum(recall + precision, 1e-300)

    recall, precision, f = f_of(counts.sum(axis=0))
    share = np.linspace(0, 1, 100)
    between = [
        np.max(2 * r * p / np.maximum(r + p, 1e-300))
        for i in range(1, len(f))
        for r, p in [(recall[i] * share + recall[i - 1] * (1 - share),
                      precision[i] * share + precision[i - 1] * (1 - share))]
    ]
    own = f_of(counts)[2]
    last = own.shape[1] - 1 - own[:, ::-1].argmax(axis=1)
    return {
        "boundary_f_ods": max([f[0], *between]),
        "boundary_f_ois": f_of(counts[np.arange(len(last)), last].sum(axis=0))[2],
    }


def struct_cell(maps, image):
    cell = np.empty((1, len(maps)), object)
    for i, labels in enumerate(maps):
        cell[0, i] = {"Segmentation": labels.astype(np.uint16) + 1}
        if image == 0:
            cell[0, i]["Boundaries"] = human_boundaries(image, maps)[i]
    return cell


def levels_of(labels):
    return np.random.default_rng(7).uniform(0, 1, int(labels.max()) + 1).round(2)


def make(data, result):
    for folder in ("truth", "segs", "ucm", "people"):
        os.makedirs(folder)
    for i, name in enumerate(data.names):
        truths, found = data.segmentations(i), result.segmentations(i)
        savemat(f"truth/{name}.mat", {"groundTruth": struct_cell(truths, i)}, do_compression=True)
        cell = np.empty((1, len(found)), object)
        for s, labels in enumerate(found):
            cell[0, s] = labels.astype(np.uint16) + 1
        savemat(f"segs/{name}.mat", {"segs": cell}, do_compression=True)
        ucm = contour_map(found[4], levels_of(found[4]))
        savemat(f"ucm/{name}.mat", {"ucm2": ucm}, do_compression=True)
        crowd = {"groundTruth": struct_cell(found[:3], None)}
        savemat(f"people/{name}.mat", crowd, do_compression=True)


def compare(path, expected):
    with h5py.File(path) as f:
        for name, value in expected.items():
            found = f["summary"].attrs[name]
            print(f"{path}: {name} {found:.7f}, reference {value:.7f}")
            # Sums went through text of six digits, as in the benchmark.
            assert abs(found - value) < 2e-6 * max(1, abs(value)), name


def check(data, result):
    images = [(result.segmentations(i), data.segmentations(i)) for i in range(len(data))]
    compare("hdf5/evaluation.h5", summary(images, True))
    compare(
        "hdf5/evaluation.h5",
        boundary_scores(
            [boundary_counts([thin(seg2bdry(s)) for s in segs], [thin(seg2bdry(t)) for t in truths])
             for segs, truths in images]
        ),
    )
    scales, boundaries = [], []
    for i in range(len(data)):
        found = result.segmentations(i)[4]
        ucm = contour_map(found, levels_of(found))
        scales.append(([cut(ucm, t) for t in THRESHOLDS], data.segmentations(i)))
        boundaries.append(
            boundary_counts([thin(ucm[2::2, 2::2] >= t) for t in THRESHOLDS],
                            human_boundaries(i, data.segmentations(i)))
        )
    compare("ucm_out/evaluation.h5", {**summary(scales, False), **boundary_scores(boundaries)})
    people = []
    for segs, _ in images:
        marks = [thin(seg2bdry(s)) for s in segs[:3]]
        one = [boundary_counts([marks[i]], marks[:i] + marks[i + 1:])[0] for i in range(3)]
        people.append([np.sum(one, axis=0)])
    compare("people.h5", boundary_scores(people))


if __name__ == "__main__":
    with read_packed(sys.argv[2]) as truth, read_packed(sys.argv[3]) as found:
        {"make": make, "check": check}[sys.argv[1]](truth, found)
