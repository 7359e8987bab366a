#!/usr/bin/env python3
"""Print a Markdown table from evaluation files of evaluate_segmentation.

Columns: best and average covering in the reading of Table 2 (Ionescu et al., 2016), then the
Berkeley benchmark's covering (ODS, OIS, best), Rand index and variation of information; where a
file has scores of boundaries, also their F.
"""

import os

from hdf5_tools import open_file, read_summary
from script_tools import option_parser, run

COLUMNS = (
    ("best", "table2_best"),
    ("average", "table2_average"),
    ("covering ODS", "covering_ods"),
    ("OIS", "covering_ois"),
    ("best", "covering_best"),
    ("PRI ODS", "pri_ods"),
    ("OIS", "pri_ois"),
    ("VI ODS", "vi_ods"),
    ("OIS", "vi_ois"),
)
BOUNDARIES = (("boundary F ODS", "boundary_f_ods"), ("OIS", "boundary_f_ois"))


def row(item):
    title, separator, path = item.partition("=")
    if not separator:
        title, path = os.path.basename(item), item
    with open_file(path, "eigenprop-evaluation") as file:
        summary = read_summary(file, [name for _, name in COLUMNS])
        return [title] + [f"{summary[name]:.3f}" for _, name in COLUMNS] + [
            f"{summary[name]:.3f}" if name in summary else "" for _, name in BOUNDARIES
        ]


def main(items):
    titles = ["method"] + [title for title, _ in COLUMNS + BOUNDARIES]
    rows = [titles] + [row(item) for item in items]
    if not any(cells[-1] for cells in rows[1:]):
        rows = [cells[:-len(BOUNDARIES)] for cells in rows]
    widths = [max(len(r[c]) for r in rows) for c in range(len(rows[0]))]
    for number, cells in enumerate(rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("files", nargs="+", metavar="[TITLE=]FILE")
    run(lambda: main(parser.parse_args().files))
