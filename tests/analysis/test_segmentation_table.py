"""segmentation_table.py: means and spreads over seeds, published rows, and what it refuses."""

import csv
import os
import unittest

import h5py
import numpy as np

from scripts import ScriptTest, write_evaluation

SCORES = {"fixed": ((.60, .50),), "refined": ((.66, .56), (.68, .57), (.70, .61))}


def evaluation(path, best, average, boundary=None):
    summary = {"table2_best": best, "table2_average": average}
    write_evaluation(path, summary if boundary is None else {**summary, "boundary_f_ods": boundary})


class SegmentationTable(ScriptTest):
    script = "segmentation_table.py"

    def setUp(self):
        super().setUp()
        for row, seeds in SCORES.items():
            for seed, scores in enumerate(seeds, 1):
                evaluation(f"r/{row}/{seed}/evaluation.h5", *scores)
        for seed, seconds in ((1, (60, 60)), (2, (60, 120)), (3, (90, 90))):
            with h5py.File(f"r/refined/{seed}/run.h5", "w") as file:
                file.attrs["format"], file.attrs["version"] = np.bytes_("eigenprop-run"), 1
                file["metrics/train/epoch"] = np.array([0.5, 12.0])
                file["metrics/train/seconds"] = np.array(seconds, float)

    def test_means_and_spreads(self):
        lines = self.succeeds("r", "--csv", "t.csv").splitlines()
        self.assertEqual(lines[0], "| features | best | average | seeds | epochs | minutes |")
        self.assertEqual(lines[2], "| fixed | .600 | .500 | 1 |  |  |")
        # Deviations of .66 .68 .70 and of .56 .57 .61 by hand.
        self.assertEqual(lines[3], "| refined | .680 ± .020 | .580 ± .026 | 3 | 12 | 2.7 |")
        self.assertIn("| AlexNet ReLU-5, DeepNCuts (paper) | .65 | .56 |  |  |  |", lines)
        self.assertIn("| gPb-owt-ucm, 99 thresholds | .761 | .645 |  |  |  |", lines)
        with open("t.csv") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(r["row"], r["seed"], r["table2_best"], r["epochs"]) for r in rows],
                         [("fixed", "1", "0.6", ""), ("refined", "1", "0.66", "12"),
                          ("refined", "2", "0.68", "12"), ("refined", "3", "0.7", "12")])

    def test_boundaries_and_others(self):
        evaluation("other.h5", .71, .6, .65)
        lines = self.succeeds("r", "--beside", "another=other.h5").splitlines()
        self.assertIn("| features | best | average | boundary F | seeds | epochs | minutes |",
                      lines)
        self.assertIn("| another | .710 | .600 | .650 |  |  |  |", lines)

    def test_refusals(self):
        self.refuses("none: no such folder", "none")
        os.mkdir("empty")
        self.refuses("empty: no ROW/SEED/evaluation.h5 there", "empty")
        self.refuses("--beside takes TITLE=FILE, not 'x.h5'", "r", "--beside", "x.h5")
        self.refuses("x.h5: no such file", "r", "--beside", "t=x.h5")
        evaluation("other.h5", .71, .6)
        for path in ("r/fixed/1/evaluation.h5", "r/refined/1/run.h5", "other.h5"):
            self.refuses("is an input", "r", "--beside", "t=other.h5", "--csv", path)
        with h5py.File("r/fixed/1/evaluation.h5", "r+") as file:
            del file["summary"].attrs["table2_average"]
        self.refuses("r/fixed/1/evaluation.h5: /summary lacks table2_average", "r")


if __name__ == "__main__":
    unittest.main()
