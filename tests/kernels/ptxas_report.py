#!/usr/bin/env python3
"""What each kernel costs on each GPU, held to a budget. Needs nvcc, but no GPU.

    ptxas_report.py SOURCE_DIR BUDGET.csv [--write] [--nvcc PATH] [--jobs N]

Compiles kernels/*.cu for every architecture and compares registers (in steps of 8, as the hardware
gives them out), spilled bytes (stores and loads), stack and static shared memory of every kernel
with the table. More than the budget fails, less is reported; a kernel that the table does not know,
or that is gone, fails. --write makes the table anew. Without nvcc it skips: exit 77.
"""
import argparse
import concurrent.futures
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ARCHITECTURES = ("80", "90", "100", "120")
COLUMNS = ("registers", "spilled_bytes", "stack_bytes", "shared_bytes")
FLAGS = ["-std=c++17", "-O3", "--fmad=false", "-Werror", "all-warnings",
         "-Xcompiler=-Wall,-Wextra", "-Xptxas", "-v", "-cubin"]
REPORT = re.compile(
    r"Compiling entry function '(\w+)'.*?"
    r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads.*?"
    r"Used (\d+) registers([^\n]*)", re.S)


def readable(symbol: str) -> str:
    """welch_pairs_kernel<1024, slow_row> out of _Z18welch_pairs_kernelILi1024E8slow_rowEv..."""
    length = re.match(r"_Z(\d+)", symbol)
    if not length:
        return symbol
    rest = symbol[length.end():]
    name, rest = rest[:int(length[1])], rest[int(length[1]):]
    arguments = re.match(r"ILi(\d+)E\d+([a-z_]+)E", rest)
    return f"{name}<{arguments[1]} {arguments[2]}>" if arguments else name


def compile_one(nvcc: str, source_dir: Path, file: Path, arch: str) -> list[dict]:
    """Rows of the kernels in `file`; raises RuntimeError with the compiler's words."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [nvcc, *FLAGS, f"-arch=sm_{arch}", f"-I{source_dir / 'src'}",
             f"-I{source_dir / 'include'}", "-o", os.path.join(folder, "out.cubin"), str(file)],
            capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{file.name} for sm_{arch}:\n{done.stderr}")
    rows = []
    for symbol, stack, stores, loads, registers, tail in REPORT.findall(done.stderr):
        shared = re.search(r"(\d+) bytes smem", tail)
        rows.append({"kernel": readable(symbol), "architecture": arch,
                     "registers": (int(registers) + 7) // 8 * 8, "spilled_bytes": int(stores) + int(loads),
                     "stack_bytes": int(stack), "shared_bytes": int(shared[1]) if shared else 0})
    return rows


def measure(nvcc: str, source_dir: Path, jobs: int) -> list[dict]:
    files = sorted((source_dir / "kernels").glob("*.cu"))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda job: compile_one(nvcc, source_dir, *job),
                         [(file, arch) for arch in ARCHITECTURES for file in files])
        return sorted((row for rows in found for row in rows),
                      key=lambda row: (row["kernel"], int(row["architecture"])))


def compare(rows: list[dict], budget: Path) -> int:
    """Prints every deviation; the number of those that are too much."""
    with budget.open(newline="") as file:
        allowed = {(row["kernel"], row["architecture"]): row for row in csv.DictReader(file)}
    failures = 0
    for row in rows:
        limit = allowed.pop((row["kernel"], row["architecture"]), None)
        name = f"{row['kernel']} on sm_{row['architecture']}"
        if limit is None:
            print(f"{name}: not in {budget.name}; run with --write and look at what it says")
            failures += 1
            continue
        for column in COLUMNS:
            if row[column] > int(limit[column]):
                print(f"{name}: {row[column]} {column}, the budget is {limit[column]}")
                failures += 1
            elif row[column] < int(limit[column]):
                print(f"{name}: only {row[column]} {column} of {limit[column]}")
    for kernel, arch in allowed:
        print(f"{kernel} on sm_{arch}: in {budget.name}, but no such kernel")
    return failures + len(allowed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source_dir", type=Path)
    parser.add_argument("budget", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--nvcc", default=shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    if not os.access(arguments.nvcc, os.X_OK):
        print(f"no nvcc ({arguments.nvcc}): the kernels cannot be compiled for GPUs here")
        return 77
    version = subprocess.run([arguments.nvcc, "--version"], capture_output=True, text=True).stdout
    release = re.search(r"release (\d+)\.", version)
    if release is None or int(release[1]) != 13:
        print(f"the budget is for CUDA 13, this is: {version.strip().splitlines()[-1:]}")
        return 77
    try:
        rows = measure(arguments.nvcc, arguments.source_dir, arguments.jobs)
    except RuntimeError as error:
        print(error)
        return 1
    if arguments.write:
        with arguments.budget.open("w", newline="") as file:
            writer = csv.DictWriter(file, ("kernel", "architecture", *COLUMNS), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    failures = compare(rows, arguments.budget)
    print(f"{len(rows)} kernels compiled, {failures} over budget")
    return 1 if failures or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
