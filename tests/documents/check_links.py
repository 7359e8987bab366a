#!/usr/bin/env python3
"""Check that what Markdown files point at is there.

    python3 tests/documents/check_links.py FILE ...

Checked are relative links and pictures, headings that links name (as GitHub spells them), and paths
in backquotes that start with a folder of the project, such as `lib/cuts/{alignment,moments}.hpp`.
Prints one line for each that leads nowhere, and then exits with status 1. Links to other hosts are
left alone.
"""

import glob
import os
import re
import sys

LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)", re.DOTALL)
QUOTED = re.compile(r"`((?:lib|drivers|jobs|analysis|tests)/[^`\s]*)`")
FENCE = re.compile(r"^```.*?^```[^\n]*$", re.DOTALL | re.MULTILINE)
BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def expand(pattern):
    """The paths that a shell's braces stand for."""
    found = BRACES.search(pattern)
    if not found:
        return [pattern]
    return [path for choice in found.group(1).split(",")
            for path in expand(pattern[: found.start()] + choice + pattern[found.end():])]


def anchors(text):
    """Headings of a document as links name them."""
    names = set()
    for heading in re.findall(r"^#+ +(.*?) *#*$", FENCE.sub("", text), re.MULTILINE):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        names.add(re.sub(r"[^\w\- ]", "", heading).replace(" ", "-"))
    return names


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def faults(path):
    """What is wrong in one file, one line each."""
    text = FENCE.sub("", read(path))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        other = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
        if not os.path.exists(other):
            yield f"{path}: link to {target}: no such file"
        elif anchor and anchor not in anchors(read(other)):
            yield f"{path}: link to {target}: no such heading"
    for quoted in QUOTED.findall(text):
        for pattern in expand(quoted):
            if not glob.glob(os.path.join(ROOT, pattern)):
                yield f"{path}: `{quoted}`: no such file"
                break


def main():
    found = [fault for path in sys.argv[1:] for fault in faults(path)]
    for fault in found:
        print(fault, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
