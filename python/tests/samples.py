"""A small summary/1 file as the engine writes it: the same paths, attributes and enumerations."""
from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

BANDS = ["agc", "inter_area", "local", "control", "torsional", "fast"]
KINDS = "spike dip step_up step_down oscillation gap"
SITE = "name: colossus-2\ntitle: \"Colossus 2, Memphis: 550,000 GPUs, 1,100 MW\"\n"
START_NS = 1_767_225_600 * 10**9


def series() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """time_s, load, draw of two minutes at 100 Hz."""
    rng = np.random.default_rng(0)
    t = np.arange(12000) * 0.01
    load = 7e8 + 1.6e8 * np.tanh(8 * (np.sin(2 * np.pi * t / 2) + 0.6)) + rng.normal(0, 3e6, t.size)
    load[(t > 40) & (t < 41.5)] = 1.1e8
    draw = np.convolve(load, np.full(2000, 1 / 2000), "same") + 0.04 * (load - load.mean())
    return t, load, draw


def put(file: h5py.File, path: str, data, unit: str = "1", words: str | None = None) -> None:
    array = np.asarray(data)
    if array.dtype.kind in "UO":
        dataset = file.create_dataset(path, data=array.astype(object), dtype=h5py.string_dtype())
    else:
        dataset = file.create_dataset(path, data=array)
    dataset.attrs["units"], dataset.attrs["long_name"] = unit, path
    if words:
        dataset.attrs["flag_values"] = np.arange(len(words.split()), dtype=np.uint8)
        dataset.attrs["flag_meanings"] = words


def write_summary(path: Path, leave_out: tuple[str, ...] = ()) -> Path:
    """All groups but those in `leave_out`."""
    with h5py.File(path, "w") as file:
        for name, value in {
                "Conventions": "CF-1.10", "surgetank_format": "summary/1",
                "surgetank_version": "0.1.0", "git_commit": "0" * 40, "backend": "cpu",
                "command_line": "surgetank analyze <b>t.h5</b>", "settings": "frame: 1024\n",
                "site": SITE, "limits": "", "replicate": "lockstep", "input_bytes": 48000,
                "samples": 12000, "start_time_ns": START_NS, "sample_period_ns": 10**7,
                "recorded_racks": 128, "site_racks": 7639, "complete": 1, "coverage": 0.9999,
                "nominal_w": 1.1e9}.items():
            file.attrs[name] = value
        for group, write in (("load", _point), ("draw", _point), ("verdicts", _verdicts),
                             ("events", _events), ("battery", _battery), ("sizing", _sizing)):
            if group not in leave_out:
                write(file, group)
    return path


def _point(file: h5py.File, point: str) -> None:
    from scipy import signal
    t, load, draw = series()
    x = {"load": load, "draw": draw}[point]
    blocks = x.reshape(-1, 4)
    put(file, f"{point}/envelope_time_s", t.reshape(-1, 4).mean(axis=1), "s")
    for name in ("min", "mean", "max"):
        put(file, f"{point}/envelope_{name}_w", getattr(blocks, name)(axis=1), "W")
    f, psd = signal.welch(x, 100, nperseg=2048)
    put(file, f"{point}/frequency_hz", f, "Hz")
    put(file, f"{point}/psd", psd, "W2 Hz-1")
    f, span, gram = signal.spectrogram(x, 100, nperseg=2048)
    put(file, f"{point}/spectrogram_time_s", span, "s")
    put(file, f"{point}/spectrogram", gram.T.astype(np.float32), "W2 Hz-1")
    put(file, f"{point}/band", BANDS)
    scale = 1.0 if point == "load" else 0.05
    put(file, f"{point}/band_rms_w", scale * np.array([np.nan, 9e7, 4e7, 1e7, 6e6, 2e6]), "W")
    put(file, f"{point}/dominant_frequency_hz", [0.5], "Hz")
    put(file, f"{point}/dominant_amplitude_w", [1.9e8 * scale], "W")
    put(file, f"{point}/iteration_period_s", [2.0], "s")


