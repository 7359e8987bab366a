"""contour_table.py: means and spreads over seeds, paired differences, and what it refuses."""

import os
import unittest

import h5py
import numpy as np

from scripts import ScriptTest, write_evaluation

MEASURES = {"covering_ods": .59, "covering_ois": .64, "covering_best": .71, "pri_ods": .8,
            "pri_ois": .85, "vi_ods": 1.65, "vi_ois": 1.5, "boundary_f_ods": .7,
            "boundary_f_ois": .72}
# Best coverings of three images.
COVERINGS = {"end_to_end": {"1": (.5, .6, .7), "2": (.7, .6, .9)},
             "boundary": {"1": (.4, .6, .6), "2": (.6, .6, .7), "3": (0, 0, 0)}}


def evaluation(path, coverings):
    coverings = np.array(coverings, float)
    write_evaluation(path, {**MEASURES, "table2_best": coverings.mean(),
                            "table2_average": coverings.mean() - .1},
                     name=np.array([b"a", b"b", b"c"]), table2_best=coverings,
                     table2_average=coverings - .1)


class ContourTable(ScriptTest):
    script = "contour_table.py"

    def setUp(self):
        super().setUp()
        for row, seeds in COVERINGS.items():
            for seed, coverings in seeds.items():
                for levels in (8, 99):
                    evaluation(f"r/{row}/{seed}/{levels}.h5", coverings)
        evaluation("r/colour/1/8.h5", (.3, .4, .5))
        os.makedirs("r/eigenvectors/1")  # begun, not finished

    def test_table(self):
        lines = self.succeeds("r").splitlines()
        self.assertEqual([line.split(" | ")[0] for line in lines[2:]],
                         ["| colour", "| boundary", "| end_to_end", "| gPb-owt-ucm"])
        # Means .6 and .7333 with standard deviation .0943 by hand; k-means has no 99 levels.
        cells = [cell.strip() for cell in lines[4].split("|")[1:-1]]
        self.assertEqual(cells[1], ".590 ± .000 / .640 ± .000 / .710 ± .000")
        self.assertEqual(cells[2], ".667 ± .094 (.567 ± .094)")
        self.assertEqual(cells[-1], "2")
        cells = [cell.strip() for cell in lines[2].split("|")[1:-1]]
        self.assertEqual(cells, ["colour", ".590 / .640 / .710", "", ".400 (.300)",
                                 ".800 / .850", "1.650 / 1.500", ".700 / .720", "1"])

    def test_differences(self):
        # Averaged over seeds 1 and 2: .6 .6 .8 and .5 .6 .65; their differences .1 0 .15.
        lines = self.succeeds("r", "--pairs", "end_to_end,boundary").splitlines()
        self.assertIn("| end_to_end above boundary | 99 | +0.0833 ± 0.0441 | +0.0833 ± 0.0441 "
                      "| 1, 2 |", lines)

    def test_refusals(self):
        self.refuses("none: no such folder", "none")
        os.mkdir("empty")
        self.refuses("empty: no ROW/SEED/8.h5 there", "empty")
        self.refuses("--pairs takes A,B, not 'x'", "r", "--pairs", "x")
        self.refuses("no row 'eigenvectors' is finished", "r", "--pairs", "eigenvectors,boundary")
        evaluation("r/gradient/9/8.h5", (.3, .4, .5))
        self.refuses("no seed has finished both", "r", "--pairs", "gradient,boundary")
        with h5py.File("r/colour/1/8.h5", "r+") as file:
            del file["images/name"]
            file["images/name"] = np.array([b"a", b"b", b"d"])
        self.refuses("their images differ", "r", "--pairs", "boundary,colour")


if __name__ == "__main__":
    unittest.main()
