"""What can go wrong, with the exit code (sysexits.h) that belongs to it."""
from __future__ import annotations

USAGE = 64
BAD_INPUT = 65
MISSING = 66
INTERNAL = 70
OUTPUT = 74
INTERRUPTED = 130


class Problem(Exception):
    """One sentence: what, where, found, allowed. Ends the command with `code`."""

    def __init__(self, code: int, text: str):
        super().__init__(text)
        self.code = code


def one_line(text: object, longest: int = 80) -> str:
    """Whatever a file put into a message, it stays one line of printable characters."""
    shown = "".join(c if c.isprintable() else "?" for c in str(text))
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."
