"""check_scaling.py SOURCE LIST LINES RESULTS: the printed lines say what the file holds, and the
files for ReFrame, JUBE and Ramble name the cases of the list and find those lines."""

import ast
import re
import sys

import h5py
import numpy as np

source, list_file, lines_file, results = sys.argv[1:]
with open(list_file) as file:
    cases = re.findall(r"^case=(\S+) ", file.read(), re.M)
with open(lines_file) as file:
    lines = [line.rstrip("\n") for line in file if line.startswith("scaling ")]


def check_file():
    with h5py.File(results) as file:
        phases = [name.decode() for name in file["phases"][:]]
        for line in lines:
            values = dict(item.split("=", 1) for item in line.split()[1:])
            place = "nodes{nodes}_ranks{ranks}_threads{threads}".format(**values)
            row = file[f"cases/{values['case']}/{place}"]
            # Run again since.
            if values["case"] == "low_rank_gradient":
                continue
            slowest = row["seconds"][:].max(axis=1) / row.attrs["steps"]
            assert abs(np.median(slowest) / float(values["seconds"]) - 1) < 1e-5, line
            for count, dataset in (("messages", "messages"), ("bytes", "message_bytes")):
                steps = len(row["seconds"]) * row.attrs["steps"]
                most = row[dataset][:].sum(axis=(1, 2)).max() / steps
                assert abs(most - float(values[count])) <= 1e-5 * most, line
            ranks = int(values["ranks"])
            assert row["seconds"].shape[1] == ranks == len(row["hosts"]), line
            # All of a repeat is in a phase.
            covered = row["phase_seconds"][:].sum(axis=2) / row["seconds"][:]
            assert (abs(covered - 1) < 1e-6).all(), (line, covered)
            if ranks == 1:
                assert row["message_bytes"][:].sum() == 0, line
            elif not values["case"].startswith("second_order_pooling"):
                assert row["messages"][:].sum() > 0, line
        training = file["cases/ncuts_training/nodes1_ranks2_threads1"]
        shares = training["phase_seconds"][:].mean(axis=(0, 1))
        for phase in ("forward", "backward", "exchange", "input"):
            assert shares[phases.index(phase)] > 0, phase
        solver = file["cases/graph_eigenvectors/nodes1_ranks2_threads1"]["phase_seconds"][:]
        assert solver[:, :, phases.index("eigensolver")].min() > 0
        for case, phase in (("checkpoint_write", "output"), ("checkpoint_read", "input")):
            writing = file[f"cases/{case}/nodes1_ranks1_threads1/phase_seconds"][:]
            assert writing[:, :, phases.index(phase)].sum() > 0.5 * writing.sum(), case


def constants(path):
    """{name: value} of the constants of a Python file's first level."""
    with open(path) as file:
        tree = ast.parse(file.read())
    return {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body
            if isinstance(node, ast.Assign) and node.targets[0].id in ("LINE", "CASES")}


def check_expression(expression, where):
    for line in lines:
        found = re.search(expression, line)
        assert found, f"{where}: {expression} does not find {line}"
        for name, value in found.groupdict().items():
            key = "memory_mib" if name == "memory" else name
            assert f" {key}={value}" in line, (where, name, value)
    failed = lines[0].replace("status=ok", "status=failed error=numbers differ")
    assert not re.search(expression, failed), f"{where}: takes a failed case for a finished one"


def check_centre():
    for name in ("reframe_scaling.py", "ramble_scaling/application.py"):
        found = constants(f"{source}/jobs/centre/{name}")
        assert found["CASES"] == cases, (name, found["CASES"])
        check_expression(found["LINE"], name)
    with open(f"{source}/jobs/centre/jube_scaling.yaml") as file:
        text = file.read()
    try:
        import yaml
    except ImportError:
        print("not checked: JUBE's file; PyYAML is not here")
        return
    jube = yaml.safe_load(text)
    parameters = {p["name"]: p["_"] for p in jube["parameterset"][0]["parameter"]}
    assert parameters["case"].split(",") == cases, parameters["case"]
    patterns = {p["name"]: p["_"] for p in jube["patternset"]["pattern"]}
    assert set(patterns) <= set(jube["result"]["table"]["column"])
    for name, expression in patterns.items():
        check_expression(expression, name)
        assert f" {name}={re.search(expression, lines[0]).group(1)}" in lines[0], name


assert len(lines) == 2 * len(cases), (len(lines), cases)
check_file()
check_centre()
