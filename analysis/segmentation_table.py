#!/usr/bin/env python3
"""Table 2 of the paper from scores of segmentations.

Reads RESULTS/ROW/SEED/evaluation.h5 as jobs/table2.sbatch leaves them, and prints a Markdown table:
for each row best and average covering in the reading of Table 2 (Ionescu et al., 2016), mean over
the seeds with the standard deviation of a single seed, the number of seeds, and where there was a
training its epochs and minutes; where evaluations have them also the boundaries' F at one level for
all images. Below stand the paper's rows and gPb-owt-ucm's. --beside adds evaluations of others,
--csv writes every seed's numbers.
"""

import csv
import os

import numpy as np

from hdf5_tools import last_epoch, open_file, read_summary, read_table
from script_tools import (
    DataError, check_outputs, find_seeds, option_parser, output_file, run,
)

SCORES = ("table2_best", "table2_average", "boundary_f_ods")
COLUMNS = ["row", "seed", *SCORES, "epochs", "seconds"]

# Ionescu et al., 2016, table 2; gPb-owt-ucm (Arbelaez et al., 2011) as in drivers/README.md.
PUBLISHED = (
    ("classical normalized cuts (paper)", ".55", ".44"),
    ("AlexNet ReLU-5, not refined (paper)", ".59", ".49"),
    ("AlexNet ReLU-5, DeepNCuts (paper)", ".65", ".56"),
    ("VGG ReLU-4, not refined (paper)", ".65", ".56"),
    ("VGG ReLU-4, DeepNCuts (paper)", ".73", ".62"),
    ("VGG ReLU-5, not refined (paper)", ".70", ".58"),
    ("VGG ReLU-5, DeepNCuts (paper)", ".74", ".63"),
    ("gPb-owt-ucm, 8 fixed thresholds", ".743", ".634"),
    ("gPb-owt-ucm, 99 thresholds", ".761", ".645"),
)


def read_scores(path):
    """SCORES of an evaluation; the last is None where boundaries were not scored."""
    with open_file(path, "eigenprop-evaluation") as file:
        summary = read_summary(file, SCORES[:2])
        return [summary.get(name) for name in SCORES]


def read_training(path):
    """Epochs and seconds of a run file; None where there is none."""
    if not os.path.exists(path):
        return [None, None]
    with open_file(path, "eigenprop-run") as file:
        table = read_table(file, "train", ("epoch", "seconds"))
        return [last_epoch(file, table), float(np.sum(table["seconds"]))]


def titled_file(item):
    """Title and path of an item of --beside."""
    title, separator, path = item.partition("=")
    if not separator:
        raise DataError(f"--beside takes TITLE=FILE, not '{item}'")
    return title, path


def score(values):
    """Mean and standard deviation, without the zero before the point."""
    if any(value is None for value in values):
        return ""
    spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return (f"{np.mean(values):.3f}" + spread).replace("0.", ".")


def print_markdown(titles, rows):
    print("| " + " | ".join(titles) + " |")
    print("|" + " --- |" * len(titles))
    for cells in rows:
        print("| " + " | ".join(cells) + " |")


def print_table(rows):
    titles = ["features", "best", "average", "boundary F", "seeds", "epochs", "minutes"]
    if not any(cells[3] for cells in rows):
        titles, rows = titles[:3] + titles[4:], [cells[:3] + cells[4:] for cells in rows]
    print_markdown(titles, rows)


def main():
    parser = option_parser(__doc__)
    parser.add_argument("results", help="folder with ROW/SEED/evaluation.h5")
    parser.add_argument("--beside", nargs="+", default=[], metavar="TITLE=FILE",
                        help="further evaluations, a row each")
    parser.add_argument("--csv", help="file for the numbers of every seed")
    arguments = parser.parse_args()
    cases = [(row, seed, path, os.path.join(os.path.dirname(path), "run.h5"))
             for row, seed, path in find_seeds(arguments.results, "ROW/SEED/evaluation.h5")]
    beside = [titled_file(item) for item in arguments.beside]
    check_outputs([arguments.csv], [*(path for case in cases for path in case[2:]),
                                    *(path for _, path in beside)])
    rows = {}
    for row, seed, evaluation, training in cases:
        rows.setdefault(row, []).append([row, seed, *read_scores(evaluation),
                                         *read_training(training)])
    table = []
    for row, own in rows.items():
        epochs = sorted({case[5] for case in own if case[5] is not None})
        seconds = [case[6] for case in own if case[6] is not None]
        table.append([row, *(score([case[c] for case in own]) for c in (2, 3, 4)), str(len(own)),
                      ", ".join(map(str, epochs)),
                      f"{np.mean(seconds) / 60:.1f}" if seconds else ""])
    for title, path in beside:
        table.append([title, *(score([value]) for value in read_scores(path)), "", "", ""])
    table += [[title, best, average, "", "", "", ""] for title, best, average in PUBLISHED]
    print_table(table)
    if arguments.csv:
        with output_file(arguments.csv) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(case for own in rows.values() for case in own)


if __name__ == "__main__":
    run(main)
