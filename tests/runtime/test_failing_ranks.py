"""Ranks that fail while others wait: one line of the lowest that fails, soon, and the end of all.

    test_failing_ranks.py LAUNCHER ... PROGRAM, without the number of ranks, which replaces RANKS
"""

import subprocess
import sys
import threading
import time

RANKS = 3
LATEST = 3  # seconds to the line, on a busy machine; less than one on a free one
PATIENCE = 60


def run(kind, *failing):
    """Status, lines of errors, and seconds from the failure to the first of them."""
    command = [str(RANKS) if word == "RANKS" else word for word in sys.argv[1:]]
    process = subprocess.Popen([*command, kind, *map(str, failing)], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = []

    def read():
        for line in process.stderr:
            if ": error: " in line:
                lines.append((time.time(), line))

    reader = threading.Thread(target=read)
    reader.start()
    failed = [float(line.split()[2]) for line in process.stdout if line.startswith("failed at")]
    reader.join(PATIENCE)
    assert not reader.is_alive(), f"{kind} {failing} hangs"
    status = process.wait()
    assert len(lines) == 1, f"{kind} on {failing}: {lines}"
    moment, line = lines[0]
    assert f"of rank {min(failing)}" in line, f"{kind} on {failing}: {line}"
    assert moment - max(failed) < LATEST, f"{kind} on {failing}: after {moment - max(failed)} s"
    return status


for kind, expected, sets in (("input", 1, ((0,), (1,), (1, 2), (0, 1, 2))),
                             ("configuration", 2, ((2,), (0, 1, 2)))):
    for failing in sets:
        status = run(kind, *failing)
        assert status == expected, f"{kind} on {failing}: status {status}"
