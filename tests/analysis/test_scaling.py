"""plot_scaling.py and model_scaling.py: speed-ups, laws of counts, costs on networks and where
scaling ends, on results whose numbers are known."""

import unittest

import h5py
import numpy as np

from scripts import ScriptTest

import model_scaling  # noqa: E402
import plot_scaling  # noqa: E402
import scaling_results  # noqa: E402

PHASES = ["other", "forward", "backward", "exchange", "eigensolver", "input", "output"]
KINDS = ["point_to_point", "one_sided", "barrier", "broadcast", "gather", "scatter", "all_gather",
         "all_to_all", "reduce", "all_reduce", "reduce_scatter", "scan", "neighbourhood"]
SERIAL, DIVIDED, UNITS, CALLS, BYTES = 0.02, 0.98, 48, 3, 8000


def write_row(file, case, ranks, seconds, scaling="strong", copies=1, units=UNITS, error="",
              calls=CALLS, size=BYTES):
    """A row of two repeats of two steps; all-reduces alone are sent."""
    group = file.create_group(f"cases/{case}/nodes1_ranks{ranks}_threads1")
    group.attrs.update(error=np.bytes_(error), scaling=np.bytes_(scaling), nodes=1, ranks=ranks,
                       threads=1, copies=copies, steps=2, units=units, cores=2, load=0.5,
                       difference=1e-15)
    if error:
        return
    slowest = 2 * seconds * np.array([0.9, 1.1])
    # The first rank is a little faster.
    group["seconds"] = np.stack([slowest * (0.95 if rank == 0 < ranks - 1 else 1)
                                 for rank in range(ranks)], axis=1)
    phases = np.zeros((2, ranks, len(PHASES)))
    phases[:, :, PHASES.index("backward")] = slowest[:, None]
    group["phase_seconds"] = phases
    group["phase_processor_seconds"] = phases
    sent = np.zeros((ranks, len(PHASES), len(KINDS)), int)
    kind = KINDS.index("all_reduce")
    sent[:, PHASES.index("exchange"), kind] = 4 * calls
    group["calls"] = sent
    sent = sent * (ranks > 1)
    sent[0, PHASES.index("exchange"), kind] *= ranks - 1
    group["messages"] = sent
    sizes = np.zeros_like(sent)
    sizes[:, PHASES.index("exchange"), kind] = 4 * size * (ranks > 1)
    group["bytes"] = group["message_bytes"] = sizes
    group["peak_memory"] = np.full(ranks, 0.25)


