#!/usr/bin/env python3
"""Writes the reference numbers that the C tests are judged by, next to this script.

    python data/reference/make_reference.py

Independent float64 oracles: scipy.signal, or the formula written as a plain loop. Fixed seeds, so a
second run writes the same bytes (same numpy and scipy). tests/reference.h reads all of it.

`NAME.f64` / `NAME.f32`: raw little-endian arrays (f32 where the values are float32 anyway).
`values.txt`: `name value` lines, %.17g.

    welch_x                     [16384] W at 1000 Hz: 100 kW of DC under 10 W of ripple
    welch_psd_{256,1024,4096}   scipy.signal.welch of it, hann, 50 %, constant detrend, W^2/Hz
    load                        [30000] W: a site of about 100 MW with rhythm, steps and noise; the
                                rate is what the user of it says (100, 250, 500 or 1000 Hz)
    sos_NAME                    [sections x 6] butter(4, bandpass): NAME = ercot (0.1-55 Hz at
                                1000 Hz), low (0.1-20 at 250), lipa (5-55 at 500)
    sosfilt_NAME                sosfilt of (load - load[0])[:20000], every 8th output (0, 8, 16, ..)
    lag_{fast,slow}             first-order-hold lag (METHODS 6) of load at 1000 Hz, tau 0.02 and
                                60 s, y[-1] = x[-1] = load[0]; every 8th output
    step_load                   [6000] W at 100 Hz: swings that hit every limit of a small battery
    step_{smooth,ramp}_{p,soc,draw}   [6000] constrained storage (4.7), W, share, W
    step.*  (values)            its parameters, L0, clip_power_s, clip_energy_s
    convolve_h, convolve_x      [1025], [8192];  convolve_y: first 8192 of oaconvolve(x, h)
    rule.{100,250}.KIND.*       brute-force statistics (4.8) of load at that rate in W, s, W/s:
                                value and window (index of the first sample of the worst window);
                                their parameters are below in `rules`
"""
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import signal

HERE = Path(__file__).resolve().parent
VALUES: dict[str, float] = {}


def save(name: str, values: np.ndarray, kind: str = "f64") -> None:
    np.ascontiguousarray(values, {"f64": "<f8", "f32": "<f4"}[kind]).tofile(HERE / f"{name}.{kind}")


def as_float32(values: np.ndarray) -> np.ndarray:
    """Values that float32 holds exactly, as float64: C and Python start from the same numbers."""
    return values.astype(np.float32).astype(np.float64)


