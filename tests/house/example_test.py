#!/usr/bin/env python3
"""The example that opens surgetank.h is tests/house/example.c, letter by letter; and it runs.

    example_test.py ROOT [EXAMPLE CLI]     EXAMPLE: example.c, compiled; CLI: the surgetank program
    example_test.py ROOT --write           copies example.c into the header
"""
import subprocess
import sys
import tempfile
from pathlib import Path

FIRST = " * ---- a complete program ----\n"
LAST = " * ---- end of the program ----\n"


def quoted(code: str) -> str:
    """The program as it stands in the header's opening comment."""
    return "".join(f" *{' ' * 3 if line else ''}{line}\n" for line in code.splitlines())


def parts(header: str) -> tuple[str, str, str]:
    before, rest = header.split(FIRST)
    inside, after = rest.split(LAST)
    return before + FIRST, inside, LAST + after


def run(example: str, cli: str, data: Path) -> int:
    with tempfile.TemporaryDirectory(prefix="surgetank-example-") as folder:
        trace, summary = f"{folder}/trace.h5", f"{folder}/summary.h5"
        subprocess.run([cli, "synth", "--site", "colossus-2", "--racks", "4", "--duration", "60s",
                        "--quiet", "-o", trace], check=True)
        answer = subprocess.run([example, trace, summary, data], capture_output=True, text=True)
        print(answer.stdout, answer.stderr, sep="", end="")
        rules = [line.split()[1].rstrip(":") for line in answer.stdout.splitlines()]
        if answer.returncode != 0 or "ERCOT-PV" not in rules or "IESO-R60" not in rules:
            print(f"exit {answer.returncode}, rules {rules}")
            return 1
        missing = subprocess.run([example, "no-such.h5", summary, data], capture_output=True,
                                 text=True)
        if missing.returncode != 66 or not missing.stderr.startswith("example: "):
            print(f"a missing trace: exit {missing.returncode}, {missing.stderr}")
            return 1
    return 0


def main(root: Path, *words: str) -> int:
    path = root / "include/surgetank/surgetank.h"
    code = (root / "tests/house/example.c").read_text(encoding="utf-8")
    before, inside, after = parts(path.read_text(encoding="utf-8"))
    if words == ("--write",):
        path.write_text(before + quoted(code) + after, encoding="utf-8")
        return 0
    if inside != quoted(code):
        print(f"{path} does not open with tests/house/example.c; run {sys.argv[0]} {root} --write")
        return 1
    return run(words[0], words[1], root / "data") if len(words) == 2 else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