def _verdicts(file: h5py.File, group: str) -> None:
    rules = ["ERCOT-PV", "IESO-R60", "IESO-R15", "IESO-OSC", "CAISO-R", "SITE/level"]
    n = len(rules)
    put(file, "verdicts/rule", [rule for rule in rules for _ in range(2)])
    put(file, "verdicts/point", np.tile([0, 1], n).astype(np.uint8), words="load draw")
    put(file, "verdicts/judged", np.tile([0, 1], n).astype(np.uint8), words="no yes")
    put(file, "verdicts/status", np.array([1, 0, 1, 0, 1, 1, 1, 0, 2, 2, 0, 0], np.uint8),
        words="PASS FAIL INDETERMINATE")
    value = np.array([612, 8.4, 790, 17, 770, 7.5, 190, 0.9, np.nan, np.nan, 1090, 905])
    limit = np.repeat([10, 20, 5, 2.5, 20, 1200.0], 2)
    put(file, "verdicts/value", value)
    put(file, "verdicts/limit", limit)
    put(file, "verdicts/unit", ["MW"] * 8 + ["MW/min"] * 2 + ["MW"] * 2)
    put(file, "verdicts/margin", (limit - value) / limit)
    put(file, "verdicts/window_start_ns", np.full(2 * n, START_NS + 40 * 10**9))
    put(file, "verdicts/reason", [""] * 8 + ["needs 600 s, has 120 s"] * 2 + [""] * 2)


def _events(file: h5py.File, group: str) -> None:
    n = 7
    put(file, "events/rack", np.array([-1, 3, 5, 5, 17, 90, 127]))
    put(file, "events/kind", np.array([1, 0, 1, 3, 4, 5, 2], np.uint8), words=KINDS)
    for name, shift in (("start_ns", 0), ("end_ns", 10**9), ("peak_ns", 10**8)):
        put(file, f"events/{name}", START_NS + shift + np.arange(n) * 10**10)
    for name in ("baseline_w", "amplitude_w", "energy_j", "rise_s", "slope_w_per_s",
                 "frequency_hz", "score"):
        put(file, f"events/{name}", np.linspace(-5e4, 1e5, n))
    put(file, "events/racks_in_step", np.full(n, 1))


def _battery(file: h5py.File, group: str) -> None:
    put(file, "battery/stage", ["megapacks"])
    for name in ("soc_min", "soc_mean", "soc_max", "power_w_min", "power_w_mean", "power_w_max",
                 "prime_w", "clip_power_s", "clip_energy_s", "equivalent_full_cycles",
                 "throughput_j", "loss_j", "fade_per_year"):
        put(file, f"battery/{name}", [0.5])
    put(file, "battery/fade_extrapolated", np.array([1], np.uint8), words="no yes")
    put(file, "battery/rainflow_depth", np.full((1, 100), np.nan))
    put(file, "battery/rainflow_count", np.zeros((1, 100)))


def _sizing(file: h5py.File, group: str) -> None:
    units, response = np.meshgrid(np.arange(0, 700, 50), [0.002, 0.02, 0.1])
    put(file, "sizing/units", units.ravel())
    put(file, "sizing/response_s", response.ravel(), "s")
    put(file, "sizing/margin", (units / 300 - 1 - 10 * response).ravel())
    put(file, "sizing/pass", np.sign(units / 300 - 1 - 10 * response).ravel().astype(np.int8))
    put(file, "sizing/cost_usd", 975e3 * units.ravel(), "USD")
    put(file, "sizing/worst_rule", ["ERCOT-PV"] * units.size)
    put(file, "sizing/best_units", np.array([350, 400, -1]))
    put(file, "sizing/best_response_s", np.array([0.002, 0.02, 0.1]), "s")