# ---- detect: Welch ------------------------------------------------------------------------------
def welch() -> None:
    rng = np.random.default_rng(1)
    t = np.arange(16384) / 1000.0
    x = 100e3 + 4 * np.sin(2 * np.pi * 1.37 * t) + 3 * np.sin(2 * np.pi * 97.3 * t)
    x += np.cumsum(rng.normal(0, 0.2, t.size)) + rng.normal(0, 2, t.size)
    x = as_float32(x)
    save("welch_x", x, "f32")
    for n in (256, 1024, 4096):
        _, psd = signal.welch(x, 1000.0, "hann", n, n // 2, detrend="constant", scaling="density")
        save(f"welch_psd_{n}", psd)


# ---- the load that filters, lags and rules share ------------------------------------------------
def make_load() -> np.ndarray:
    rng = np.random.default_rng(2)
    i = np.arange(30000)
    rhythm = 12e6 * np.tanh(4 * np.sin(2 * np.pi * i / 143.0))
    wander = np.cumsum(rng.normal(0, 30e3, i.size))
    steps = np.zeros(i.size)
    for at, size in ((7000, -35e6), (9100, 35e6), (17777, 18e6), (23456, -22e6)):
        steps[at:] += size
    ripple = 1.5e6 * np.sin(2 * np.pi * i / 9.7) + rng.normal(0, 0.4e6, i.size)
    return as_float32(100e6 + rhythm + wander + steps + ripple)


FILTERS = {"ercot": ((0.1, 55.0), 1000.0), "low": ((0.1, 20.0), 250.0), "lipa": ((5.0, 55.0), 500.0)}


def filters(load: np.ndarray) -> None:
    for name, (band, rate_hz) in FILTERS.items():
        sos = signal.butter(4, band, "bandpass", fs=rate_hz, output="sos")
        save(f"sos_{name}", sos)
        save(f"sosfilt_{name}", signal.sosfilt(sos, (load - load[0])[:20000])[::8])


def hold_lag(dt: float, tau: float) -> tuple[float, float, float]:
    """a, b0, b1 of y[n] = a y[n-1] + b0 x[n] + b1 x[n-1] (exact for straight lines between samples)."""
    if tau == 0:
        return 0.0, 1.0, 0.0
    r = dt / tau
    a, rest = np.exp(-r), -np.expm1(-r)
    return float(a), float(1 - rest / r), float(rest / r - a)


def lags(load: np.ndarray) -> None:
    for name, tau in (("fast", 0.02), ("slow", 60.0)):
        a, b0, b1 = hold_lag(0.001, tau)
        # The state of lfilter that a past of load[0] would have left behind.
        y, _ = signal.lfilter([b0, b1], [1, -a], load, zi=[b1 * load[0] + a * load[0]])
        save(f"lag_{name}", y[::8])


# ---- respond: constrained storage, METHODS 7 line by line --------------------------------------
STEP = {"dt": 0.01, "tau": 8.0, "up": 1.5e6, "down": 2.5e6, "recovery": 45.0, "power": 20e6,
        "energy": 120e6, "delay": 0.03, "response": 0.05, "efficiency_charge": 0.95,
        "efficiency_discharge": 0.93, "soc_min": 0.2, "soc_max": 0.8, "soc_start": 0.5}


def make_step_load() -> np.ndarray:
    rng = np.random.default_rng(3)
    t = np.arange(6000) * STEP["dt"]
    load = 90e6 + 14e6 * np.sign(np.sin(2 * np.pi * 0.31 * t)) + rng.normal(0, 0.2e6, t.size)
    load += np.where(t > 20, -40e6, 0) + np.where(t > 38, 65e6, 0)
    return as_float32(load)


def clamp(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def step(load: np.ndarray, ramp: bool) -> dict[str, np.ndarray | float]:
    s, n = STEP, len(load)
    dt, energy = s["dt"], s["energy"]
    prime = float(np.mean(load[: min(round(s["tau"] / dt), n)]))
    a1, b01, b11 = hold_lag(dt, s["tau"])
    a2, b02, b12 = hold_lag(dt, s["response"])
    low = last_load = target = prime
    lag = last_delayed = 0.0
    queue = [0.0] * round(s["delay"] / dt)
    stored = s["soc_start"] * energy
    p_w, soc, draw = np.zeros(n), np.zeros(n), np.zeros(n)
    clip_power = clip_energy = 0
    for i in range(n):
        x = float(load[i])
        low = a1 * low + b01 * x + b11 * last_load
        last_load = x
        target = clamp(low, target - s["down"] * dt, target + s["up"] * dt) if ramp else low
        wish = x - target + (stored / energy - s["soc_start"]) * energy / s["recovery"]
        command = clamp(wish, -s["power"], s["power"])
        clip_power += command != wish
        queue.append(command)
        delayed = queue.pop(0)
        lag = a2 * lag + b02 * delayed + b12 * last_delayed
        last_delayed = delayed
        p = lag
        taken = p * dt / s["efficiency_discharge"] if p > 0 else p * dt * s["efficiency_charge"]
        after = clamp(stored - taken, s["soc_min"] * energy, s["soc_max"] * energy)
        if after != stored - taken:
            clip_energy += 1
            let = stored - after
            p = let * s["efficiency_discharge"] / dt if p > 0 else let / (dt * s["efficiency_charge"])
        stored = after
        p_w[i], soc[i], draw[i] = p, stored / energy, x - p
    return {"p": p_w, "soc": soc, "draw": draw, "prime_w": prime,
            "clip_power_s": clip_power * dt, "clip_energy_s": clip_energy * dt}


def stepper() -> None:
    load = make_step_load()
    save("step_load", load, "f32")
    VALUES.update({f"step.{name}": value for name, value in STEP.items()})
    for mode in ("smooth", "ramp"):
        found = step(load, mode == "ramp")
        for name, value in found.items():
            if isinstance(value, np.ndarray):
                save(f"step_{mode}_{name}", value)
            else:
                VALUES[f"step.{mode}.{name}"] = value
        assert found["clip_power_s"] > 0 and found["clip_energy_s"] > 0, mode
        assert found["soc"].max() == STEP["soc_max"] or found["soc"].min() == STEP["soc_min"]


def convolution() -> None:
    rng = np.random.default_rng(4)
    h = as_float32(np.exp(-np.arange(1025) / 200.0) / 200.0 * (1 + 0.3 * rng.normal(size=1025)))
    x = as_float32(20e3 * rng.normal(size=8192) + 5e3 * np.sin(np.arange(8192) / 31.0))
    save("convolve_h", h, "f32")
    save("convolve_x", x, "f32")
    save("convolve_y", signal.oaconvolve(x, h)[:8192])


# ---- assess: the statistics, by brute force -----------------------------------------------------
def points(seconds: float, rate_hz: float) -> int:
    return int(round(seconds * rate_hz))


def rolling_range(x: np.ndarray, rate_hz: float, window_s: float) -> tuple[float, int]:
    view = sliding_window_view(x, min(points(window_s, rate_hz) + 1, len(x)))
    ranges = view.max(axis=1) - view.min(axis=1)
    return float(ranges.max()), int(ranges.argmax())


def change(x: np.ndarray, rate_hz: float, lag_s: float, direction: str) -> tuple[float, int]:
    lag = points(lag_s, rate_hz)
    d = x[lag:] - x[:-lag]
    d = {"up": d, "down": -d, "both": np.abs(d)}[direction]
    return float(d.max()), int(d.argmax())


def slope_if(x: np.ndarray, rate_hz: float, window_s: float, threshold_w: float) -> tuple[float, int]:
    value, window = rolling_range(x, rate_hz, window_s)
    return (value / window_s, window) if value > threshold_w else (0.0, 0)


def ramp_percentile(x: np.ndarray, rate_hz: float, average_s: float, percentile: float) -> float:
    size = points(average_s, rate_hz)
    means = x[: len(x) // size * size].reshape(-1, size).mean(axis=1)
    return float(np.percentile(np.abs(np.diff(means)) / average_s, percentile))


def band_amplitude(x: np.ndarray, rate_hz: float, band: tuple[float, float],
                   window_s: float) -> tuple[float, int]:
    sos = signal.butter(4, band, "bandpass", fs=rate_hz, output="sos")
    squares = signal.sosfilt(sos, x - x[0]) ** 2
    means = sliding_window_view(squares, points(window_s, rate_hz)).mean(axis=1)
    return float(np.sqrt(2 * means.max())), int(means.argmax())


def hann_line(spectrum: np.ndarray, k: int, n: int) -> float:
    """Amplitude of the line at the peak k of |FFT(periodic Hann x)|, exact for one sine."""
    neighbour = max(spectrum[k - 1], spectrum[k + 1] if k + 1 < len(spectrum) else 0.0)
    r = neighbour / spectrum[k]
    d = clamp((2 * r - 1) / (r + 1), 0.0, 0.5)
    shape = 1.0 if d == 0 else np.pi * d * (1 - d * d) / np.sin(np.pi * d)
    return float(2 * spectrum[k] / (n / 2) * shape)


def line_amplitude(x: np.ndarray, rate_hz: float, band: tuple[float, float],
                   n: int) -> tuple[float, int]:
    window = signal.get_window("hann", n)
    inside = np.flatnonzero((np.fft.rfftfreq(n, 1 / rate_hz) >= band[0])
                            & (np.fft.rfftfreq(n, 1 / rate_hz) <= band[1]))
    inside = inside[inside >= 2]
    best, where = 0.0, 0
    for start in range(0, len(x) - n + 1, n // 2):
        frame = x[start:start + n]
        spectrum = np.abs(np.fft.rfft(window * (frame - frame.mean())))
        line = hann_line(spectrum, int(inside[spectrum[inside].argmax()]), n)
        if line > best:
            best, where = line, start
    return best, where


def energy_share(x: np.ndarray, rate_hz: float, band: tuple[float, float], form: str) -> float:
    n = 256
    while 2 * n <= min(65536, len(x) // 4):
        n *= 2
    f = np.fft.rfftfreq(n, 1 / rate_hz)
    df = rate_hz / n
    if form == "amplitude":
        view = sliding_window_view(x, n)[:: n // 2] * signal.get_window("hann", n)
        size = np.sqrt(np.mean(np.abs(np.fft.rfft(view, axis=1)) ** 2, axis=0))
        return float(size[(f >= band[0]) & (f <= band[1])].max() / size.sum())
    _, psd = signal.welch(x, rate_hz, "hann", n, n // 2, detrend="constant", scaling="density")
    left, right = np.maximum(f - df / 2, 0), np.minimum(f + df / 2, rate_hz / 2)
    overlap = np.maximum(np.minimum(right, band[1]) - np.maximum(left, band[0]), 0)
    return float((psd * overlap)[1:].sum() / (psd * (right - left))[1:].sum())


def rules(load: np.ndarray) -> None:
    for rate_hz in (100.0, 250.0):
        def put(name: str, found: tuple[float, int] | float) -> None:
            key = f"rule.{rate_hz:.0f}.{name}"
            if isinstance(found, tuple):
                VALUES[key + ".value"], VALUES[key + ".window"] = found
            else:
                VALUES[key + ".value"] = found

        put("rolling_range_5s", rolling_range(load, rate_hz, 5))
        put("rolling_range_1000s", rolling_range(load, rate_hz, 1000))
        put("change_up_15s", change(load, rate_hz, 15, "up"))
        put("change_down_15s", change(load, rate_hz, 15, "down"))
        put("change_both_60s", change(load, rate_hz, 60, "both"))
        up, window = change(load, rate_hz, 60, "up")
        put("mean_ramp_up_60s", (up / 60, window))
        put("slope_if_20mw_5s", slope_if(load, rate_hz, 5, 20e6))
        put("slope_if_90mw_5s", slope_if(load, rate_hz, 5, 90e6))
        put("ramp_percentile_75_1s", ramp_percentile(load, rate_hz, 1, 75))
        put("ramp_percentile_99_0.4s", ramp_percentile(load, rate_hz, 0.4, 99))
        put("band_amplitude_0.1_5hz_10s", band_amplitude(load, rate_hz, (0.1, 5), 10))
        put("band_amplitude_5_40hz_1s", band_amplitude(load, rate_hz, (5, 40), 1))
        put("line_amplitude_0.2_5hz_1024", line_amplitude(load, rate_hz, (0.2, 5), 1024))
        put("line_amplitude_5_45hz_512", line_amplitude(load, rate_hz, (5, 45), 512))
        put("energy_share_0.1_20hz_energy", energy_share(load, rate_hz, (0.1, 20), "energy"))
        put("energy_share_0.1_20hz_amplitude", energy_share(load, rate_hz, (0.1, 20), "amplitude"))
        put("level", (float(load.max()), int(load.argmax())))
        filtered = signal.sosfilt(
            signal.butter(4, (0.1, 40), "bandpass", fs=rate_hz, output="sos"), load - load[0])
        put("filtered_0.1_40hz_rolling_range_5s", rolling_range(filtered, rate_hz, 5))


def main() -> None:
    welch()
    load = make_load()
    save("load", load, "f32")
    filters(load)
    lags(load)
    stepper()
    convolution()
    rules(load)
    text = "".join(f"{name} {value:.17g}\n" for name, value in sorted(VALUES.items()))
    (HERE / "values.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
