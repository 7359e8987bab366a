#!/usr/bin/env python3
"""Choose the levels at which a hierarchy of contours is cut, on training images.

Of the thresholds of an evaluation (evaluate_segmentation --contours, or of ucm2 files) those are
kept that together have the highest mean over images of the best covering, averaged over people:
the figure of Table 2 (Ionescu et al., 2016). One at a time is added, then each is moved while that
helps.

    python3 analysis/choose_thresholds.py evaluation.h5 --count 8
"""

from hdf5_tools import open_file
from script_tools import DataError, option_parser, positive, run


def choose(coverings, count):
    """Columns of (images, thresholds) with the highest mean of the rows' maxima."""
    def value(columns):
        return coverings[:, columns].max(axis=1).mean()

    def best(columns):
        others = [c for c in range(coverings.shape[1]) if c not in columns]
        return max((value(columns + [c]), -c) for c in others)

    chosen = []
    for _ in range(count):
        chosen.append(-best(chosen)[1])
    while True:
        before = value(chosen)
        for place in range(count):
            rest = chosen[:place] + chosen[place + 1:]
            chosen[place] = -best(rest)[1]
        if value(chosen) <= before:
            return sorted(chosen)


def main(path, count):
    with open_file(path, "eigenprop-evaluation") as file:
        if "images/coverings" not in file:
            raise DataError(f"{path}: has no coverings by threshold; evaluate again")
        coverings, scales = file["images/coverings"][:], file["scales/scale"][:]
    if count > len(scales):
        raise DataError(f"{path}: has {len(scales)} thresholds, not {count}")
    chosen = choose(coverings, count)
    print("thresholds = [" + ", ".join(f"{scales[c]:.6g}" for c in chosen) + "]")
    print(f"# mean best covering of {len(coverings)} images: "
          f"{coverings[:, chosen].max(axis=1).mean():.4f}, by all {len(scales)}: "
          f"{coverings.max(axis=1).mean():.4f}")


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("file", help="evaluation of training images")
    parser.add_argument("--count", type=positive, default=8, help="how many thresholds")
    arguments = parser.parse_args()
    run(lambda: main(arguments.file, arguments.count))
