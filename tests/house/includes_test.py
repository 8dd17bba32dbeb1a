#!/usr/bin/env python3
"""Breaks the include rule in every way on a toy tree and sees that includes.py catches it."""
import subprocess
import sys
import tempfile
from pathlib import Path

CHECK = Path(__file__).with_name("includes.py")
TREE = {
    "include/surgetank/status.h": "",
    "src/core/arena.h": "#include <stddef.h>\n",
    "src/formula/fft.h": "#include <math.h>\n",
    "src/model/plan.h": '#include "core/arena.h"\n#include "formula/fft.h"\n',
    "src/detect/events.h": '#include "model/plan.h"\n#include <surgetank/status.h>\n',
    "src/io/reader.c": "#include <hdf5.h>\n",
    "src/model/backend.h": '#include "model/plan.h"\n',
    "src/cpu/detect.c": '#include "model/backend.h"\n',
    "src/engine/run.h": '#include "detect/events.h"\n',
    "src/cli/main.c": "#include <surgetank/status.h>\n",
    "bench/welch.c": '#include "model/backend.h"\n#include <hdf5.h>\n',
    "kernels/gpu_compat.h": '#include "emulation/emulation.h"\n',
    "kernels/detect.cu": '#include "gpu_compat.h"\n#include "formula/fft.h"\n',
}
BREACHES = [
    ("src/formula/fft.h", '#include "core/arena.h"'),
    ("src/core/arena.h", '#include "formula/fft.h"'),
    ("src/core/arena.h", '#include "model/plan.h"'),
    ("src/core/arena.h", '#include "../model/plan.h"'),
    ("src/detect/events.h", '#include "io/reader.h"'),
    ("src/cpu/detect.c", "#include <hdf5.h>"),
    ("kernels/detect.cu", '# include "hdf5.h"'),
    ("kernels/detect.cu", '#include "cpu/detect.h"'),
    ("kernels/detect.cu", '#include "emulation/emulation.h"'),
    ("src/model/plan.h", '#include "engine/run.h"'),
    ("src/cli/main.c", '#include "model/plan.h"'),
    ("src/cpu/detect.c", '#include "engine/run.h"'),
    ("src/cpu/detect.c", '#include "detect/events.h"'),
    ("include/surgetank/status.h", '#include "core/arena.h"'),
    ("bench/welch.c", '#include "io/trace.h"'),
]


def run(tree: dict[str, str]) -> subprocess.CompletedProcess:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tree.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True)


def main() -> int:
    failed = 0
    clean = run(TREE)
    if clean.returncode != 0:
        print("the clean tree is refused:\n" + clean.stdout + clean.stderr)
        failed += 1
    for name, line in BREACHES:
        done = run({**TREE, name: TREE[name] + line + "\n"})
        if done.returncode != 1 or f"{name}:" not in done.stdout:
            print(f"not caught: {name} with {line}\n" + done.stdout + done.stderr)
            failed += 1
    print(f"{len(BREACHES) + 1 - failed} of {len(BREACHES) + 1} cases as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
