#!/usr/bin/env python3
"""The sizing sweep against the same work in NumPy, vectorised over candidates.

    compare_sweep.py SURGETANK [--seconds 60] [--candidates 256] [--repeat 5] [--json FILE]

Batteries (256 of them) behind one load of 1 kHz, all of them in their limits now and then, so that
none can stand for another. NumPy steps all candidates sample by sample and then applies the rules
to the draws at once (SciPy for the filter and the sliding extremes). The program is timed as a
process, with as many counts of units and with 64 times as many between them: a 63rd part of the
difference is the figure; reading, detection and the summary are in both and fall out. Seconds are
those of the clock; on a machine that others use, the ratio of processor seconds (per thread) says
more and is printed beside it.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

UNIT_MW, UNIT_MWH, DT = 1.927, 3.854, 1e-3  # megapack-2xl-2h
MORE = 64  # times as many candidates in the longer run
SITE = f"""name: bench
nominal_mw: 28000
gpus: 1
racks: 1
replicate: lockstep
source: bench
storage:
  - {{name: field, place: site, unit: megapack-2xl-2h, units: 10, response_s: 0.02,
     delay_s: 0.005, control: {{mode: smooth, tau_s: 60}}, source: bench}}
"""
LEVEL = """name: level
title: level
rules:
  - {id: LEVEL, source: bench, status: draft, text: level, point: draw, filter: none,
     statistic: {kind: level}, limit: {value: 1, unit: MW}}
"""


def load_of(samples: int) -> np.ndarray:
    """W: 8 GW, and 18 GW more for half of every 1.7 s: more than the largest battery holds, or
    one of those that hold it would stand for all of them."""
    t = np.arange(samples) * DT
    noise = np.random.default_rng(1).normal(0.0, 1e7, samples)
    return (8e9 + np.where(t % 1.7 < 0.85, 18e9, 0.0) + noise).astype(np.float32)


def write_trace(path: Path, load: np.ndarray) -> None:
    import h5py
    with h5py.File(path, "w") as file:
        file["p"] = load[:, None]


def lag(dt: float, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r = dt / tau
    share = -np.expm1(-r) / r
    return (1 - share).astype(np.float32), (share - np.exp(-r)).astype(np.float32)


def step_numpy(load: np.ndarray, power: np.ndarray, response: np.ndarray,
               keep: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Largest draw per candidate, and the draws [samples, candidates]; METHODS 7, no recovery."""
    n, f = len(power), np.float32
    b0, b1 = lag(DT, response)
    t0, t1 = lag(DT, np.array([60.0]))
    t0, t1 = float(t0[0]), float(t1[0])
    before = y = np.zeros(n, f)
    stored = np.zeros(n, f)
    room = (0.4 * UNIT_MWH * 3600 * power / 1e6 / UNIT_MW * 1e6).astype(f)
    most = np.full(n, -np.inf, f)
    draws = np.empty((len(load), n), f) if keep else None
    low, last, late = float(load[:60000].mean()), float(load[:60000].mean()), [0.0] * 5
    power = power.astype(f)
    out, into = f(DT / 0.959), f(DT * 0.959)
    for i, x in enumerate(load.tolist()):
        low += t0 * (x - low) + t1 * (last - low)
        last = x
        late.append(x - low)
        command = np.minimum(np.maximum(f(late.pop(0)), -power), power)
        y = y + (b0 * (command - y) + b1 * (before - y))
        before = command
        after = np.clip(stored - np.maximum(y * out, y * into), -room, room)
        p = np.where(after == stored, 0, y)
        stored = after
        draw = f(x) - p
        np.maximum(most, draw, out=most)
        if keep:
            draws[i] = draw
    return most, draws


