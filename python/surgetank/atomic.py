"""Output files appear complete or not at all: temporary name beside the target, fsync, rename."""
from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .problem import OUTPUT, USAGE, Problem


def refuse_overwriting_input(output: str | Path, inputs: list[str]) -> None:
    for name in inputs:
        with contextlib.suppress(OSError):
            if os.path.samefile(output, name):
                raise Problem(USAGE, f"{output}: the output is one of the inputs; "
                                     "allowed: another name")


@contextlib.contextmanager
def atomic_output(output: str | Path) -> Iterator[Path]:
    """Yields the temporary path to write to. Any failure of the file system is exit 74."""
    target = Path(output)
    if target.is_dir():
        raise Problem(OUTPUT, f"{target}: is a folder; allowed: the name of a file")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part",
                                        dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise Problem(OUTPUT, f"{target}: cannot be written: {error.strerror}") from error
    part = Path(name)
    try:
        yield part
        _publish(part, target)
    except OSError as error:
        raise Problem(OUTPUT, f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _publish(part: Path, target: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    os.chmod(part, 0o666 & ~umask)
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(part, target)
