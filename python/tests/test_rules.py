"""Every rule that ships, and one of each statistic, on the load and the draw of a run: the worst value
and its window again, by NumPy and SciPy from the saved series (METHODS 8)."""
from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import ndimage, signal

from conftest import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "data" / "reference"))
from make_flicker_reference import sensation, severity  # noqa: E402

PROGRAM = Path(os.environ.get("SURGETANK", REPOSITORY / "build" / "surgetank"))
LIMITS = sorted(path.stem for path in (REPOSITORY / "data" / "limits").glob("*.yaml"))
pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason=f"no program at {PROGRAM}")

RATE, SECONDS, NOMINAL = 250, 1300, 300e6
SITE = """
name: rules
nominal_mw: 300
gpus: 1
racks: 2
source: made up
replicate: lockstep
storage:
  - {name: field, place: site, power_mw: 60, energy_mwh: 40, response_s: 0.03, delay_s: 0.012,
     control: {mode: smooth, tau_s: 20}}
generation:
  - {kind: turbine, power_mw: 320, ramp_mw_per_min: 30}
"""
MORE = """
name: more
rules:
""" + "".join(f"""
  - {{id: {name}, source: s, status: practice, text: t, point: {point}, statistic: {{kind: {kind}}},
     limit: {{value: {value}, unit: {unit}}}}}""" for name, point, kind, value, unit in [
         ("LEVEL", "load", "level", 80, "percent_nominal"),
         ("CHANGE-UP", "draw", "change, lag_s: 0.5, direction: up", 20, "MW"),
         ("CHANGE-DOWN", "draw", "change, lag_s: 0.5, direction: down", 20, "percent_peak"),
         ("RAMP-DOWN", "draw", "mean_ramp, window_s: 7, direction: down", 0.1, "MW/s"),
         ("SLOPE", "draw", "slope_if, threshold_mw: 5, window_s: 3", 0.5, "MW/s"),
         ("PERCENTILE", "draw", "ramp_percentile, average_s: 2, percentile: 93.7", 5, "MW/min"),
         ("LINE", "load", "line_amplitude, low_hz: 0.3, high_hz: 40, window_s: 4", 5, "MW"),
         ("SHARE", "draw", "energy_share, low_hz: 0.33, high_hz: 7.7, form: energy", 0.2, "ratio"),
         ("DV", "draw", "voltage_change, short_circuit_mva: 5000, grid_angle_deg: 84, window_s: 1",
          3, "percent")])
FLICKER = """
  - {id: PST, source: s, status: practice, text: t, limit: {value: 1, unit: pst},
     statistic: {kind: flicker, short_circuit_mva: 5000, grid_angle_deg: 84, lamp: 120V60}}
"""


def load_w() -> np.ndarray:
    """A rhythm, a swelling line, noise, ramps of all sizes, and a trip."""
    rng = np.random.default_rng(8)
    t = np.arange(RATE * SECONDS) / RATE
    x = 180e6 + 9e6 * np.tanh(5 * np.sin(2 * np.pi * t / 2.3)) + rng.normal(0, 1e6, t.size)
    x += 4e6 * np.sin(2 * np.pi * 13.3 * t) * np.exp(-((t - 400) / 60) ** 2)
    x += np.interp(t, [0, 200, 500, 700, 900, 960, 1300], np.array([0, 0, 60, 20, 20, -40, 10]) * 1e6)
    x[(t > 1100.002) & (t < 1101.3)] *= 0.08
    return x


