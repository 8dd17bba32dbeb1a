#!/usr/bin/env python3
"""Designs the decimating FIR (METHODS 2) with SciPy and NumPy; shares no code with the engine.

    make_decimator.py table > src/formula/fir_table.h      the sharp stages
    make_decimator.py check                                ripple and attenuation for every D
    make_decimator.py reference                            decimator_D.f64: the whole impulse response
"""
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import linprog

TAPS = 53  # of the sharp stage
STOP_WEIGHT = 0.9  # of an error there against one in the pass band
ZEROS = {2: (0.1, 0.28, 0.42, 0.5), 4: (0.19, 0.45)}  # around images, in units of fs/D


def gain(h: np.ndarray, frequency) -> np.ndarray:
    place = np.arange(len(h)) - (len(h) - 1) / 2
    return np.cos(2 * np.pi * np.multiply.outer(frequency, place)) @ h


def image(step: int, ratio: int) -> np.ndarray:
    """Zeros around every multiple of the output's rate, which is `ratio` times fs/D."""
    h = np.ones(1)
    for zero in ZEROS[step]:
        turn = np.exp(2j * np.pi * zero / ratio / step * np.arange(step))
        h = np.convolve(h, np.convolve(turn, turn.conj()).real)
    return h / h.sum()


def sharp(kind: str) -> np.ndarray:
    """The equiripple low-pass that decimates by 2, by linear programming; `raised` makes up for the
    stage before it."""
    frequency = np.concatenate([np.linspace(0, 0.2, 400), np.linspace(0.3, 0.5, 400)])
    before = gain(image(2, 2), frequency / 2) if kind == "raised" else np.ones(800)
    passes = frequency < 0.25
    size = np.abs(before) * np.where(passes, 1, STOP_WEIGHT)
    basis = np.cos(2 * np.pi * np.multiply.outer(frequency, np.arange(TAPS // 2 + 1)))
    wanted = passes / np.where(passes, before, 1)
    error = 1 / size[:, None]
    a = linprog(np.append(np.zeros(TAPS // 2 + 1), 1), bounds=(None, None), method="highs",
                A_ub=np.block([[basis, -error], [-basis, -error]]),
                b_ub=np.concatenate([wanted, -wanted])).x[:-1]
    h = np.concatenate([a[:0:-1] / 2, a[:1], a[1:] / 2])
    return h / h.sum()


def lift(before: list[tuple[int, np.ndarray]]) -> np.ndarray:
    """1/droop of (decimation up to the sharp stage, taps): a cubic in sin^2, through 1 at 0 Hz and
    Chebyshev's points."""
    points = np.cos(np.pi * np.array([1, 3, 5]) / 8)
    edge = np.sin(0.2 * np.pi) ** 2
    square = edge * (points + points[0]) / (1 + points[0])
    droop = np.prod([gain(h, np.arcsin(np.sqrt(square)) / np.pi / rate) for rate, h in before], 0)
    cubic = np.linalg.solve(square[:, None] ** [1, 2, 3], 1 / droop - 1)
    sine = np.array([-0.25, 0.5, -0.25])
    return (np.array([0, 0, 0, 1, 0, 0, 0]) + np.pad(cubic[0] * sine, 2)
            + np.pad(cubic[1] * np.convolve(sine, sine), 1)
            + cubic[2] * np.convolve(np.convolve(sine, sine), sine))


def stages(decimation: int) -> list[tuple[int, np.ndarray]]:
    """(step, taps) in the order in which samples pass them; decimation >= 2."""
    left, found, before = decimation // 2, [], []
    while left > 1:
        step = 4 if left > 2 and np.log2(left) % 2 == 1 else 2
        left //= step
        found.append((step, image(step, 2 * left)))
        before.append((left * step, found[-1][1]))
    h = sharp("raised" if found else "flat")
    if len(found) > 1:
        h = np.convolve(h, lift(before[:-1]))
    return [*found, (2, h)]


def whole(parts: list[tuple[int, np.ndarray]]) -> np.ndarray:
    """One FIR at the full rate that does what the stages do."""
    h, rate = np.ones(1), 1
    for step, taps in parts:
        spread = np.zeros((len(taps) - 1) * rate + 1)
        spread[::rate] = taps
        h, rate = np.convolve(h, spread), rate * step
    return h


def print_table() -> None:
    print("/* fir_table.h - equiripple low-passes for decimation by 2, from the first tap to the middle "
          "one;\n * made by data/reference/make_decimator.py. */\n"
          "#ifndef ST_FORMULA_FIR_TABLE_H\n#define ST_FORMULA_FIR_TABLE_H")
    for kind, text in (("flat", "alone"), ("raised", "behind st_fir_image(2, 2), whose droop it lifts")):
        half = sharp(kind)[:TAPS // 2 + 1]
        print(f"\n/* {text} */\nstatic const double st_fir_{kind}[{len(half)}] = {{")
        for at in range(0, len(half), 5):
            print("    " + " ".join(f"{tap:.10e}," for tap in half[at:at + 5]))
        print("};")
    print("\n#endif")


def print_check() -> None:
    print(f"{'D':>5} {'taps':>6}  {'products':>8}  {'pass band, dB':>18}  {'stop band, dB':>13}")
    for exponent in range(1, 13):
        decimation = 2 ** exponent
        parts = [(step, np.float64(np.float32(h))) for step, h in stages(decimation)]
        rates = np.cumprod([step for step, _ in parts])
        products = sum(len(h) / rate for (_, h), rate in zip(parts, rates))
        h = whole(parts)
        spectrum = abs(np.fft.rfft(h, 2 ** int(np.ceil(np.log2(64 * len(h))))))
        place = np.linspace(0, decimation / 2, len(spectrum))
        flat = 20 * np.log10(spectrum[place <= 0.4])
        print(f"{decimation:5} {len(h):6}  {products:8.2f}  {flat.min():8.5f} {flat.max():8.5f}"
              f"  {20 * np.log10(spectrum[place >= 0.6].max()):13.2f}")


def write_reference() -> None:
    for decimation in (2, 4, 8, 16, 128):
        whole(stages(decimation)).astype("<f8").tofile(
            Path(__file__).with_name(f"decimator_{decimation}.f64"))


if __name__ == "__main__":
    {"table": print_table, "check": print_check, "reference": write_reference}[sys.argv[1]]()
