"""What all scripts share: errors in one line, checks of options, files written as a whole.

Files are written under a temporary name in the same folder, flushed, and renamed, so that a file
under its final name is complete, and an older one stays where a script fails.
"""

import argparse
import contextlib
import os
import signal
import stat
import sys


class DataError(Exception):
    """What is wrong with an input, in one line that names the file."""


def _terminate(*_):
    """Ends the script through its clean-ups, which delete unfinished files."""
    sys.exit(128 + signal.SIGTERM)


def run(main):
    """Run a script's main; an expected error becomes one line and exit status 1."""
    script = os.path.basename(sys.argv[0])
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot show must not end a script after its work.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        main()
    except (DataError, OSError) as error:
        sys.exit(f"{script}: error: {' '.join(str(error).split())}")
    except MemoryError as error:
        sys.exit(f"{script}: error: out of memory. {' '.join(str(error).split())}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)


def option_parser(description):
    """Parser of a script's options; description: its docstring, as it stands."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def positive(value):
    """Type of an option: a whole number of at least 1."""
    return _whole(value, 1)


def seed(value):
    """Type of an option: a whole number of at least 0."""
    return _whole(value, 0)


def _whole(value, least):
    try:
        number = int(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{value}' is no whole number") from None
    if number < least:
        raise argparse.ArgumentTypeError(f"must be at least {least}, not {number}")
    return number


def find_seeds(folder, pattern, names=None):
    """(name, seed, path) of all files below a folder of a pattern like "MODEL/SEED/run.h5", in the
    order of `names`, or sorted; raise DataError where there is none."""
    if not os.path.isdir(folder):
        raise DataError(f"{folder}: no such folder")
    found = []
    for name in sorted(os.listdir(folder)) if names is None else names:
        seeds = os.path.join(folder, name)
        for seed in sorted(os.listdir(seeds)) if os.path.isdir(seeds) else []:
            path = os.path.join(seeds, seed, os.path.basename(pattern))
            if os.path.exists(path):
                found.append((name, seed, path))
    if not found:
        raise DataError(f"{folder}: no {pattern} there"
                        + (f" for {', '.join(names)}" if names else ""))
    return found


def _same_file(first, second):
    """Whether two paths lead to one file, also where it does not exist yet."""
    if os.path.realpath(first) == os.path.realpath(second):
        return True
    return os.path.exists(first) and os.path.exists(second) and os.path.samefile(first, second)


def check_outputs(outputs, inputs=()):
    """Refuse outputs that cannot be written, that are inputs, or that are one file.

    Called before any work. outputs, inputs: paths; None is passed over.
    """
    outputs = [path for path in outputs if path is not None]
    for number, path in enumerate(outputs):
        target = os.path.realpath(path)
        folder = os.path.dirname(target)
        if not os.path.isdir(folder):
            raise DataError(f"{path}: there is no folder {folder}")
        if not os.path.basename(path):
            raise DataError(f"'{path}' is no name of a file to write")
        if os.path.isdir(target):
            raise DataError(f"{path}: is a folder, expected the name of a file to write")
        if os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode):
            raise DataError(f"{path}: is no regular file, and would be replaced")
        if not os.access(folder, os.W_OK):
            raise DataError(f"{path}: the folder {folder} is not writable")
        for source in inputs:
            if source is not None and _same_file(path, source):
                raise DataError(f"{path}: is an input, and would be overwritten by the output")
        for other in outputs[:number]:
            if _same_file(path, other):
                raise DataError(f"{path}: two outputs would be this one file")


@contextlib.contextmanager
def output_file(path):
    """Yield a temporary name beside `path`; on success flush it and rename it to `path`.

    The temporary file keeps the extension, by which writers of figures choose a format. Where
    `path` is a link, what it points to is replaced.
    """
    check_outputs([path])
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    stem, extension = os.path.splitext(name)
    temporary = os.path.join(folder, f".{stem}.{os.getpid()}.part{extension}")
    try:
        try:
            yield temporary
            with open(temporary, "rb") as written:
                os.fsync(written.fileno())
            os.replace(temporary, target)
        except OSError as error:
            raise DataError(f"{path}: cannot be written ({error})") from error
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def check_figure(path, inputs):
    """Refuse a figure that cannot be written, before any work: format and check_outputs()."""
    from matplotlib.backend_bases import FigureCanvasBase

    known = sorted(FigureCanvasBase.get_supported_filetypes())
    extension = os.path.splitext(path)[1][1:].lower()
    if extension not in known:
        raise DataError(f"{path}: no figure is written as '.{extension}', only as one of "
                        f"{', '.join(known)}")
    check_outputs([path], inputs)


def save_figure(figure, path, dpi=110):
    """Write a figure of matplotlib as output_file() does."""
    with output_file(path) as temporary:
        figure.savefig(temporary, dpi=dpi)
