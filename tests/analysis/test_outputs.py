"""Outputs of all scripts: never an input, never half a file, never an older one lost."""

import os
import resource
import signal
import subprocess
import sys
import time
import unittest

import h5py
import numpy as np

from scripts import ANALYSIS, ScriptTest

from hdf5_tools import set_header
from script_tools import DataError, check_outputs, output_file, run


def packed_run(path):
    """A run file with what the figures draw."""
    with h5py.File(path, "w") as file:
        set_header(file, "eigenprop-run")
        for name in ("epoch", "objective", "rank_w", "rank_e", "bound_holds", "learning_rate",
                     "gradient_norm", "seconds"):
            file[f"metrics/train/{name}"] = np.arange(1.0, 5)
        for name in ("epoch", "objective", "error_top1", "error_top5"):
            file[f"metrics/test/{name}"] = np.arange(1.0, 5)


class Outputs(ScriptTest):
    def scenes(self, *more):
        return self.succeeds("--count", 2, "--height", 40, "--width", 48, "--output", "scenes.h5",
                             *more, script="make_scenes.py")

    def test_an_input_is_no_output(self):
        self.scenes()
        packed_run("run.h5")
        os.makedirs("results/model/1")
        packed_run("results/model/1/run.h5")
        os.symlink("scenes.h5", "link.h5")
        os.link("run.h5", "run.png")
        os.symlink("results/model/1/run.h5", "table.csv")
        cases = [("pack_patches.py", "--data", "scenes.h5", "--output", "scenes.h5"),
                 ("pack_patches.py", "--data", "scenes.h5", "--output", "link.h5"),
                 ("pack_patches.py", "--data", "link.h5", "--output", "./scenes.h5"),
                 ("plot_training.py", "run.h5", "--output", "run.png"),
                 ("classification_table.py", "results", "--csv", "table.csv")]
        for script, *options in cases:
            self.refuses("is an input, and would be overwritten", *options, script=script)

    def test_figures_have_formats(self):
        packed_run("run.h5")
        self.refuses("run.h5: no figure is written as '.h5'", "run.h5", "--output", "run.h5",
                     script="plot_training.py")
        self.refuses("no figure is written as '.'", "run.h5", "--output", "figure",
                     script="plot_training.py")
        self.succeeds("run.h5", "--output", "größe.png", script="plot_training.py")

    def test_refused_names(self):
        os.mkdir("folder")
        for path, text in (("folder", "is a folder"), ("no/x.h5", "there is no folder"),
                           ("/dev/null", "is no regular file")):
            self.refuses(text, "--output", path, script="make_scenes.py")
        os.mkfifo("pipe")
        with self.assertRaisesRegex(DataError, "pipe: is no regular file"):
            check_outputs(["pipe"])
        with self.assertRaisesRegex(DataError, "two outputs would be this one file"):
            check_outputs(["a.h5", None, "./a.h5"])
        check_outputs(["a.h5", "b.h5"], [None, "c.h5"])

    def test_a_link_keeps_leading_to_its_file(self):
        os.symlink("target.h5", "scenes.h5")
        self.scenes()
        self.assertTrue(os.path.islink("scenes.h5") and os.path.isfile("target.h5"))

    def test_an_error_keeps_the_older_file(self):
        with open("a.txt", "w") as file:
            file.write("older")
        for error in (ValueError, KeyboardInterrupt, SystemExit):
            with self.assertRaises(error), output_file("a.txt") as path:
                with open(path, "w") as file:
                    file.write("newer, but not all")
                raise error
            self.assertEqual(self.files(), {"./a.txt": b"older"})
        with output_file("a.txt") as path, open(path, "w") as file:
            file.write("newer")
        self.assertEqual(self.files(), {"./a.txt": b"newer"})

    def test_names_that_the_terminal_cannot_show(self):
        environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
        done = subprocess.run([sys.executable, os.path.join(ANALYSIS, "make_scenes.py"), "--count",
                               "1", "--height", "32", "--width", "32", "--output", "größe.h5"],
                              env=environment, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "gr\\xf6\\xdfe.h5: 1 scenes\n")

    def scenes_process(self, **more):
        """A script that works for long, over an older file."""
        with open("scenes.h5", "w") as file:
            file.write("older")
        return subprocess.Popen(
            [sys.executable, os.path.join(ANALYSIS, "make_scenes.py"), "--count", "100000",
             "--output", "scenes.h5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            **more)

    def test_ended_by_a_signal(self):
        for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            process = self.scenes_process()
            limit = time.monotonic() + 60
            while len(os.listdir(".")) < 2 and time.monotonic() < limit:
                time.sleep(0.02)
            self.assertEqual(len(os.listdir(".")), 2, "no temporary file")
            process.send_signal(number)
            said, wrong = process.communicate(timeout=60)
            self.assertEqual((process.returncode, said, wrong), (status, "", ""))
            self.assertEqual(self.files(), {"./scenes.h5": b"older"})

    def test_full_disk(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))

        process = self.scenes_process(preexec_fn=limit)
        said, wrong = process.communicate(timeout=100)
        self.assertEqual((process.returncode, said), (1, ""))
        self.assertEqual(len(wrong.strip().split("\n")), 1, wrong)
        self.assertIn("scenes.h5: cannot be written", wrong)
        self.assertEqual(self.files(), {"./scenes.h5": b"older"})

    def test_out_of_memory_is_one_line(self):
        def main():
            raise MemoryError("Unable to allocate 7 TiB")

        with self.assertRaisesRegex(SystemExit, "out of memory. Unable to allocate 7 TiB"):
            run(main)


class Figures(ScriptTest):
    def test_runs_without_rows(self):
        os.makedirs("results/model/1")
        packed_run("results/model/1/run.h5")
        with h5py.File("results/model/1/run.h5", "r+") as file:
            for table in file["metrics"].values():
                for name in list(table):
                    del table[name]
                    table[name] = np.zeros(0)
        self.refuses("run.h5: /metrics/train has no rows yet", "results/model/1/run.h5",
                     "--output", "f.png", script="plot_training.py")
        self.refuses("run.h5: /metrics/test has no rows yet", "results", "--output", "f.png",
                     script="plot_classification.py")

    def test_results_of_other_images(self):
        for seed, name in ((1, "a.h5"), (2, "b.h5")):
            self.succeeds("--count", 2, "--height", 40, "--width", 48, "--seed", seed, "--output",
                          name, script="make_scenes.py")
        self.refuses("b.h5: has no image 'scene_1_00000'", "--data", "a.h5", "--trained", "b.h5",
                     "--output", "f.png", script="segmentation_sheet.py")
        self.refuses("--rows: must be at least 1", "--data", "a.h5", "--trained", "b.h5",
                     "--output", "f.png", "--rows", 0, script="segmentation_sheet.py")


class Options(ScriptTest):
    script = "make_scenes.py"

    def test_numbers(self):
        for options, text in ((("--count", 0), "--count: must be at least 1"),
                              (("--count", "many"), "'many' is no whole number"),
                              (("--seed", -1), "--seed: must be at least 0"),
                              (("--height", 31), "must be at least 32 pixels")):
            self.refuses(text, *options, "--output", "scenes.h5")

    def test_dense_sift(self):
        for option in ("--limit", "--step", "--processes"):
            self.refuses("must be at least 1", "--data", "x.h5", "--output", "y.h5", option, 0,
                         script="dense_sift.py")


if __name__ == "__main__":
    unittest.main()
