#!/usr/bin/env python3
"""Every seeded bug of mutants.cpp must be caught, and the clean program by nothing.

    mutants.py PROGRAM BUILD        BUILD: plain, address or thread, the sanitizer of PROGRAM

A bug counts as caught when one of six schedules ends in a wrong result or an abort.
"""
import os
import subprocess
import sys

SEEDS = range(6)
BUILDS = ("plain", "address", "thread")
# What each build is expected to catch; the rest is beyond it.
MUTANTS = {
    "no barrier": BUILDS,
    "no barrier after clearing": BUILDS,
    "write past shared memory": BUILDS,
    "write past device memory": ("address",),
    "plain flag between blocks": ("thread",),
    "no __syncwarp": BUILDS,
    "divergent barrier": BUILDS,
    "shared memory read unset": BUILDS,
    "plain increment": ("thread",),
    "lanes leave before a shuffle": BUILDS,
    "no synchronisation with the host": BUILDS,
    "no event between streams": BUILDS,
    "blocks assumed to start in order": BUILDS,
    "copy longer than the allocation": BUILDS,
    "barrier skipped by some": BUILDS,
}


def caught(program: str, number: int) -> list[int]:
    """The seeds under which mutant `number` does not come through."""
    seeds = []
    for seed in SEEDS:
        environment = {**os.environ, "ST_EMULATION_SEED": str(seed),
                       "ST_EMULATION_SPIN_LIMIT": "100000",
                       "TSAN_OPTIONS": "halt_on_error=1:atexit_sleep_ms=0"}
        done = subprocess.run([program, str(number)], env=environment, timeout=60,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode != 0:
            seeds.append(seed)
    return seeds


def main(program: str, build: str) -> int:
    failures = 0
    for number, (name, builds) in enumerate({"clean": (), **MUTANTS}.items()):
        seeds = caught(program, number)
        wrong = bool(seeds) if number == 0 else build in builds and not seeds
        failures += wrong
        print(f"{'WRONG' if wrong else 'right'}  {name}: caught by seeds {seeds or 'none'}")
    print(f"{build}: {failures} mutants not as expected")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
