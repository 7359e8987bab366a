"""Mutates valid files of every kind that drivers read, and lets read_mutants and drivers read them.

    fuzz.py READ_MUTANTS FOLDER_OF_PROGRAMS

A mutant is read, and then what was read is what h5py finds in it as well, or refused in one line
that names the file. No signal, no hang, no other exception. EIGENPROP_FUZZ: how many, 1000 without;
seeds are fixed, and mutant n is the same for every number. A file whose bytes were changed may
crash or stall the HDF5 library or libmatio themselves: told apart by h5dump, or libmatio without
our reader, which then must do so, too, and counted.
"""

import collections
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

try:
    import h5py
    import numpy as np
except ImportError:
    print("skipped: h5py is missing")
    sys.exit(77)

np.seterr(all="ignore")

from mutations import mutate_bytes, mutate_content, mutate_text  # noqa: E402

SECONDS = 5  # of the processor, for each mutant
HDF5_KINDS = ("segmentation", "results", "classification", "points", "checkpoint", "run")
TEXT_KINDS = ("settings", "hierarchy")
RESUME_STEP = 3  # of read_mutants
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The run file of a training that stands at step 2, beside its checkpoint.
TRAINING = ["train_embedding", "--model.dimensions", "2", "--train.restart", "2", "--log", "off"]
KINDS = HDF5_KINDS + ("truth", "segs", "ucm") + TEXT_KINDS
# A checkpoint of boundary maps, which goes through whole programs alone.
TRAINED = "trained"
PROGRAMS = ("segment", "evaluate_segmentation", "evaluate_embedding", "train_classifier",
            "train_ncuts", "train_embedding", "fit_contours", "map_boundaries")
SUFFIX = {**dict.fromkeys((*HDF5_KINDS, TRAINED), ".h5"), **dict.fromkeys(TEXT_KINDS, ".toml")}
# Words of libraries and of the language, which tell a user nothing.
FOREIGN = re.compile(r"\[line break\]|bad_alloc|std::|\bvector\b|basic_string|PETSc|length_error"
                     r"|_M_")


def name_of(kind):
    return kind + SUFFIX.get(kind, ".mat")


def mutant(number, bases, folder, kinds=KINDS):
    """Kind, path and mutation of mutant `number`."""
    random = np.random.default_rng([20161126, number])
    kind = kinds[number % len(kinds)]
    source = os.path.join(bases, name_of(kind))
    target = os.path.join(folder, f"{number}_{name_of(kind)}")
    if SUFFIX.get(kind) == ".h5" and random.random() < 0.7:
        return kind, target, mutate_content(random, source, target)
    if kind in TEXT_KINDS and random.random() < 0.7:
        return kind, target, mutate_text(random, source, target)
    return kind, target, mutate_bytes(random, source, target)


def spans(places):
    return zip(places[:-1], places[1:])


def packed_pixels(file):
    pixels = file["images/pixels"][...].astype(float)
    return sum(pixels[a:b].sum() for a, b in spans(file["images/offset"][...]))


def total(*arrays):
    """Sum of real numbers, and the largest of them: sums of such as cancel depend on the order."""
    values = np.concatenate([np.ravel(array).astype(float) for array in arrays] or [np.zeros(0)])
    known = np.abs(values[np.isfinite(values)])
    return float(values.sum()), float(known.max(initial=0))


