#!/usr/bin/env python3
"""Writes the reference for cycle counting and fade of a storage stage, next to this script.

    python data/reference/make_wear_reference.py

Independent of the C code: rainflow on the whole list of turning points (ASTM E1049-85, 5.4.4), the
fade after METHODS 10 sample by sample. Fixed seed; raw little-endian float64.

    wear_soc       [8000] state of charge
    wear_count     [100] cycles per depth bin;  wear_depth  [100] mean depth, NaN when empty
    wear_fade      [cases x 6]: temperature K, energy J, duration s, throughput J, fade per year,
                   mean depth; the state of charge is wear_soc in each
"""
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def make_soc() -> np.ndarray:
    rng = np.random.default_rng(5)
    i = np.arange(8000)
    soc = 0.5 + 0.25 * np.sin(2 * np.pi * i / 3400) + 0.04 * np.sin(2 * np.pi * i / 140)
    soc += np.cumsum(rng.normal(0, 4e-4, i.size))
    return np.clip(soc, 0.05, 0.95)


def turning_points(x: np.ndarray) -> list[float]:
    moved = x[np.concatenate(([True], np.diff(x) != 0))]
    rises = np.sign(np.diff(moved))
    inner = moved[1:-1][rises[1:] != rises[:-1]]
    return [float(moved[0]), *map(float, inner), float(moved[-1])]


def rainflow(points: list[float]) -> list[tuple[float, float]]:
    """(range, cycles) of every counted range."""
    found, kept = [], []
    for point in points:
        kept.append(point)
        while len(kept) >= 3:
            x, y = abs(kept[-1] - kept[-2]), abs(kept[-2] - kept[-3])
            if x < y:
                break
            if len(kept) == 3:
                found.append((y, 0.5))
                kept.pop(0)
            else:
                found.append((y, 1.0))
                del kept[-3:-1]
    found += [(abs(b - a), 0.5) for a, b in zip(kept, kept[1:])]
    return found


def anode_v(soc: np.ndarray) -> np.ndarray:
    x = 0.0085 + 0.7715 * soc
    return (0.6379 + 0.5416 * np.exp(-305.5309 * x) + 0.044 * np.tanh(-(x - 0.1958) / 0.1088)
            - 0.1978 * np.tanh((x - 1.0571) / 0.0854) - 0.6875 * np.tanh((x + 0.0117) / 0.0529)
            - 0.0175 * np.tanh((x - 0.5692) / 0.0875))


def fade(soc: np.ndarray, depth: float, kelvin: float, energy_j: float, duration_s: float,
         throughput_j: float) -> float:
    kcal = np.mean(8.37e4 * np.exp(-5210 / kelvin) * np.exp(-3560 * anode_v(soc) / kelvin))
    c_rate = throughput_j / duration_s / (energy_j / 3600)
    kcyc = ((4.38e-8 + 1.55e-8 * depth + 1.68e-7 * c_rate)
            * (np.exp(2190 / kelvin) + np.exp(-1.55e5 / kelvin)))
    cycles_year = throughput_j / (2 * energy_j) * 365 * 86400 / duration_s
    return float(kcal * 365 ** 0.526 + kcyc * cycles_year ** 0.828)


def main() -> None:
    soc = make_soc()
    counted = rainflow(turning_points(soc))
    count, weighted = np.zeros(100), np.zeros(100)
    for depth, cycles in counted:
        slot = min(99, int(depth * 100))
        count[slot] += cycles
        weighted[slot] += cycles * depth
    mean = np.divide(weighted, count, out=np.full(100, np.nan), where=count > 0)
    depth = weighted.sum() / count.sum()
    cases = [(298.15, 1.387e10, 40000.0, 3.1e9), (318.15, 1.387e10, 40000.0, 3.1e10),
             (283.15, 6.0e11, 86400.0, 9.7e9), (308.15, 1.692e7, 4000.0, 2.0e5)]
    rows = [(*c, fade(soc, depth, *c), depth) for c in cases]
    for name, values in (("soc", soc), ("count", count), ("depth", mean),
                         ("fade", np.array(rows))):
        np.ascontiguousarray(values, "<f8").tofile(HERE / f"wear_{name}.f64")


if __name__ == "__main__":
    main()
