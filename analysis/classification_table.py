#!/usr/bin/env python3
"""Table of test errors from the run files of train_classifier.

Reads RESULTS/MODEL/SEED/run.h5 as jobs/array_classifier.sbatch leaves them, and prints a Markdown
table: for each model the mean test error after its last epoch over the seeds, in percent, with the
standard deviation of a single seed, the number of seeds, epochs, and minutes of training. --csv
writes every seed's numbers.
"""

import csv

import numpy as np

from hdf5_tools import last_epoch, open_file, read_table
from script_tools import (
    check_outputs, find_seeds, option_parser, output_file, run,
)

COLUMNS = ["model", "seed", "epochs", "error_top1", "error_top5", "test_objective", "seconds"]


def read_run(model, seed, path):
    with open_file(path, "eigenprop-run") as file:
        test = read_table(file, "test", ("epoch", "error_top1", "error_top5", "objective"),
                          ": no test errors; was the run given --test?")
        last = {name: values[-1] for name, values in test.items()}
        epochs = last_epoch(file, test)
        seconds = float(np.sum(read_table(file, "train", ("seconds",))["seconds"]))
    return [model, seed, epochs, last["error_top1"], last["error_top5"],
            last["objective"], seconds]


def percent(values):
    values = 100 * np.array(values)
    spread = f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else ""
    return f"{values.mean():.2f}{spread}"


def main():
    parser = option_parser(__doc__)
    parser.add_argument("results", help="folder with MODEL/SEED/run.h5")
    parser.add_argument("--csv", help="file for the numbers of every seed")
    arguments = parser.parse_args()
    runs = find_seeds(arguments.results, "MODEL/SEED/run.h5")
    check_outputs([arguments.csv], [path for *_, path in runs])
    rows = [read_run(*found) for found in runs]

    print("| model | test error, % | not among five, % | seeds | epochs | minutes |")
    print("|---|---|---|---|---|---|")
    models = {}
    for row in rows:
        models.setdefault(row[0], []).append(row)
    for model, own in sorted(models.items(), key=lambda item: np.mean([r[3] for r in item[1]])):
        epochs = sorted({row[2] for row in own})
        print(f"| {model} | {percent([r[3] for r in own])} | {percent([r[4] for r in own])} | "
              f"{len(own)} | {', '.join(map(str, epochs))} | "
              f"{np.mean([r[6] for r in own]) / 60:.1f} |")
    if arguments.csv:
        with output_file(arguments.csv) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(rows)


if __name__ == "__main__":
    run(main)