def expected_facts(kind, path):
    """What h5py finds, by the documented layouts; of real numbers as total() tells them."""
    with h5py.File(path, "r") as file:
        if kind == "segmentation":
            labels = file["segmentations/labels"][...].astype(float)
            return {"images": len(file["images/name"]), "pixels": packed_pixels(file),
                    "labels": sum(labels[a:b].sum()
                                  for a, b in spans(file["segmentations/offset"][...]))}
        if kind == "results":
            labels = file["segmentations/labels"][...].astype(float)
            values = []
            if "contours" in file:
                every = file["contours/values"][...]
                values = [every[a:b] for a, b in spans(file["contours/offset"][...])]
            return {"images": len(file["images/name"]), "contours": total(*values),
                    "labels": sum(labels[a:b].sum()
                                  for a, b in spans(file["segmentations/offset"][...]))}
        if kind == "classification":
            # Whole images: the frame of 16 x 16 is larger than each.
            return {"images": len(file["labels/class"]), "values": packed_pixels(file),
                    "labels": float(file["labels/class"][...].sum())}
        if kind == "points":
            return {"points": len(file["features"]),
                    "features": total(file["features"][...])}
        if kind == "run":
            steps = file["metrics/train/step"][...].astype(float)
            rows = int(np.argmax(np.append(~(steps <= RESUME_STEP), True)))
            objective = file["metrics/train/objective"][:rows].astype(float)
            return {"rows": rows, "objective": total(
                np.append(objective, np.full(rows - len(objective), np.nan)))}
        values = [file["parameters"][name][...] for name in file["parameters"]]
        return {"step": int(np.reshape(file.attrs["step"], ())), "parameters": len(values),
                "values": total(*values)}


def facts_differ(found, expected):
    for name, value in expected.items():
        value, largest = value if isinstance(value, tuple) else (value, 0)
        if math.isfinite(value) != math.isfinite(found[name]):
            return name
        rounding = 1e-6 * max(1, abs(value)) + 1e-12 * largest
        if math.isfinite(value) and abs(found[name] - value) > rounding:
            return name
    return ""