def rules_of(text: str) -> dict[str, dict]:
    """What is needed of limits files, which all write their statistics as {key: value, ...}."""
    def mapping(inside: str) -> dict:
        pairs = re.findall(r"(\w+): (\[[^]]*\]|[^,}]+)", inside)
        return {key: number(value) for key, value in pairs}

    def number(value: str):
        if value.startswith("["):
            return [float(v) for v in value[1:-1].split(",")]
        return float(value) if re.fullmatch(r"[\d.]+", value) else value

    found = {}
    text = re.sub(r"^ *#.*$", "", text, flags=re.M)
    for part in re.split(r"^  - \{?(?=id: )", text, flags=re.M)[1:]:
        rule = {"id": re.match(r"id: ([\w.-]+)", part)[1]}
        rule["statistic"] = mapping(re.search(r"\bstatistic: \{([^}]*)\}", part)[1])
        point = re.search(r"\bpoint: (\w+)", part)
        rule["point"] = point[1] if point else "draw"
        band = re.search(r"\bfilter: \{([^}]*)\}", part)
        rule["filter"] = mapping(band[1]) if band else None
        found[rule["id"]] = rule
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    x = load_w().astype("f4") / 2
    with h5py.File(folder / "t.h5", "w") as file:
        file.attrs["surgetank_format"] = "trace/1"
        file["power"] = np.array([x, x])
        file["power"].attrs.update(units="W", sample_period_ns=np.int64(1e9 / RATE),
                                   start_time_ns=np.int64(10**15))
        file["rack"], file["time"] = ["a", "b"], np.zeros(x.size, "i1")
        for axis, name in enumerate(("rack", "time")):
            file[name].make_scale(name)
            file["power"].dims[axis].attach_scale(file[name])
    (folder / "site.yaml").write_text(SITE)
    (folder / "more.yaml").write_text(MORE + FLICKER)
    limits = ",".join([*LIMITS, str(folder / "more.yaml")])
    done = subprocess.run([PROGRAM, "analyze", folder / "t.h5", "-o", folder / "s.h5", "--site",
                           folder / "site.yaml", "--limits", limits, "--quiet", "--save-series"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with h5py.File(folder / "s.h5") as file:
        series = [file[point]["power_w"][()] for point in ("load", "draw")]
        rows = {name: column[()] for name, column in file["verdicts"].items() if name != "verdict"}
        start_ns = file.attrs["start_time_ns"]
        rules = rules_of(file.attrs["limits"])
    rules["SITE/level"] = {"statistic": {"kind": "level"}}
    rules["SITE/ramp"] = {"statistic": {"kind": "mean_ramp", "window_s": 60}}
    return series, rows, rules, start_ns


# ---- the statistics: value in SI, first sample of the window ---------------------------------------

def first_largest(values: np.ndarray) -> tuple[float, int]:
    return float(values.max()), int(values.argmax())


def moving(x: np.ndarray, points: int) -> np.ndarray:
    """max - min of every whole window, by its first sample."""
    high, low = ndimage.maximum_filter1d(x, points), ndimage.minimum_filter1d(x, points)
    return (high - low)[points // 2:points // 2 + x.size - points + 1]


def rolling_range(x, s):
    return first_largest(moving(x, min(round(s["window_s"] * RATE) + 1, x.size)))


def directed(rise: np.ndarray, direction: str) -> np.ndarray:
    return {"up": rise, "down": -rise, "both": np.abs(rise)}[direction]


def change(x, s):
    lag = round(s["lag_s"] * RATE)
    return first_largest(directed(x[lag:] - x[:-lag], s.get("direction", "both")))


def mean_ramp(x, s):
    value, at = change(x, {"lag_s": s["window_s"], "direction": s.get("direction", "both")})
    return value / s["window_s"], at


def slope_if(x, s):
    value, at = rolling_range(x, s)
    return (value / s["window_s"], at) if value > s["threshold_mw"] * 1e6 else (0.0, 0)


def ramp_percentile(x, s):
    n = round(s["average_s"] * RATE)
    means = x[:x.size // n * n].reshape(-1, n).mean(axis=1)
    return np.percentile(np.abs(np.diff(means)), s["percentile"]) / s["average_s"], None


def band_amplitude(x, s):
    sos = signal.butter(4, [s["low_hz"], s["high_hz"]], "bandpass", fs=RATE, output="sos")
    square = signal.sosfilt(sos, x - x[0]) ** 2
    n = round(s["window_s"] * RATE)
    total = np.lib.stride_tricks.sliding_window_view(square, n).mean(axis=1)
    value, at = first_largest(total)
    return np.sqrt(2 * value), at


def line_amplitude(x, s):
    lower, upper = 2 ** int(np.log2(s["window_s"] * RATE)), 2 ** int(np.log2(s["window_s"] * RATE) + 1)
    n = lower if s["window_s"] * RATE - lower <= upper - s["window_s"] * RATE else upper
    frames = np.lib.stride_tricks.sliding_window_view(x, n)[::n // 2]
    window = signal.get_window("hann", n)
    size = np.abs(np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * window, axis=1))
    f = np.fft.rfftfreq(n, 1 / RATE)
    bins = np.flatnonzero((f >= s["low_hz"]) & (f <= s["high_hz"]))
    bins = bins[(bins >= 2) & (bins < n // 2)]
    peak = bins[size[:, bins].argmax(axis=1)]
    row = np.arange(len(frames))
    r = np.maximum(size[row, peak - 1], size[row, peak + 1]) / size[row, peak]
    d = np.clip((2 * r - 1) / (r + 1), 0, 0.5)
    amplitude = 2 * size[row, peak] / window.sum() * (1 - d * d) / np.sinc(d)
    value, at = first_largest(amplitude)
    return value, at * n // 2


def energy_share(x, s):
    n = 256
    while 2 * n <= min(65536, x.size // 4):
        n *= 2
    f, psd = signal.welch(x, RATE, "hann", n, n // 2,
                          detrend="constant" if s["form"] == "energy" else False)
    cell = f[1] / 2
    if s["form"] == "energy":
        low, high = np.maximum(f - cell, 0), np.minimum(f + cell, RATE / 2)
        inside = np.clip(np.minimum(high, s["high_hz"]) - np.maximum(low, s["low_hz"]), 0, None)
        return (psd * inside)[1:].sum() / (psd * (high - low))[1:].sum(), None
    size = np.sqrt(psd)
    size[1:-1] /= np.sqrt(2)  # two-sided, as magnitudes are
    return size[(f >= s["low_hz"]) & (f <= s["high_hz"])].max() / size.sum(), None


def level(x, _):
    return first_largest(x)


def recovery(x, s):
    """METHODS 8, word by word: the history of a sample are the 10 s that end a tenth before its own."""
    tenth, at, worst = round(0.1 * RATE), 0, (np.nan, None)
    history: list[np.ndarray] = []
    before = None
    while at + tenth <= x.size:
        now = x[at:at + tenth]
        trip = None
        if len(history) >= 100:
            old = history[-100:]
            mean = np.concatenate(old).mean()
            bound = min(0.5 * min(o.min() for o in old), old[-1].mean() - mean / 3)
            below = np.flatnonzero(now < bound)
            trip = at + below[0] if below.size else None
        if trip is None:
            history, before = history + ([before] if before is not None else []), now
            at += tenth
            continue
        back = trip + np.flatnonzero(x[trip:] >= s["share"] * mean)
        assert back.size, "the recording ends in a trip"
        if (back[0] - trip) / RATE >= 0.02 and not (back[0] - trip) / RATE <= worst[0]:
            worst = ((back[0] - trip) / RATE, int(trip))
        at, before = int(back[0]), None
    return worst


def voltage_change(x, s):
    per_w = np.cos(np.deg2rad(s["grid_angle_deg"])) / (s["short_circuit_mva"] * 1e6)
    value, at = rolling_range(x, s)
    return value * per_w, at


def flicker(x, s):
    per_w = np.cos(np.deg2rad(s["grid_angle_deg"])) / (s["short_circuit_mva"] * 1e6)
    p = sensation(per_w * x, int(s["lamp"][:3]), RATE)
    block = 600 * RATE
    values = [severity(p[b:b + block]) for b in range(0, x.size - block + 1, block)]
    value, at = first_largest(np.array(values))
    return value, at * block


UNITS = {"MW": 1e6, "MW/min": 1e6 / 60, "MW/s": 1e6, "percent_nominal": NOMINAL / 100, "percent": 0.01,
         "ratio": 1, "pst": 1, "s": 1}


def si(unit: str, peak_w: float) -> float:
    if unit.startswith("percent_peak"):
        return peak_w / 100 / (60 if unit.endswith("/min") else 1)
    return UNITS[unit]


def test_every_rule_has_its_rows(run):
    _, rows, rules, _ = run
    judged = [name for name, rule in rules.items() if rule["statistic"]["kind"] != "none"]
    assert [name.decode() for name in rows["rule"][::2]] == \
        [*[n for n in judged if n.startswith("SITE")], *[n for n in judged if n[:4] != "SITE"]]
    assert len(judged) >= 30
    assert {rules[name]["statistic"]["kind"] for name in judged} == {
        "rolling_range", "change", "mean_ramp", "slope_if", "ramp_percentile", "band_amplitude",
        "line_amplitude", "energy_share", "level", "recovery", "flicker", "voltage_change"}


def test_values_and_windows_are_those_of_scipy(run):
    series, rows, rules, start_ns = run
    peak_w = series[0].max()
    for row, name in enumerate(name.decode() for name in rows["rule"]):
        rule = rules[name]
        s, x = rule["statistic"], series[row % 2]
        if rule.get("filter"):
            sos = signal.butter(int(rule["filter"].get("order", 4)), rule["filter"]["bandpass_hz"],
                                "bandpass", fs=RATE, output="sos")
            x = signal.sosfilt(sos, x - x[0])
        value, at = globals()[s["kind"]](x, s)
        unit, what = rows["unit"][row].decode(), f"{name} at {('load', 'draw')[row % 2]}"
        found = rows["value"][row] * si(unit, peak_w)
        # Pst is of 256 classes an octave: 0.2 % from that of all samples sorted
        rel = 2e-3 if s["kind"] == "flicker" else 1e-9
        assert found == pytest.approx(value, rel=rel, abs=1e-12, nan_ok=True), what
        if at is None:
            continue
        window_s = (rows["window_start_ns"][row] - start_ns) * 1e-9
        assert window_s == pytest.approx(at / RATE, abs=1e-9), what


def test_verdicts_follow(run):
    series, rows, rules, _ = run
    statuses = {0: "PASS", 1: "FAIL", 2: "INDETERMINATE"}
    seen = set()
    for row, name in enumerate(name.decode() for name in rows["rule"]):
        value, limit, reason = rows["value"][row], rows["limit"][row], rows["reason"][row].decode()
        wanted = "FAIL" if value > limit else "INDETERMINATE" if reason else "PASS"
        assert statuses[rows["status"][row]] == wanted, name
        assert rows["judged"][row] == (row % 2 == (rules[name].get("point") != "load")), name
        if np.isfinite(value):
            assert rows["margin"][row] == pytest.approx((limit - value) / limit, rel=1e-12), name
        seen.add(wanted)
    assert seen >= {"PASS", "FAIL"}