def rules_numpy(draws: np.ndarray) -> list[np.ndarray]:
    """ERCOT-PV, the two ramps of ERCOT-1191, IESO-R60, IESO-R15, IESO-OSC."""
    from scipy import signal
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    def span(x: np.ndarray, window: int) -> np.ndarray:
        return (maximum_filter1d(x, window, axis=0) - minimum_filter1d(x, window, axis=0)).max(0)

    sos = signal.butter(4, [0.1, 55], "bandpass", fs=1 / DT, output="sos")
    banded = signal.sosfilt(sos, draws - draws[0].astype(np.float64), axis=0).astype(np.float32)
    values = [span(banded, 5001), span(draws, 15001)]
    if len(draws) > 60000:
        change = draws[60000:] - draws[:-60000]
        values += [np.abs(change).max(0), change.max(0), -change.min(0)]
    frames = np.lib.stride_tricks.sliding_window_view(draws, 8192, axis=0)[::4096]
    window = signal.get_window("hann", 8192).astype(np.float32)
    largest = np.zeros(draws.shape[1], np.float32)
    for frame in frames:
        frame = (frame - frame.mean(1, keepdims=True)) * window
        largest = np.maximum(largest, np.abs(np.fft.rfft(frame, axis=1))[:, 2:].max(1))
    return values + [largest]


def time_process(program: str, folder: Path, limits: str, units: str, responses: int,
                 repeat: int) -> tuple[float, float]:
    """Seconds of the clock and of the processor, each the best of `repeat` runs."""
    command = [program, "size", str(folder / "t.h5"), "--dataset", "/p", "--time-axis", "0",
               "--period", "1ms", "--unit", "W", "--site", str(folder / "site.yaml"),
               "--limits", limits, "-o", str(folder / "s.h5"), "--quiet",
               "--units", units,
               "--response", ",".join(f"{r + 2}ms" for r in range(responses))]
    best = [np.inf, np.inf]
    for _ in range(repeat):
        start, used = time.perf_counter(), processor_s()
        subprocess.run(command, check=True)
        best = [min(best[0], time.perf_counter() - start), min(best[1], processor_s() - used)]
    return best[0], best[1]


def processor_s() -> float:
    """Processor seconds of all children so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--candidates", type=int, default=256)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    load = load_of(asked.seconds * 1000)
    counts, responses = asked.candidates // 4, 4
    power = np.tile(np.arange(1, counts + 1) * MORE * UNIT_MW * 1e6, responses)
    response = np.repeat(0.002 + 0.001 * np.arange(responses), counts)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_trace(folder / "t.h5", load)
        (folder / "site.yaml").write_text(SITE)
        (folder / "level.yaml").write_text(LEVEL)
        for figure, limits, keep in (("sizing sweep, stepping", str(folder / "level.yaml"), False),
                                     ("sizing sweep, ercot+ieso", "ercot,ieso", True)):
            start, used = time.perf_counter(), time.process_time()
            _, draws = step_numpy(load, power, response, keep)
            if keep:
                rules_numpy(draws)
            numpy_s, numpy_used = time.perf_counter() - start, time.process_time() - used
            most = counts * MORE
            few = time_process(asked.program, folder, limits, f"{MORE}:{most}:{MORE}", responses,
                               asked.repeat)
            many = time_process(asked.program, folder, limits, f"1:{most}:1", responses,
                                asked.repeat)
            seconds, used = ((many[i] - few[i]) / (MORE - 1) for i in (0, 1))
            samples = len(load) * asked.candidates
            rows.append({"figure": figure, "samples": samples, "seconds": seconds,
                         "gsamples_per_s": samples / seconds / 1e9, "reference": "numpy",
                         "ratio": numpy_s / seconds, "target": 100.0,
                         "met": bool(numpy_s / seconds >= 100.0)})
            print(f"{figure}: numpy {numpy_s:.2f} s, surgetank {seconds * 1e3:.1f} ms, "
                  f"{samples / seconds / 1e9:.2f} G candidate samples/s, ratio "
                  f"{numpy_s / seconds:.0f}; by processor seconds on "
                  f"{os.cpu_count()} threads {numpy_used / used * os.cpu_count():.0f}")
    if asked.json:
        asked.json.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
