#!/usr/bin/env python3
"""Fails or kills every driver that writes at its n-th change of a file, and sees what is left.

For every driver: one run without faults, which counts the calls; then runs whose n-th call fails
(the disk is full, or broken) or before which the process is killed, for n from a sample with a
fixed seed. After each: a failure is one line on standard error and status 1, no signal, no hang;
every file is absent, the older one, or whole; nothing of an input has changed; and the same
command, with --resume auto for trainings, then gives what the run without faults gave.

    python3 tests/faults/sweep.py --build build/release --injector libfault_injector.so --points 50
"""

import argparse
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
KINDS = {"full disk": str(errno.ENOSPC), "broken disk": str(errno.EIO), "kill": "kill"}
PATIENCE = 120
MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", "2"]


class Driver:
    """A driver's command; `outputs`: option -> file; `trains`: whether it can go on; `more`:
    other files that it writes, also in folders, which are there before."""

    def __init__(self, name, arguments, outputs, trains=False, ranks=1, more=()):
        self.name, self.arguments, self.trains, self.ranks = name, arguments, trains, ranks
        self.outputs = outputs
        self.files = list(outputs.values()) + list(more)

    def command(self, build, resume):
        command = [os.path.join(build, "bin", self.name), *self.arguments]
        for option, file in self.outputs.items():
            command += ["--" + option, file]
        if self.trains:
            command += ["--log", "off"] + (["--resume", "auto"] if resume else [])
        return (MPIRUN if self.ranks > 1 else []) + command


def is_volatile(name):
    """Of times."""
    return name == "started" or name.endswith("seconds")


def contents(path):
    """Everything in a file but times; reading all of it shows whether it is whole."""
    if not h5py.is_hdf5(path):
        with open(path, "rb") as file:
            # The text at the head of a MATLAB file tells the time.
            return {"": file.read()[128 if path.endswith(".mat") else 0:]}
    found = {}
    with h5py.File(path, "r") as file:

        def visit(name, item):
            if isinstance(item, h5py.Dataset) and not is_volatile(name):
                found[name] = item[()]

        file.visititems(visit)
        for name, value in file.attrs.items():
            if not is_volatile(name):
                found["@" + name] = value
    # What is said of a start differs from one to the next.
    return {name: value for name, value in found.items()
            if name.split("/")[0] not in ("environment", "configuration",
                                          "earlier_configurations")}


def same(a, b):
    def alike(x, y):
        x, y = np.asarray(x), np.asarray(y)
        if x.dtype.kind == "f" and x.shape == y.shape:
            return np.allclose(x, y, rtol=1e-12, atol=1e-15, equal_nan=True)
        return np.array_equal(x, y)

    return a.keys() == b.keys() and all(alike(a[name], b[name]) for name in a)


def files_in(folder):
    return {os.path.relpath(os.path.join(where, name), folder)
            for where, _, names in os.walk(folder) for name in names}


def difference(a, b):
    """The first entry that is not the same in two contents."""
    for name in sorted(a.keys() | b.keys()):
        if not same({name: a.get(name)}, {name: b.get(name)}):
            return f"{name} is {a.get(name)}, not {b.get(name)}"
    return "nothing"


def run(command, folder, injector=None, at=0, kind="", count=None):
    environment = dict(os.environ)
    if injector:
        environment.update(LD_PRELOAD=injector, FAULT_FOLDER=folder + "/", FAULT_AT=str(at),
                           FAULT_KIND=kind, FAULT_RANK="0")
    if count:
        environment["FAULT_COUNT"] = count
    if injector and command[0] == "mpirun":
        # The launcher itself writes nowhere below.
        del environment["LD_PRELOAD"]
        command = command[:6] + ["env", "LD_PRELOAD=" + injector] + command[6:]
    process = subprocess.Popen(command, cwd=folder, env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               start_new_session=True)
    try:
        _, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, ""
    return process.returncode, errors


