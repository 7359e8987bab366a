"""What the tests of analysis/ share: a folder of their own, and scripts run as users run them."""

import contextlib
import io
import os
import runpy
import sys
import tempfile
import unittest

import h5py
import numpy as np

ANALYSIS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "analysis")
sys.path.insert(0, ANALYSIS)


def write_evaluation(path, summary, **datasets):
    """A file of scores: attributes of /summary, and datasets of /images."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with h5py.File(path, "w") as file:
        file.attrs["format"], file.attrs["version"] = np.bytes_("eigenprop-evaluation"), 1
        file.create_group("summary").attrs.update(summary)
        for name, values in datasets.items():
            file[f"images/{name}"] = values


class ScriptTest(unittest.TestCase):
    """Works in an empty folder. A traceback of a script is an error of the test."""

    script = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def run_script(self, *arguments, script=None):
        """Exit status, and what was written on standard output and standard error."""
        path = os.path.join(ANALYSIS, script or self.script)
        said, wrong, before = io.StringIO(), io.StringIO(), sys.argv
        sys.argv = [path, *map(str, arguments)]
        status = 0
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(wrong):
                runpy.run_path(path, run_name="__main__")
        except SystemExit as end:
            status = end.code
            if isinstance(status, str):
                print(status, file=wrong)
                status = 1
        finally:
            sys.argv = before
        return status or 0, said.getvalue(), wrong.getvalue()

    def succeeds(self, *arguments, script=None):
        """Runs the script; returns what it says."""
        status, said, wrong = self.run_script(*arguments, script=script)
        self.assertEqual(status, 0, wrong)
        return said

    def refuses(self, text, *arguments, script=None):
        """The script fails, says `text` in its only line (options: after the usage), and no file
        appears, vanishes or changes."""
        before = self.files()
        status, _, wrong = self.run_script(*arguments, script=script)
        self.assertNotEqual(status, 0, f"no error from {arguments}")
        lines = wrong.strip().split("\n")
        if status != 2:
            self.assertEqual(len(lines), 1, wrong)
        self.assertIn(text, lines[-1])
        self.assertEqual(self.files(), before)

    def files(self):
        """Content of all files by path."""
        content = {}
        for folder, _, names in os.walk("."):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    content[os.path.join(folder, name)] = file.read()
        return content
