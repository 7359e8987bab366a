#!/usr/bin/env python3
"""The table of hierarchies of contours, and what its rows differ by.

Reads RESULTS/ROW/SEED/{8,99}.h5 as jobs/contours.sbatch leaves them, scores of 8 segmentations an
image and of all levels of its hierarchy (rows of k-means have no 99.h5). The first table has a
column for each measure: the benchmark's covering, Rand index and variation of information of all
levels, Table 2's reading (Ionescu et al., 2016) with 8 and with 99, and the boundaries' F; mean
over the seeds with the standard deviation of a single seed. --pairs A,B prints by how much A is
above B: each image's coverings are averaged over the seeds that both have, and the mean
difference over the images stands with its standard error.
"""

import os

import numpy as np

from hdf5_tools import open_file, read_array, read_strings, read_summary
from script_tools import DataError, find_seeds, option_parser, run
from segmentation_table import print_markdown, score

# Title, file, names in /summary.
MEASURES = (
    ("covering ODS / OIS / best", "99", ("covering_ods", "covering_ois", "covering_best")),
    ("Table 2, 99 levels: best (average)", "99", ("table2_best", "table2_average")),
    ("Table 2, 8: best (average)", "8", ("table2_best", "table2_average")),
    ("Rand index ODS / OIS", "99", ("pri_ods", "pri_ois")),
    ("variation of information ODS / OIS, bits", "99", ("vi_ods", "vi_ois")),
    ("boundary F ODS / OIS", "99", ("boundary_f_ods", "boundary_f_ois")),
)
ORDER = ("colour", "classical", "low_rank", "gradient", "boundary", "eigenvectors", "end_to_end")
PUBLISHED = {
    "gPb-owt-ucm": (".588 / .645 / .747", ".761 (.645)", ".743 (.634)", ".808 / .852",
                    "1.653 / 1.466", ""),
}


def find_rows(folder):
    """{row: {seed: folder}} of all finished rows, in the order of the table."""
    rows = {}
    for row, seed, path in find_seeds(folder, "ROW/SEED/8.h5"):
        rows.setdefault(row, {})[seed] = os.path.dirname(path)
    return dict(sorted(rows.items(), key=lambda item: (ORDER + (item[0],)).index(item[0])))


def scores_file(folder, kind):
    """The path of a row's scores: k-means has those of its 8 segmentations only."""
    path = os.path.join(folder, f"{kind}.h5")
    return path if os.path.exists(path) else os.path.join(folder, "8.h5")


def read_summaries(folder):
    """{kind: what /summary tells} of a row's files."""
    found = {}
    for kind in ("8", "99"):
        path = os.path.join(folder, f"{kind}.h5")
        if os.path.exists(path):
            with open_file(path, "eigenprop-evaluation") as file:
                found[kind] = read_summary(file)
    return found


def cell(summaries, kind, names):
    """One measure of a row over its seeds; that of 8 segmentations where there is no hierarchy,
    but for Table 2's, which have a column of their own."""
    is_table2 = names[0].startswith("table2")
    if is_table2 and not all(kind in found for found in summaries):
        return ""
    values = [[found.get(kind, found["8"]).get(name) for name in names] for found in summaries]
    shown = [score(column) for column in zip(*values)]
    if not all(shown):
        return ""
    return f"{shown[0]} ({shown[1]})" if is_table2 else " / ".join(shown)


def image_coverings(folders, kind):
    """Names of images, and best and average covering of each, averaged over the seeds."""
    names, sums = None, 0
    for folder in folders:
        path = scores_file(folder, kind)
        with open_file(path, "eigenprop-evaluation") as file:
            found = read_strings(file, "images/name")
            values = [read_array(file, f"images/table2_{which}", "f", 1)
                      for which in ("best", "average")]
            if {len(column) for column in values} != {len(found)}:
                raise DataError(f"{path}: scores of another number of images than names")
        if names is not None and found != names:
            raise DataError(f"{path}: is of other images than the seeds before")
        names, sums = found, sums + np.stack(values) / len(folders)
    return names, sums


def difference(rows, first, second, kind):
    """Mean paired differences of best and average covering, with standard errors, and seeds."""
    for row in (first, second):
        if row not in rows:
            raise DataError(f"--pairs {first},{second}: no row '{row}' is finished")
    seeds = sorted(set(rows[first]) & set(rows[second]))
    if not seeds:  # a row without a network has but one seed
        raise DataError(f"--pairs {first},{second}: no seed has finished both")
    names, values = zip(*(image_coverings([rows[row][seed] for seed in seeds], kind)
                          for row in (first, second)))
    if names[0] != names[1]:
        raise DataError(f"--pairs {first},{second}: their images differ")
    apart = values[0] - values[1]
    error = apart.std(axis=1, ddof=1) / np.sqrt(apart.shape[1]) if apart.shape[1] > 1 else [0, 0]
    return [f"{mean:+.4f} ± {one:.4f}" for mean, one in zip(apart.mean(axis=1), error)], seeds


def main():
    parser = option_parser(__doc__)
    parser.add_argument("results", help="folder with ROW/SEED/8.h5 and 99.h5")
    parser.add_argument("--pairs", nargs="+", default=[], metavar="A,B",
                        help="rows whose differences are told")
    arguments = parser.parse_args()
    rows = find_rows(arguments.results)
    table = []
    for row, folders in rows.items():
        summaries = [read_summaries(folder) for folder in folders.values()]
        table.append([row, *(cell(summaries, kind, names) for _, kind, names in MEASURES),
                      str(len(folders))])
    table += [[name, *cells, ""] for name, cells in PUBLISHED.items()]
    print_markdown(["row", *(title for title, *_ in MEASURES), "seeds"], table)
    differences = []
    for item in arguments.pairs:
        first, separator, second = item.partition(",")
        if not separator:
            raise DataError(f"--pairs takes A,B, not '{item}'")
        for kind in ("8", "99"):
            found, seeds = difference(rows, first, second, kind)
            differences.append([f"{first} above {second}", kind, *found, ", ".join(seeds)])
    if differences:
        print()
        print_markdown(["difference of coverings", "levels", "best", "average", "seeds"],
                       differences)


if __name__ == "__main__":
    run(main)