def check_failure(driver, kind, status, errors):
    assert status is not None, "hangs"
    if kind == "kill":
        # What launches several ranks tells of it in its own words.
        assert status == (-signal.SIGKILL if driver.ranks == 1 else 128 + signal.SIGKILL) or (
            status == 0), status
        return
    # An output that is whole in spite of the fault is no failure.
    assert status in (0, 1), f"status {status}: {errors}"
    # Launchers have words of their own where there are several ranks.
    told = [line for line in errors.splitlines() if ": error: " in line]
    if status == 1:
        assert len(told) == 1, f"{len(told)} lines of errors: {errors}"
    if driver.ranks == 1:
        assert len(errors.splitlines()) == len(told), f"more than one line: {errors}"


class Sweep:
    def __init__(self, arguments):
        self.build = os.path.abspath(arguments.build)
        self.injector = os.path.abspath(arguments.injector)
        self.points = arguments.points
        self.random = random.Random(arguments.seed)
        self.work = os.path.realpath(tempfile.mkdtemp(prefix="eigenprop_faults_"))
        self.inputs = os.path.join(self.work, "inputs")
        os.mkdir(self.inputs)
        # A single process starts no daemon of Open MPI, and has its session here.
        os.environ.update(OMPI_MCA_ess_singleton_isolated="1",
                          OMPI_MCA_orte_tmpdir_base=self.work)
        self.faults = 0

    def fresh(self, driver=None, older=None):
        """A folder for the outputs of a driver, with those of an older run."""
        folder = os.path.join(self.work, "run")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        for name in driver.files if driver else ():
            os.makedirs(os.path.join(folder, os.path.dirname(name)), exist_ok=True)
        for name, file in (older or {}).items():
            shutil.copy(file, os.path.join(folder, name))
        return folder

    def keep(self, driver, folder, under):
        kept = {}
        for name in driver.files:
            kept[name] = os.path.join(self.work, under + "_" + name.replace("/", "_"))
            shutil.copy(os.path.join(folder, name), kept[name])
        return kept

    def sweep(self, driver):
        counted = os.path.join(self.work, "count")
        if os.path.exists(counted):
            os.remove(counted)
        folder = self.fresh(driver)
        status, errors = run(driver.command(self.build, False), folder, self.injector,
                             count=counted)
        assert status == 0, errors
        calls = os.path.getsize(counted)
        reference = {name: contents(os.path.join(folder, name)) for name in driver.files}
        older = {} if driver.trains else self.keep(driver, folder, driver.name)
        leftovers = files_in(folder) - set(driver.files)
        assert not leftovers, f"{driver.name} leaves {leftovers}"
        for kind in KINDS:
            # The first or the last call, both where many are tried, and some between.
            edges = {1, calls} if self.points > 1 or kind == "kill" else {
                1 if kind == "full disk" else calls}
            sample = edges | set(self.random.sample(range(1, calls + 1), min(self.points, calls)))
            for at in sorted(sample):
                try:
                    self.fault(driver, kind, at, older, reference)
                except (AssertionError, OSError) as problem:
                    raise SystemExit(f"FAILED: {driver.name} on {driver.ranks} ranks, {kind} at "
                                     f"call {at} of {calls}: {problem}")
                self.faults += 1
        print(f"{driver.name:24s} {driver.ranks} ranks, {calls:4d} calls", flush=True)

    def fault(self, driver, kind, at, older, reference):
        before = {name: os.stat(os.path.join(self.inputs, name)).st_mtime_ns
                  for name in os.listdir(self.inputs)}
        folder = self.fresh(driver, older)
        status, errors = run(driver.command(self.build, False), folder, self.injector, at,
                             KINDS[kind])
        check_failure(driver, kind, status, errors)
        for name in driver.files:
            path = os.path.join(folder, name)
            if os.path.exists(path):
                found = contents(path)
                # Tables of run files grow: those of a run that ended early are shorter.
                grows = driver.trains or driver.name.startswith("compare_")
                assert grows or same(found, reference[name]), f"{name} is not whole"
            assert status != 0 or os.path.exists(path), f"status 0 without {name}"
        if kind == "full disk":
            leftovers = files_in(folder) - set(driver.files)
            assert not leftovers, f"it leaves {leftovers} on the full disk"
        after = {name: os.stat(os.path.join(self.inputs, name)).st_mtime_ns
                 for name in os.listdir(self.inputs)}
        assert before == after, "an input has changed"
        status, errors = run(driver.command(self.build, True), folder)
        assert status == 0, f"afterwards: {errors}"
        for name in driver.files:
            found = contents(os.path.join(folder, name))
            assert same(found, reference[name]), (
                f"afterwards, {name} is another: {difference(found, reference[name])}")
        leftovers = files_in(folder) - set(driver.files)
        assert not leftovers, f"afterwards, there are {leftovers}"

    def prepare(self):
        def script(name, *arguments):
            subprocess.run([sys.executable, os.path.join(SOURCE, name), *arguments], check=True,
                           stdout=subprocess.DEVNULL)

        def file(name):
            return os.path.join(self.inputs, name)

        script("analysis/make_scenes.py", "--count", "3", "--height", "32", "--width", "48",
               "--seed", "3", "--output", file("scenes.h5"))
        script("tests/drivers/make_textures.py", file("textures.h5"), "20", "1")
        labels = np.arange(40) % 4
        features = np.random.default_rng(4).normal(0, 1, (40, 6)) + labels[:, None]
        np.savez(file("points.npz"), features=features, labels=labels)
        script("analysis/pack_points.py", "--npz", file("points.npz"), "--output",
               file("points.h5"))
        run_files = {"output": "run.h5", "checkpoint": "checkpoint.h5"}
        points = ["--data", file("points.h5")]
        scenes = ["--data", file("scenes.h5")]
        textures = ["--data", file("textures.h5")]
        ncuts = ["--config", os.path.join(SOURCE, "drivers/configurations/ncuts_scenes.toml"),
                 "--view.long_side", "48", "--view.short_side", "32", "--train.epochs", "2",
                 "--train.batch", "2", "--checkpoint_steps", "2"]
        classifier = ["--config", os.path.join(SOURCE, "drivers/configurations/cifar_o2p.toml"),
                      "--view.side", "14", "--train.epochs", "2", "--train.batch", "10",
                      "--checkpoint_steps", "1"]
        dictionary = ["--model.atoms", "5", "--train.epochs", "2", "--train.batch", "20",
                      "--checkpoint_steps", "1"]
        embedding = ["--train.iterations", "6", "--train.restart", "2", "--model.dimensions", "2"]
        trainings = [
            Driver("train_ncuts", scenes + ncuts, run_files, True),
            Driver("train_classifier", textures + classifier + ["--test", file("textures.h5")],
                   run_files, True),
            Driver("train_embedding", points + embedding, run_files, True),
            Driver("train_embedding", points + embedding, run_files, True, ranks=2),
            Driver("train_dictionary", points + dictionary, run_files, True),
            Driver("train_dictionary", points + dictionary, run_files, True, ranks=2),
            Driver("embed_tsne", points + ["--model.perplexity", "5", "--train.iterations", "60",
                                           "--train.exaggeration_iterations", "20",
                                           "--checkpoint_steps", "20"],
                   {**run_files, "embedding": "embedding.h5"}, True),
        ]
        activations = textures + ["--checkpoint", file("train_classifier.h5"), "--layer",
                                  "triangle", "--log", "off"]
        score = Driver("train_classifier", [
            "--score", file("train_classifier.h5"), "--test", file("textures.h5"), "--log", "off"],
            {"scores": "scores.h5"})
        # What others start from.
        boundaries = Driver("train_ncuts", scenes + [
            "--config", os.path.join(SOURCE, "drivers/configurations/boundaries_scenes.toml"),
            "--view.long_side", "48", "--view.short_side", "32", "--train.epochs", "1"], run_files)
        start = self.fresh()
        status, errors = run(boundaries.command(self.build, False), start)
        assert status == 0, errors
        shutil.copy(os.path.join(start, "checkpoint.h5"), file("boundaries.h5"))
        start = self.fresh()
        for driver in trainings[:3]:
            status, errors = run(driver.command(self.build, False), start)
            assert status == 0, errors
            shutil.copy(os.path.join(start, "checkpoint.h5"), file(driver.name + ".h5"))
        colour = Driver("segment", scenes + ["--features", "colour", "--log", "off"],
                        {"output": "segmentations.h5"})
        status, errors = run(colour.command(self.build, False), start)
        assert status == 0, errors
        shutil.copy(os.path.join(start, "segmentations.h5"), file("segmentations.h5"))
        hierarchy = scenes + ["--checkpoint", file("boundaries.h5"), "--partition", "hierarchy",
                              "--ucm2", "ucm2", "--log", "off"]
        scored = scenes + ["--segmentations", file("segmentations.h5"), "--log", "off"]
        tables = ["eval_" + name + ".txt" for name in
                  ("cover", "cover_img", "cover_th", "RI_VOI", "RI_VOI_thr")]
        boundary_tables = ["eval_" + name + ".txt" for name in
                           ("bdry", "bdry_img", "bdry_thr")]
        return trainings + [
            score, colour,
            Driver("segment", hierarchy, {"output": "segmentations.h5"},
                   more=[f"ucm2/scene_3_0000{i}.mat" for i in range(3)]),
            Driver("segment", hierarchy, {"output": "segmentations.h5"}, ranks=2,
                   more=[f"ucm2/scene_3_0000{i}.mat" for i in range(3)]),
            Driver("segment", scenes + ["--affinity", "contour", "--log", "off"],
                   {"output": "segmentations.h5", "eigenvectors": "eigenvectors.h5"}),
            Driver("fit_contours", scenes + ["--affinity", "contour", "--log", "off"],
                   {"output": "hierarchy.toml"}),
            Driver("evaluate_segmentation", scored, {"output": "evaluation.h5"}, more=tables),
            Driver("evaluate_segmentation", scored + ["--boundaries"], {"output": "evaluation.h5"},
                   more=tables + boundary_tables),
            Driver("evaluate_embedding", ["--train", file("points.h5"), "--checkpoint",
                                          file("train_embedding.h5")], {"output": "scores.h5"}),
            Driver("extract_activations", activations, {"output": "activations.h5"}),
            Driver("extract_activations", activations, {"output": "activations.h5"}, ranks=2),
            Driver("map_boundaries", scenes + ["--checkpoint", file("boundaries.h5"),
                                               "--log", "off"], {"output": "maps.h5"}),
            Driver("draw_graph", ["ncuts"], {"output": "graph.dot"}),
            Driver("compare_projectors", ["--side", "6", "--height", "12", "--width", "12",
                                          "--degrees", "5", "--smallest_gap", "2", "--steps", "1",
                                          "--repetitions", "1"], {"output": "projectors.h5"}),
            Driver("compare_gradients", ["--samples", "1", "--smallest_gap", "4",
                                         "--largest_condition", "1"], {"output": "gradients.h5"}),
        ]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="build folder")
    parser.add_argument("--injector", required=True, help="library of fault_injector.c")
    parser.add_argument("--points", type=int, default=3, help="calls tried, for each kind of fault")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ranks", type=int, default=2, help="runs on more ranks are left out")
    parser.add_argument("--drivers", nargs="*", help="these alone")
    arguments = parser.parse_args()
    sweep = Sweep(arguments)
    try:
        for driver in sweep.prepare():
            named = not arguments.drivers or driver.name in arguments.drivers
            if named and driver.ranks <= arguments.ranks:
                sweep.sweep(driver)
        assert sweep.faults > 0, "there is no such driver"
        print(f"{sweep.faults} faults")
    finally:
        shutil.rmtree(sweep.work, ignore_errors=True)


if __name__ == "__main__":
    main()
