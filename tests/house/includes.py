#!/usr/bin/env python3
"""Includes run one way through the house; this finds the ones that do not.

    includes.py [ROOT]

Prints one line per violation (file, line, include, rule) and exits 1 if there is any.
Files of more than 400 lines are named as a warning: a smell, not a failure.
"""
import re
import sys
from pathlib import Path

# Which rooms each room may include besides itself and the public headers. This is the rule.
STAGES = ("detect", "respond", "assess", "io", "synth", "cpu", "kernels")
MAY_INCLUDE = {
    "core": set(),
    "formula": set(),
    "model": {"core", "formula"},
    **{stage: {"core", "formula", "model"} for stage in STAGES},
    "engine": {"core", "formula", "model", *STAGES},
    "cli": set(),
    # Times stages and one loop on their own, through contracts that no public call reaches; nothing
    # includes bench, so nothing of the product comes to depend on what it sees.
    "bench": {"core", "formula", "model", "detect", "respond", "cpu"},
}
# Libraries that one room only may touch (bench reads with HDF5 alone, to compare).
LIBRARY_ROOMS = {"hdf5.h": {"io", "bench"}, "hdf5_hl.h": {"io"}, "H5public.h": {"io"},
                 "cyaml/cyaml.h": {"model"}, "yaml.h": {"model"}}
# Emulated CUDA is test equipment; only the header that chooses between real and emulated sees it.
EMULATION = re.compile(r"(tests/)?emulation/")

SUFFIXES = {".c", ".h", ".cu", ".cuh", ".cpp", ".inc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
LONG_FILE = 400


def room_of(path: Path) -> str | None:
    """The room a file lives in: src/<room>/..., kernels/..., bench/..., include/..."""
    parts = path.parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[0] in ("kernels", "bench"):
        return parts[0]
    return "public" if parts[0] == "include" else None


def target_room(root: Path, file: Path, name: str) -> str | None:
    """The room that an include leads to; None for other libraries."""
    for base in (file.parent, Path("src"), Path("include"), Path(".")):
        candidate = root / base / name
        if candidate.is_file():
            return room_of(candidate.resolve().relative_to(root.resolve()))
    first = name.split("/")[0]
    if first == "surgetank":
        return "public"
    return first if first in MAY_INCLUDE and "/" in name else None


def violation(root: Path, file: Path, name: str) -> str | None:
    """The rule that this include breaks, or None."""
    room = room_of(file)
    if name in LIBRARY_ROOMS and room not in LIBRARY_ROOMS[name]:
        return f"only {' and '.join(sorted(LIBRARY_ROOMS[name]))} may include {name}"
    if EMULATION.match(name):
        return None if file.as_posix() == "kernels/gpu_compat.h" else \
            "only kernels/gpu_compat.h may include the emulation"
    target = target_room(root, file, name)
    if target is None or target in ("public", room):
        return None
    if room == "public":
        return "a public header may include public headers only"
    if room not in MAY_INCLUDE:
        return f"the room {room} is not in the table of tests/house/includes.py"
    if target not in MAY_INCLUDE[room]:
        allowed = ", ".join(sorted(MAY_INCLUDE[room])) or "public headers only"
        return f"{room} may include: {allowed}"
    return None


def main(root: Path) -> int:
    broken = files = 0
    for folder in ("include", "src", "kernels", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file():
                continue
            file, files = path.relative_to(root), files + 1
            lines = path.read_text(encoding="utf-8").splitlines()
            if len(lines) > LONG_FILE:
                print(f"warning: {file} has {len(lines)} lines (more than {LONG_FILE})")
            for number, line in enumerate(lines, 1):
                match = INCLUDE.match(line)
                reason = match and violation(root, file, match[2])
                if reason:
                    print(f"{file}:{number}: includes {match[2]}: {reason}")
                    broken += 1
    print(f"{files} files, {broken} includes against the rule")
    return 1 if broken or not files else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
