#!/usr/bin/env python3
"""How many times faster than scipy and NumPy: the same work on the same arrays in the same run.

    compare_scipy.py [--quick] [--only FIGURE[,FIGURE]] [--json FILE] [--bench build/surgetank-bench]

Runs surgetank-bench, then scipy and NumPy on the arrays that it worked on: both make them from one
formula of whole numbers (bench/data.c, `power_w` below), so they are equal in every bit. Prints a
row for each comparison and appends it to the JSON lines of the bench: seconds and gsamples_per_s
are surgetank's, reference_seconds and reference_samples are those of the other side, and the ratio
is that of samples per second. Loops that take Python a microsecond or more per sample are timed on
a shorter piece, and the long analysis on the recording that it goes over again and again. scipy and NumPy run in one process as they come; surgetank uses all processors.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy
from scipy import signal

RATE_HZ = 1000.0
RACKS = 256  # BENCH_RACKS of bench.h
SITE_RACKS = 2048  # BENCH_SITE_RACKS of bench.h
RACKS_AT_ONCE = 16  # of 4, 16, 64 and 256 the fastest: no page faults
TAPS = 1025
CANDIDATES = 256
RAMP_LAGS = (1, 10, 100, 1000, 5000)
BANDS_HZ = ((0.01, 0.15), (0.15, 1), (1, 5), (5, 14), (14, 55), (55, 500))
NOISY = 0.02  # share of the machine; beyond it a run should be repeated


# ---- the arrays --------------------------------------------------------------------------------


def mix(x: np.ndarray) -> np.ndarray:
    """lowbias32 of bench/data.c; uint32 in and out."""
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def power_w(rack: int, samples: int) -> np.ndarray:
    """bench_power_w of one rack at the first samples; float32, W."""
    index = np.arange(samples, dtype=np.uint32)
    seed = np.uint32(rack * 0x9E3779B1 & 0xFFFFFFFF)
    noise = (mix(index + seed) & np.uint32(63)).astype(np.float32)
    busy = (index.astype(np.int64) + 3 * rack) % 1400 < 1000
    level = np.where(busy, np.float32(110e3), np.float32(60e3))
    return level + np.float32(8) * (noise - np.float32(32))


def recording(samples: int, racks: int = RACKS) -> np.ndarray:
    """[racks, samples], float32, W."""
    power = np.empty((racks, samples), dtype=np.float32)
    for rack in range(racks):
        power[rack] = power_w(rack, samples)
    return power


# ---- what is timed: each returns the count of samples it went through ---------------------------


def run_welch(power: np.ndarray) -> int:
    signal.welch(power, RATE_HZ, "hann", 1024, 512, detrend="constant")
    return power.size


def run_overlap_save(power: np.ndarray) -> int:
    k = np.arange(TAPS)
    response = (np.exp(-k / 205.0) / 205.0).astype(np.float32)
    signal.oaconvolve(power, response[None, :], mode="valid", axes=-1)
    return RACKS * (power.shape[1] - TAPS + 1)


def lag_of(tau_s: float) -> tuple[float, float, float]:
    """a, b0, b1 of y[n] = a y[n-1] + b0 x[n] + b1 x[n-1]: the first-order hold."""
    r = 1.0 / (RATE_HZ * tau_s)
    share = -math.expm1(-r) / r
    return math.exp(-r), 1.0 - share, share - math.exp(-r)


def storage(load_w: np.ndarray) -> np.ndarray:
    """What the grid sees behind one battery with limits, sample by sample: what NumPy leaves to a Python loop."""
    a, b0, b1 = lag_of(60.0)
    c, d0, d1 = lag_of(0.020)
    dt, limit, floor, ceiling, efficiency = 1e-3, 40e6, -4e9, 4e9, 0.96
    draw = np.empty_like(load_w)
    low = before = load_w[0]
    power = command_before = stored = 0.0
    for i, load in enumerate(load_w):
        low = a * low + b0 * load + b1 * before
        command = min(max(load - low, -limit), limit)
        power = c * power + d0 * command + d1 * command_before
        factor = 1.0 / efficiency if power > 0.0 else efficiency
        after = min(max(stored - power * dt * factor, floor), ceiling)
        draw[i] = load - (stored - after) / (dt * factor)
        before, command_before, stored = load, command, after
    return draw


def run_storage(load_w: np.ndarray) -> int:
    storage(load_w)
    return load_w.size


def run_lfilter(load_w: np.ndarray) -> int:
    """The same battery without its limits: two linear filters."""
    shifted = load_w - load_w[0]
    a, b0, b1 = lag_of(60.0)
    c, d0, d1 = lag_of(0.020)
    wish = shifted - signal.lfilter([b0, b1], [1.0, -a], shifted)
    load_w - signal.lfilter([d0, d1], [1.0, -c], wish)
    return load_w.size


def run_sweep(load: np.ndarray) -> int:
    """Batteries side by side: every line is one operation on all candidates."""
    share = np.arange(1, CANDIDATES + 1, dtype=np.float32) / CANDIDATES
    limit, floor, ceiling = 0.5 * share, -2.0 * share, 2.0 * share
    a, b0, b1 = lag_of(60.0)
    c, d0, d1 = (np.float32(v) for v in lag_of(0.020))
    charge, discharge = np.float32(1e-3 * 0.96), np.float32(1e-3 / 0.96)
    power, command_before, stored, worst = (np.zeros(CANDIDATES, np.float32) for _ in range(4))
    low = before = float(load[0])
    for x in load.tolist():
        low = a * low + b0 * x + b1 * before
        before = x
        command = np.clip(np.float32(x - low), -limit, limit)
        power = c * power + d0 * command + d1 * command_before
        command_before = command
        factor = np.where(power > 0, discharge, charge)
        after = np.clip(stored - power * factor, floor, ceiling)
        worst = np.maximum(worst, np.float32(x) - (stored - after) / factor)
        stored = after
    return load.size * CANDIDATES


def bands_of(frequency_hz: np.ndarray) -> np.ndarray:
    """[bins, bands]: 1 where a bin is within a band, times its width."""
    inside = [(frequency_hz >= low) & (frequency_hz < high) for low, high in BANDS_HZ]
    return np.stack(inside, axis=1).astype(np.float32) * np.float32(frequency_hz[1])


def decide(energy: np.ndarray, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    """[racks, frames]: the frames to look at again. energy: [racks, bands, frames]."""
    level = np.log10(energy + np.float32(64 / 12))
    median = np.median(level, axis=-1, keepdims=True)
    spread = np.median(np.abs(level - median), axis=-1, keepdims=True)
    score = (level - median) / (1.4826 * np.maximum(spread, 0.02))
    seldom = (score > 3).mean(axis=-1, keepdims=True) <= 0.1
    marked = level > np.quantile(level, 0.95, axis=-1, keepdims=True) + 0.6
    top = np.quantile(most, 0.95, axis=-1, keepdims=True)
    bottom = np.quantile(least, 0.05, axis=-1, keepdims=True)
    margin = np.maximum((top - bottom) / 4, 48)
    outside = (most > top + margin) | (least < bottom - margin)
    return (marked | ((score > 6) & seldom)).any(axis=1) | outside


def analyze_racks(power: np.ndarray) -> None:
    """Spectra fast and slow, bands, levels, ramps, and the frames with events."""
    frequency, _, spectra = signal.spectrogram(power, RATE_HZ, "hann", 1024, 512,
                                               detrend="constant")
    spectra.mean(axis=2) @ bands_of(frequency)
    energy = bands_of(frequency).T @ spectra
    slow = signal.upfirdn(signal.firwin(321, 0.5 / 16), power, down=16, axis=1)
    frequency, psd = signal.welch(slow, RATE_HZ / 16, "hann", min(1024, slow.shape[1]))
    psd @ bands_of(frequency)
    power.min(axis=1), power.max(axis=1), power.mean(axis=1, dtype=np.float64), power.std(axis=1)
    for lag in RAMP_LAGS:
        change = power[:, lag:] - power[:, :-lag]
        change.max(axis=1), change.min(axis=1)
    frames = np.lib.stride_tricks.sliding_window_view(power, 1024, axis=1)[:, ::512]
    frames.mean(axis=2)
    slope = np.abs(np.diff(power, axis=1))
    np.lib.stride_tricks.sliding_window_view(slope, 1023, axis=1)[:, ::512].max(axis=2)
    decide(energy, frames.min(axis=2), frames.max(axis=2))


def run_analyze(power: np.ndarray) -> int:
    """What a notebook does for the whole chain, some racks at a time so that all of it fits into
    memory. It need not measure events, judge rules, count cycles or write a file."""
    load_w = np.zeros(power.shape[1])
    for first in range(0, len(power), RACKS_AT_ONCE):
        some = power[first:first + RACKS_AT_ONCE]
        analyze_racks(some)
        load_w += some.sum(axis=0, dtype=np.float64)
    frame = 2 ** int(math.log2(min(65536, load_w.size // 4)))
    for series in (load_w, storage(load_w)):
        signal.spectrogram(series, RATE_HZ, "hann", frame, frame // 2)
    return power.size


# ---- timing ------------------------------------------------------------------------------------


def machine_busy_s() -> float:
    user, nice, system, _, _, irq, soft, steal = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")


def measure(work, argument, repetitions: int) -> tuple[float, float, int, float]:
    """Best seconds, best CPU seconds, samples, and the share of the machine that others used."""
    samples = work(argument)
    busy, own, start = machine_busy_s(), time.process_time(), time.perf_counter()
    best = best_cpu = math.inf
    for _ in range(repetitions):
        before, cpu_before = time.perf_counter(), time.process_time()
        work(argument)
        best = min(best, time.perf_counter() - before)
        best_cpu = min(best_cpu, time.process_time() - cpu_before)
    elapsed = time.perf_counter() - start
    others = machine_busy_s() - busy - (time.process_time() - own)
    return best, best_cpu, samples, max(0.0, others / (elapsed * os.cpu_count()))


def site_load(samples: int) -> np.ndarray:
    return 1000.0 * power_w(0, samples).astype(np.float64)


def site_recording(samples: int) -> np.ndarray:
    return recording(samples // 2, SITE_RACKS)


def per_unit_load(samples: int) -> np.ndarray:
    return power_w(0, samples).astype(np.float64) / 110e3


# row of the bench, work, its argument from the samples of a rack, words, target
COMPARISONS = (
    ("welch", run_welch, recording, "scipy.signal.welch", 50.0),
    ("overlap_save", run_overlap_save, recording, "scipy.signal.oaconvolve", 25.0),
    ("storage.site", run_storage, lambda n: site_load(n // 8), "a loop over NumPy values", None),
    ("storage.site", run_lfilter, site_load, "scipy.signal.lfilter, no limits", None),
    ("sweep", run_sweep, lambda n: per_unit_load(n // 16), "a NumPy loop over candidates", 100.0),
    ("analyze.memory", run_analyze, site_recording, "the chain in scipy and NumPy", 40.0),
    ("analyze.long", run_analyze, site_recording, "the chain in scipy and NumPy", 40.0),
)


def compare(ours: dict, work, argument, words: str, target: float | None, repetitions: int) -> dict:
    seconds, cpu_seconds, samples, foreign = measure(work, argument, repetitions)
    ratio = ours["gsamples_per_s"] * 1e9 * seconds / samples
    return {
        "figure": f"{ours['figure']}.{'scipy' if 'scipy' in words else 'numpy'}",
        "samples": ours["samples"],
        "seconds": ours["seconds"],
        "gsamples_per_s": ours["gsamples_per_s"],
        "reference": f"{words} (scipy {scipy.__version__}, NumPy {np.__version__})",
        "ratio": ratio,
        "cpu_ratio": cpu_seconds / samples / ours["cpu_seconds"] * ours["samples"],
        "target": target,
        "met": None if target is None else ratio >= target,
        "cpu_seconds": ours["cpu_seconds"],
        "reference_seconds": seconds,
        "reference_cpu_seconds": cpu_seconds,
        "reference_samples": samples,
        "foreign_load": max(foreign, ours["foreign_load"]),
    }


def show(row: dict) -> None:
    met = {None: "-", True: "yes", False: "no"}[row["met"]]
    target = "-" if row["target"] is None else f"{row['target']:.0f}"
    theirs = row["reference_samples"] / row["reference_seconds"] / 1e9
    noisy = "!" if row["foreign_load"] > NOISY else " "
    print(f"{row['figure']:24s} {row['gsamples_per_s']:9.4f} {theirs:9.4f} {row['ratio']:8.1f} "
          f"{target:>7s} {met:>4s} {100 * row['foreign_load']:5.0f} %{noisy} {row['reference']}",
          flush=True)


def run_bench(options: argparse.Namespace, path: str) -> list[dict]:
    """Rows of surgetank-bench; its table goes to our output."""
    command = [options.bench, "--json", path] + (["--quick"] if options.quick else [])
    if options.only:
        command += ["--only", options.only]
    print(" ".join(command), flush=True)
    status = subprocess.run(command).returncode
    if status != 0:
        sys.exit(status)
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a quarter of the data, 3 repetitions")
    parser.add_argument("--only", metavar="FIGURE", help="one figure of surgetank-bench")
    parser.add_argument("--json", metavar="FILE", help="where rows go, one JSON object per line")
    parser.add_argument("--bench", metavar="PROGRAM",
                        default=str(Path(__file__).resolve().parents[1] / "build/surgetank-bench"))
    return parser.parse_args()


def main() -> None:
    options = parse()
    samples = 1 << (16 if options.quick else 18)  # bench_samples of data.c
    with tempfile.TemporaryDirectory() as folder:
        path = options.json or f"{folder}/rows.json"
        rows = {row["figure"]: row for row in run_bench(options, path)}
        print(f"\n{'figure':24s} {'Gs/s':>9s} {'theirs':>9s} {'ratio':>8s} {'target':>7s} "
              f"{'met':>4s} {'others':>7s}  ratio to")
        shared = recording(samples)
        with open(path, "a", encoding="utf-8") as out:
            for figure, work, make, words, target in COMPARISONS:
                if figure in rows:
                    argument = shared if make is recording else make(samples)
                    row = compare(rows[figure], work, argument, words, target,
                                  3 if options.quick else 7)
                    show(row)
                    out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