class Reader:
    """The running read_mutants, started again where a mutant has ended it."""

    def __init__(self, program):
        self._program, self._process = program, None

    def _start(self):
        if self._process is None:
            self._process = subprocess.Popen(
                [self._program, "read", str(SECONDS)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
                errors="replace")

    def ask(self, kind, path):
        """The answer, or what ended the program."""
        self._start()
        self._process.stdin.write(f"{kind} {path}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if answer:
            return answer.rstrip("\n"), ""
        _, errors = self._process.communicate()
        status, self._process = self._process.returncode, None
        hang = status in (-signal.SIGPROF, -signal.SIGALRM)
        cause = "a hang" if hang else f"status {status}"
        return f"ended by {cause}", errors

    def close(self):
        if self._process:
            self._process.stdin.close()
            self._process.stdout.read()
            self._process.wait()


def dump_status(path):
    """How HDF5's own program ends on a file; None where it hangs, 0 where it is missing."""
    program = shutil.which("h5dump")
    if not program:
        return 0
    try:
        return subprocess.run([program, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=4 * SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        return None


def earlier_file_decides(reader, kind, path, errors):
    """Whether a file that h5dump refuses ended a reader only because of files read before it.

    HDF5 1.10 frees parts of an attribute that it could not decode, and so has not set up: what lies
    there is left by others. A reader that has read nothing before, as a user's has, must not end.
    Under the address sanitizer, which fills memory, it does as well, and the report says where.
    """
    if SUFFIX.get(kind) != ".h5" or not dump_status(path):
        return False
    if re.search(r"SUMMARY: AddressSanitizer: SEGV \(\S*/libhdf5[^)]*\) in H5A", errors):
        return True
    again = shutil.copy(path, path + ".again")
    answer = reader.ask(kind, again)[0]
    for left in (again, again + ".damaged", again + ".tmp"):
        if os.path.exists(left):
            os.remove(left)
    return not answer.startswith("ended")


def library_crashes(reader, kind, path):
    """Whether the file brings HDF5's own program, or libmatio alone, to grief as well."""
    if SUFFIX.get(kind) != ".h5":
        begin = time.monotonic()
        ended = kind not in TEXT_KINDS and reader.ask("matio", path)[0].startswith("ended")
        return ended or time.monotonic() - begin > SECONDS / 4
    status = dump_status(path)
    return status is None or status < 0


def judge(kind, path, answer, errors, mutation="content", before=None):
    """What is wrong with an answer; empty where it is right. `before`: the file as it was read."""
    word, _, rest = answer.partition(" ")
    if word == "read":
        if kind not in HDF5_KINDS:
            return ""
        found = {name: float(value) for name, value in (f.split("=") for f in rest.split())}
        try:
            name = facts_differ(found, expected_facts(kind, before or path))
        except (OSError, LookupError, ValueError, TypeError, RuntimeError, AttributeError) as error:
            # Types that HDF5 converts and NumPy does not know come of changed bytes alone.
            return f"read, but h5py says: {error}" if mutation == "content" else ""
        return f"silent nonsense: {name}: {answer}" if name else ""
    if word == "refused":
        if FOREIGN.search(rest.replace(path, "")):
            return f"foreign words: {answer}"
        return "" if os.path.basename(path) in rest else f"no file in: {answer}"
    return f"{answer} {errors[-2000:]}"


def words_of_failure(status, text, path):
    """What is wrong with a program's end; empty where it is a success or one line."""
    errors = [line for line in text.splitlines() if ": error: " in line]
    if status not in (0, 1, 2) or len(errors) != (status != 0) or "Traceback" in text or \
            any(FOREIGN.search(line.replace(path, "")) for line in errors):
        return f"status {status}: {text[-1000:]}"
    return ""


def run_drivers(reader, programs, bases, folder, count):
    """Mutants through whole programs."""
    train = [*TRAINING, "--data", os.path.join(bases, "points.h5")]
    checkpoint = os.path.join(folder, "resumed.h5")
    subprocess.run([os.path.join(programs, train[0]), *train[1:], "--train.iterations", "2",
                    "--output", os.path.join(bases, "resumed_run.h5"), "--checkpoint",
                    os.path.join(bases, "resumed.h5")], check=True)
    images = os.path.join(bases, "segmentation.h5")
    boundaries = ["train_ncuts", "--data", images, "--log", "off", "--config",
                  os.path.join(SOURCE, "drivers", "configurations", "boundaries_scenes.toml"),
                  "--view.long_side", "32", "--view.short_side", "24", "--train.epochs", "1"]
    subprocess.run([os.path.join(programs, boundaries[0]), *boundaries[1:], "--output",
                    os.path.join(folder, "b.h5"), "--checkpoint",
                    os.path.join(bases, name_of(TRAINED))], check=True)
    commands = {
        TRAINED: [
            ["map_boundaries", "--data", images, "--log", "off", "--checkpoint", "MUTANT",
             "--output", os.path.join(folder, "m.h5")],
            ["segment", "--partition", "hierarchy", "--data", images, "--log", "off",
             "--checkpoint", "MUTANT", "--output", os.path.join(folder, "s.h5")],
            [*boundaries, "--resume", "auto", "--checkpoint", "MUTANT", "--output",
             os.path.join(folder, "b.h5")],
        ],
        "results": [["evaluate_segmentation", "--data", images, "--segmentations", "MUTANT",
                     "--log", "off", "--output", os.path.join(folder, "e.h5"), *more]
                    for more in ((), ("--contours", "--boundaries"))],
        "hierarchy": [["segment", "--config", "MUTANT", "--data", images, "--log", "off",
                       "--output", os.path.join(folder, "s.h5")]],
        "run": [[*train, "--train.iterations", "4", "--resume", "auto", "--output", "MUTANT",
                 "--checkpoint", checkpoint],
                ["plot_training.py", "MUTANT", "--output", os.path.join(folder, "t.png")]],
        "segmentation": [
            ["segment", "--features", "colour", "--log", "off", "--data", "MUTANT", "--output",
             os.path.join(folder, "s.h5")],
            ["evaluate_segmentation", "--people", "--log", "off", "--data", "MUTANT", "--output",
             os.path.join(folder, "e.h5")],
            ["fit_contours", "--affinity", "contour", "--log", "off", "--data", "MUTANT",
             "--output", os.path.join(folder, "h.toml")],
        ],
        "checkpoint": [["segment", "--data", os.path.join(bases, "segmentation.h5"), "--log", "off",
                        "--checkpoint", "MUTANT", "--output", os.path.join(folder, "s.h5")]],
        "points": [["evaluate_embedding", "--train", "MUTANT", "--method", "features",
                    "--neighbours", "1", "--output", os.path.join(folder, "p.h5")]],
        "classification": [["train_classifier", "--data", "MUTANT", "--view.side", "8",
                            "--train.epochs", "1", "--train.batch", "3", "--log", "off",
                            "--model.layers", "c: conv 2 3", "a: global_average", "--output",
                            os.path.join(folder, "r.h5"), "--checkpoint",
                            os.path.join(folder, "c.h5")]],
        "settings": [["train_ncuts", "--dry-run", "--config", "MUTANT"]],
    }
    failures, done = [], 0
    for number in range(10**6, 10**6 + count):
        kind, path, mutation = mutant(number, bases, folder, (*KINDS, TRAINED))
        for command in commands.get(kind, []):
            program = [os.path.join(programs, command[0])]
            if command[0].endswith(".py"):
                program = [sys.executable, os.path.join(SOURCE, "analysis", command[0])]
            if kind in ("run", TRAINED):
                # Whoever goes on replaces them.
                mutant(number, bases, folder, (*KINDS, TRAINED))
                shutil.copy(os.path.join(bases, "resumed.h5"), checkpoint)
            done += 1
            arguments = [path if a == "MUTANT" else a for a in command[1:]]
            try:
                result = subprocess.run([*program, *arguments], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, timeout=60, check=False)
            except subprocess.TimeoutExpired:
                failures.append(f"{command[0]} hangs on mutant {number} ({kind}, {mutation})")
                continue
            text = result.stderr.decode(errors="replace")
            if result.returncode < 0 and mutation not in ("content", "text") \
                    and library_crashes(reader, kind, path):
                continue
            problem = words_of_failure(result.returncode, text, path)
            if problem:
                failures.append(f"{command[0]} on mutant {number} ({kind}, {mutation}): {problem}")
    print(f"{done} runs of programs")
    return failures


def main():
    reader_program, programs = sys.argv[1:]
    missing = [name for name in PROGRAMS if not os.access(os.path.join(programs, name), os.X_OK)]
    if missing:
        sys.exit(f"fuzz.py: error: {programs} lacks {', '.join(missing)}: build them first")
    count = int(os.environ.get("EIGENPROP_FUZZ", "1000"))
    failures, tally, library = [], collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        bases = os.path.join(folder, "bases")
        os.mkdir(bases)
        # A single process starts no daemon of Open MPI, and has its session here.
        os.environ.update(OMPI_MCA_ess_singleton_isolated="1", OMPI_MCA_orte_tmpdir_base=folder)
        subprocess.run([reader_program, "write", bases], check=True)
        reader = Reader(reader_program)
        for kind in KINDS:
            path = shutil.copy(os.path.join(bases, name_of(kind)), folder)
            answer, errors = reader.ask(kind, path)
            assert answer.startswith("read"), (answer, errors)
            problem = judge(kind, path, answer, errors, before=os.path.join(bases, name_of(kind)))
            assert not problem, problem
        for number in range(count):
            kind, path, mutation = mutant(number, bases, folder)
            # A run file is replaced by whoever goes on with it.
            before = shutil.copy(path, path + ".before") if kind == "run" else path
            answer, errors = reader.ask(kind, path)
            tally[kind, answer.split(" ")[0]] += 1
            problem = judge(kind, path, answer, errors, mutation, before)
            if answer.startswith("ended") and mutation not in ("content", "text") \
                    and (library_crashes(reader, kind, before)
                         or earlier_file_decides(reader, kind, before, errors)):
                library += 1
                problem = ""
            if problem:
                failures.append(f"mutant {number} ({kind}, {mutation}): {problem}")
                kept = os.environ.get("EIGENPROP_FUZZ_KEEP")
                if kept:
                    shutil.copy(before, os.path.join(kept, os.path.basename(path)))
            for left in (path, path + ".before", path + ".damaged", path + ".tmp"):
                if os.path.exists(left):
                    os.remove(left)
        failures += run_drivers(reader, programs, bases, folder, max(8, count // 40))
        reader.close()
    for (kind, word), number in sorted(tally.items()):
        print(f"{kind:15} {word:8} {number}")
    print(f"{count} mutants; {library} end the HDF5 library or libmatio")
    for failure in failures:
        print("FAILED:", failure)
    assert not failures


main()