def write_results(path):
    with h5py.File(path, "w") as file:
        file.attrs["format"], file.attrs["version"] = np.bytes_("eigenprop-scaling"), 1
        file["phases"] = np.array(PHASES, "S")
        file["kinds"] = np.array(KINDS, "S")
        for ranks in (1, 2, 4, 8, 16, 32, 64):
            pieces = -(-UNITS // ranks) / UNITS
            write_row(file, "strong", ranks, SERIAL + DIVIDED * pieces)
            write_row(file, "weak", ranks, 1.0 if ranks == 1 else 1.25, "weak", ranks)
        write_row(file, "broken", 1, 0, error="no memory")


class Scaling(ScriptTest):
    script = "plot_scaling.py"

    def setUp(self):
        super().setUp()
        write_results("r.h5")

    def rows(self, case):
        results = scaling_results.read_results(["r.h5"])
        return results, results.cases()[case]

    def test_table(self):
        lines = self.succeeds("r.h5", "--output", "r.png").splitlines()
        cells = {tuple(cell.strip() for cell in line.split("|")[1:3]):
                 [cell.strip() for cell in line.split("|")[3:-1]]
                 for line in lines if line.startswith("| ")}
        # 64 ranks shared two cores.
        self.assertEqual(sorted(name for name in cells if name[1].endswith(" x 1")),
                         [("strong (strong)", "1 x 1"), ("strong (strong)", "2 x 1"),
                          ("weak (weak)", "1 x 1"), ("weak (weak)", "2 x 1")])
        self.assertEqual(cells["strong (strong)", "2 x 1"][:3],
                         ["0.51 (0.459 to 0.561)", "1.96", "0.98"])
        self.assertEqual(cells["weak (weak)", "2 x 1"][1:3], ["1.60", "0.80"])
        self.assertEqual(cells["strong (strong)", "2 x 1"][4:7], ["3", "8e+03", "256"])
        self.assertIn("failed: broken, nodes1_ranks1_threads1: no memory", lines)
        self.assertIn("load of the machine when cases began: 0.5 to 0.5", lines)

    def test_spread_of_speed_up(self):
        _, rows = self.rows("strong")
        self.assertTrue(np.allclose(plot_scaling.speed_up(rows[1], rows[0]),
                                    (1 / .51, 1 / .561, 1 / .459)))
        self.assertTrue(np.allclose(plot_scaling.efficiency(rows[1], rows[0]),
                                    (.5 / .51, .5 / .561, .5 / .459)))

    def test_laws(self):
        ranks = np.array([1, 2, 4, 8, 16, 32, 64])
        for name, counts in (("constant", 3 + 0 * ranks), ("c + d/P", 5 + 4000 / ranks),
                             ("c + d log2 P", 10 + 7 * np.log2(ranks)), ("c + d P", 2 + 9 * ranks)):
            law = model_scaling.fit_law(ranks, counts)
            self.assertEqual(law.name, name)
            self.assertLess(law.error, 1e-9)
            self.assertAlmostEqual(law(1024), np.interp(1024, [1024], [{
                "constant": 3, "c + d/P": 5 + 4000 / 1024, "c + d log2 P": 80,
                "c + d P": 9218}[name]]), places=6)
        # What the checked ranks do otherwise is told.
        law = model_scaling.fit_law(ranks, np.where(ranks < 32, 100, 150))
        self.assertAlmostEqual(law.error, 1 / 3)

    def test_costs(self):
        network = (1e-6, 1e9)
        # Short: log2 P (l + n/B). Long: 2 log2 P l + 2 n/B (P-1)/P.
        self.assertTrue(np.allclose(
            model_scaling.call_seconds("all_reduce", 8, 8, 5, network), (15e-6, 120e-9)))
        self.assertTrue(np.allclose(
            model_scaling.call_seconds("all_reduce", 8, 8e6, 1, network), (6e-6, 14e-3)))
        self.assertTrue(np.allclose(
            model_scaling.call_seconds("all_gather", 5, 1000, 1, network), (3e-6, 4e-6)))
        self.assertTrue(np.allclose(
            model_scaling.call_seconds("point_to_point", 64, 1000, 2, network), (2e-6, 2e-6)))
        self.assertEqual(model_scaling.call_seconds("all_reduce", 1, 8, 5, network), (0, 0))

    def test_model(self):
        results, rows = self.rows("strong")
        model = model_scaling.Model(rows, results)
        self.assertAlmostEqual(model.fixed, SERIAL)
        self.assertAlmostEqual(model.divided, DIVIDED)
        self.assertEqual(model.sent("all_reduce", 64), (CALLS, BYTES))
        calls, size = model.sent("all_reduce", 512)
        self.assertAlmostEqual(calls, CALLS)
        self.assertAlmostEqual(size, BYTES)
        network = (1e-6, 1e9)
        # Three all-reduces in the longer form.
        exchange = CALLS * 10e-6 + 2 * BYTES / 1e9 * 31 / 32
        self.assertAlmostEqual(model.seconds(32, network), SERIAL + DIVIDED * 2 / 48 + exchange)
        # 48 pieces on 64 ranks: a rank has one, as on 48; repeated work is as much as a share.
        last, reason = model.end(network)
        self.assertEqual(last, 32)
        self.assertEqual(reason, "work that every rank repeats")
        # A slow network: 3 log2 P latencies of 5 ms against 1 / P.
        last, reason = model.end((5e-3, 1e9))
        self.assertEqual((last, reason), (8, "latency of all-reduce"))

    def test_laws_that_fail_are_not_followed(self):
        with h5py.File("r.h5", "r+") as file:
            row = file["cases/strong/nodes1_ranks64_threads1"]
            row["calls"][:] *= 2
        results, rows = self.rows("strong")
        model = model_scaling.Model(rows, results)
        self.assertEqual(model.limit, 64)
        self.assertEqual(model.end((1e-12, 1e18))[0], 32)
        _, rows = self.rows("weak")
        self.assertEqual(model_scaling.Model(rows, results).limit, 1024)

    def test_weak_model(self):
        results, rows = self.rows("weak")
        model = model_scaling.Model(rows, results)
        # The work of a rank is that on two ranks.
        self.assertAlmostEqual(model.base(), 1.25)
        self.assertAlmostEqual(model.efficiency(64, (1e-9, 1e15)), 1, places=6)
        last, _ = model.end((1e-9, 1e15))
        self.assertEqual(last, 1024)

    def test_model_script(self):
        text = self.succeeds("r.h5", "--output", "m.png", "--network", "slow=5000,1",
                             script="model_scaling.py")
        self.assertIn("| strong | slow | 8 | latency of all-reduce |", text)
        self.assertIn("| strong | 1 | 2.0 % ", text)
        self.assertIn("| all reduce | constant (0.0 %) | constant (0.0 %) |", text)
        self.assertIn("One rank a node", text)
        self.refuses("is not NAME=", "r.h5", "--output", "m.png", "--network", "slow",
                     script="model_scaling.py")

    def test_errors(self):
        self.refuses("no case none", "r.h5", "--output", "r.png", "--cases", "none")
        self.refuses("stands in two of the files", "r.h5", "r.h5", "--output", "r.png")
        with h5py.File("r.h5", "r+") as file:
            del file["cases/strong/nodes1_ranks2_threads1"]
        self.refuses("needs times of 1 and of 2 ranks", "r.h5", "--output", "m.png",
                     script="model_scaling.py")


if __name__ == "__main__":
    unittest.main()
