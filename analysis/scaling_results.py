"""Files of benchmark_scaling, read and checked (layout: lib/storage/README.md)."""

import dataclasses

import numpy as np

from hdf5_tools import open_file, read_array, text
from script_tools import DataError

FORMAT = "eigenprop-scaling"


@dataclasses.dataclass
class Row:
    """One case on one place. Arrays of what is sent: (ranks, phases, kinds), of all repeats."""

    case: str
    place: str
    scaling: str
    nodes: int
    ranks: int
    threads: int
    copies: int
    steps: int
    units: int
    cores: int
    load: float
    error: str
    difference: float
    seconds: np.ndarray            # (repeats, ranks)
    phase_seconds: np.ndarray      # (repeats, ranks, phases)
    processor_seconds: np.ndarray  # (repeats, ranks, phases)
    calls: np.ndarray
    bytes: np.ndarray
    messages: np.ndarray
    message_bytes: np.ndarray
    peak_memory: np.ndarray        # (ranks), GiB

    def step_seconds(self):
        """By repeat, of the rank that took longest."""
        return self.seconds.max(axis=1) / self.steps

    def is_crowded(self):
        """Whether threads had to share cores: its seconds mean nothing."""
        return self.ranks * self.threads > self.nodes * self.cores

    def most(self, sent):
        """Of what the busiest rank sent a step, all phases and kinds."""
        return sent.sum(axis=(1, 2)).max() / self.all_steps()

    def all_steps(self):
        """Of all repeats."""
        return len(self.seconds) * self.steps


@dataclasses.dataclass
class Results:
    phases: list
    kinds: list
    rows: list  # finished
    failed: list

    def cases(self):
        """{name: finished rows by threads and ranks}, in the order of the file."""
        cases = {}
        for row in sorted(self.rows, key=lambda row: (row.threads, row.ranks, row.nodes)):
            cases.setdefault(row.case, []).append(row)
        return cases


def _read_row(file, case, place):
    group = file[f"cases/{case}/{place}"]

    def array(name, kinds, dimensions):
        return read_array(file, f"cases/{case}/{place}/{name}", kinds, dimensions)

    attributes = group.attrs
    values = {name: int(attributes[name])
              for name in ("nodes", "ranks", "threads", "copies", "steps", "units", "cores")}
    error = text(attributes["error"])
    ran = "seconds" in group
    return Row(
        case=case, place=place, scaling=text(attributes["scaling"]), error=error,
        load=float(attributes["load"]), difference=float(attributes.get("difference", np.nan)),
        seconds=array("seconds", "f", 2) if ran else None,
        phase_seconds=array("phase_seconds", "f", 3) if ran else None,
        processor_seconds=array("phase_processor_seconds", "f", 3) if ran else None,
        calls=array("calls", "i", 3) if ran else None,
        bytes=array("bytes", "i", 3) if ran else None,
        messages=array("messages", "i", 3) if ran else None,
        message_bytes=array("message_bytes", "i", 3) if ran else None,
        peak_memory=array("peak_memory", "f", 1) if ran else None, **values)


def read_results(paths, only=None):
    """Results of all files; only: names of cases, or None for all."""
    results = Results([], [], [], [])
    places = set()
    for path in paths:
        with open_file(path, FORMAT) as file:
            phases = [text(name) for name in file["phases"][:]]
            kinds = [text(name) for name in file["kinds"][:]]
            if results.phases and (phases, kinds) != (results.phases, results.kinds):
                raise DataError(f"{path}: other phases or kinds of messages than {paths[0]}")
            results.phases, results.kinds = phases, kinds
            for case in file["cases"]:
                if only and case not in only:
                    continue
                for place in file[f"cases/{case}"]:
                    if place == "configuration":
                        continue
                    if (case, place) in places:
                        raise DataError(f"{path}: case {case}, {place}, stands in two of the files")
                    places.add((case, place))
                    row = _read_row(file, case, place)
                    (results.failed if row.error else results.rows).append(row)
    for case in only or []:
        if case not in {row.case for row in results.rows + results.failed}:
            raise DataError(f"{', '.join(map(str, paths))}: no case {case}")
    if not results.rows:
        raise DataError(f"{', '.join(map(str, paths))}: no case is finished")
    return results
