#!/usr/bin/env python3
"""Writes the reference for flicker next to this script.

    python data/reference/make_flicker_reference.py

Independent of the C code: SciPy designs and runs the filters of IEC 61000-4-15:2010 on the whole
series, the percentiles are those of all samples. Raw little-endian float64.

    flicker_pst        [rows x 5]: nominal voltage of the lamp, rate Hz, changes per minute, dV/V %,
                       Pst. The rectangular modulations of Table 5, 600 s from rest; and load.f32
                       (0 changes per minute), dV/V = 1e-9 per W
    flicker_blocks     [4]: rate Hz, worst Pst, its first sample, samples: the blocks of `blocks()`
    flicker_sensation  [2 x 400]: P_inst of load.f32 at 1 kHz, every tenth sample, 120 V and 230 V
"""
from pathlib import Path

import numpy as np
from scipy import signal

HERE = Path(__file__).resolve().parent

# k, lambda, w1..w4 Hz; low-pass Hz; dV/V % of the sine of 8.8 Hz that peaks at P_inst = 1 (Table 1)
LAMPS = {
    120: ((1.6357, 4.167375, 9.077169, 2.939902, 1.394468, 17.31512), 42, 0.321),
    230: ((1.74802, 4.05981, 9.15494, 2.27979, 1.22535, 21.9), 35, 0.250),
}
# Table 5: changes per minute, dV/V % at which Pst is 1 +- 5 %; 120 V 60 Hz and 230 V 50 Hz
TABLE_5 = {
    120: {1: 3.181, 2: 2.564, 7: 1.694, 39: 1.040, 110: 0.844, 1620: 0.548, 4800: 4.837},
    230: {1: 2.715, 2: 2.191, 7: 1.450, 39: 0.894, 110: 0.722, 1620: 0.407, 4000: 2.343},
}
PEAK_HZ = 8.8


def sensation(change: np.ndarray, volts: int, rate: float) -> np.ndarray:
    """P_inst of dV/V."""
    (k, *hz), low_pass, percent = LAMPS[volts]
    lam, w1, w2, w3, w4 = 2 * np.pi * np.array(hz)
    above = np.polymul([k * w1, 0], [1 / w2, 1])
    below = np.polymul(np.polymul([1, 2 * lam, w1**2], [1 / w3, 1]), [1 / w4, 1])
    peak = 2 * np.pi * PEAK_HZ
    weighting = signal.bilinear(above, below, peak / np.tan(peak / 2 / rate) / 2)
    high = signal.butter(1, 0.05, "high", fs=rate)
    low = signal.butter(6, low_pass, "low", fs=rate, output="sos")
    smooth = signal.bilinear([1], [0.3, 1], rate)

    def gain(b, a, f):
        return abs(signal.freqz(b, a, [f], fs=rate)[1][0])

    through = (gain(*high, PEAK_HZ) * gain(*weighting, PEAK_HZ)
               * abs(signal.sosfreqz(low, [PEAK_HZ], fs=rate)[1][0]))
    largest = (percent / 200 * through) ** 2 / 2 * (1 + gain(*smooth, 2 * PEAK_HZ))
    y = signal.lfilter(*high, change - change[0])
    y = signal.lfilter(*weighting, signal.sosfilt(low, y))
    return signal.lfilter(*smooth, y * y / largest)


def severity(p: np.ndarray) -> float:
    """Pst of one block."""
    def mean(*percents):
        return np.mean([np.percentile(p, 100 - k) for k in percents])

    return np.sqrt(0.0314 * mean(0.1) + 0.0525 * mean(0.7, 1, 1.5) + 0.0657 * mean(2.2, 3, 4)
                   + 0.28 * mean(6, 8, 10, 13, 17) + 0.08 * mean(30, 50, 80))


def rectangle(samples: int, rate: float, per_minute: float) -> np.ndarray:
    return np.floor(np.arange(samples) / (60 * rate / per_minute)) % 2


def blocks() -> list[float]:
    """Three blocks and half of a fourth that is stronger, but no block: 39 changes per minute."""
    rate, length = 400, 240000
    strength = np.repeat([0.5, 1.5, 1.0, 3.0], length)[: 7 * length // 2]
    change = 0.01 * strength * rectangle(strength.size, rate, 39)
    p = sensation(change, 120, rate)
    all_of = [severity(p[b * length:(b + 1) * length]) for b in range(3)]
    return [rate, max(all_of), float(np.argmax(all_of)) * length, strength.size]


def main() -> None:
    load = np.fromfile(HERE / "load.f32", "<f4").astype(float)
    rows, inst = [], []
    for volts, table in TABLE_5.items():
        for rate in (400, 1000, 2000):
            for per_minute, percent in table.items():
                change = percent / 100 * rectangle(600 * rate, rate, per_minute)
                rows.append((volts, rate, per_minute, percent,
                             severity(sensation(change, volts, rate))))
        for rate in (400, 1000):
            rows.append((volts, rate, 0, 0, severity(sensation(1e-9 * load, volts, rate))))
        inst.append(sensation(1e-9 * load, volts, 1000)[:4000:10])
    np.array(rows).astype("<f8").tofile(HERE / "flicker_pst.f64")
    np.array(blocks()).astype("<f8").tofile(HERE / "flicker_blocks.f64")
    np.array(inst).astype("<f8").tofile(HERE / "flicker_sensation.f64")
    for volts, rate, per_minute, percent, pst in rows:
        print(f"{volts:.0f} V {rate:.0f} Hz {per_minute:6.0f}/min {percent:.3f} % Pst {pst:.4f}")


if __name__ == "__main__":
    main()
