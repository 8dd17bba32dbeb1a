"""Storage at the racks against the formulas written down once more: sample by sample, rack by rack,
in plain Python."""
from __future__ import annotations

import math
import os
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest

from conftest import REPOSITORY

PROGRAM = Path(os.environ.get("SURGETANK", REPOSITORY / "build" / "surgetank"))
pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason=f"no program at {PROGRAM}")

DT_S = 0.001
RACKS, SITE_RACKS, SAMPLES = 19, 190, 9000
SITE = f"""
name: racks
nominal_mw: 20
gpus: 1000
racks: {SITE_RACKS}
source: made up
replicate: lockstep
storage:
  - {{name: field, place: site, power_mw: 2, energy_mwh: 0.0005, response_s: 0.02, delay_s: 0.005,
     efficiency_charge: 0.9, efficiency_discharge: 0.95, control: {{mode: smooth, tau_s: 3}}}}
  - {{name: gpus, kind: gpu_smoothing, place: rack, floor_w: 80e3, active_w: 70e3,
     stop_delay_s: 0.3, ramp_up_w_per_s: 400e3, ramp_down_w_per_s: 250e3, ceiling_w: 115e3}}
  - {{name: shelf, place: rack, power_mw: 0.012, energy_mwh: 0.0000013, response_s: 0.003,
     delay_s: 0.002, efficiency_charge: 0.97, efficiency_discharge: 0.96, soc_start: 0.6,
     control: {{mode: smooth, tau_s: 0.8, soc_recovery_s: 4}}}}
  - {{name: ramp, place: rack, power_mw: 0.02, energy_mwh: 0.00001, response_s: 0, delay_s: 0,
     control: {{mode: ramp, tau_s: 0.1, ramp_up_mw_per_min: 3, ramp_down_mw_per_min: 2}}}}
"""


class Lag:
    """First-order hold; y0 and the input before are the level it rests at."""

    def __init__(self, tau_s: float, level: float):
        r = DT_S / tau_s if tau_s > 0 else math.inf
        one_minus_a = -math.expm1(-r)
        self.a = 1 - one_minus_a
        self.b0 = 1 - one_minus_a / r if tau_s > 0 else 1.0
        self.b1 = one_minus_a / r - self.a if tau_s > 0 else 0.0
        self.x = self.y = level

    def step(self, x: float) -> float:
        self.y = self.a * self.y + self.b0 * x + self.b1 * self.x
        self.x = x
        return self.y


def held(x: np.ndarray) -> np.ndarray:
    """NaN sees the last valid sample, the first ones see the first."""
    valid = np.flatnonzero(~np.isnan(x))
    last = np.maximum.accumulate(np.where(np.isnan(x), -1, np.arange(len(x))))
    return x[np.where(last < 0, valid[0], last)]


def level(x: np.ndarray, tau_s: float) -> float:
    first = np.flatnonzero(~np.isnan(x))[0]
    return float(np.nanmean(x[first:first + max(1, round(tau_s / DT_S))]))


def battery(x, power, energy_j, response_s, delay_s, eff_in, eff_out, start, tau_s, ramp=None,
            recovery_s=0.0):
    """(draw, what it went through); charge between 10 and 90 %."""
    l0 = level(x, tau_s)
    low, lagged = Lag(tau_s, l0), Lag(response_s, 0.0)
    target, soc, queue = l0, start, [0.0] * round(delay_s / DT_S)
    draw, charge, out, lost, clips = np.full(len(x), np.nan), [], [], 0.0, [0, 0]
    for n, load in enumerate(held(x)):
        smooth = low.step(load)
        target = smooth if ramp is None else min(max(smooth, target - ramp[1] * DT_S),
                                                 target + ramp[0] * DT_S)
        wish = load - target
        if recovery_s > 0:
            wish += (soc - start) * energy_j / recovery_s
        command = min(max(wish, -power), power)
        clips[0] += command != wish
        queue.append(command)
        p = lagged.step(queue.pop(0))
        factor = 1 / eff_out if p > 0 else eff_in
        wanted = soc - p * DT_S * factor / energy_j
        after = min(max(wanted, 0.1), 0.9)
        if after != wanted:
            clips[1] += 1
            p = (soc - after) * energy_j / (DT_S * factor)
        lost += p * DT_S * (factor - 1)
        soc = after
        draw[n] = np.nan if np.isnan(x[n]) else load - p
        charge.append(soc)
        out.append(p)
    return draw, dict(soc=np.array(charge), power=np.array(out), loss_j=lost, clips=clips,
                      prime_w=l0)


def smoothing(x, floor, active, stop_s, up, down, ceiling):
    load = held(x)

    def wanted(n_idle, value):
        value = max(value, floor) if n_idle <= round(stop_s / DT_S) else value
        return min(value, ceiling)
    idle = 0 if load[0] > active else math.inf
    at = wanted(idle, load[0])
    draw = np.empty(len(x))
    for n, value in enumerate(load):
        idle = 0 if value > active else idle + 1
        at = min(max(wanted(idle, value), at - down * DT_S), at + up * DT_S)
        draw[n] = at
    power = load - draw
    return np.where(np.isnan(x), np.nan, draw), dict(power=power)


def mean_depth(soc: np.ndarray) -> float:
    """Count-weighted mean depth of the rainflow cycles (ASTM E1049, three points)."""
    soc = soc[np.insert(np.diff(soc) != 0, 0, True)]
    turns = soc[np.insert(np.append(np.diff(np.sign(np.diff(soc))) != 0, True), 0, True)]
    points, cycles = [], []
    for point in turns:
        points.append(point)
        while len(points) >= 3:
            x, y = abs(points[-1] - points[-2]), abs(points[-2] - points[-3])
            if x < y:
                break
            cycles.append((y, 0.5 if len(points) == 3 else 1.0))
            del points[0 if len(points) == 3 else slice(-3, -1)]
    cycles += [(abs(a - b), 0.5) for a, b in zip(points, points[1:])]
    return sum(d * n for d, n in cycles) / sum(n for _, n in cycles)


def fade(stage: dict, energy_j: float, kelvin: float = 298.15) -> float:
    """Share of the capacity lost in a year of this: BLAST-Lite, 250 Ah LFP."""
    x = 0.0085 + 0.7715 * stage["soc"]
    anode_v = (0.6379 + 0.5416 * np.exp(-305.5309 * x) + 0.044 * np.tanh(-(x - 0.1958) / 0.1088)
               - 0.1978 * np.tanh((x - 1.0571) / 0.0854) - 0.6875 * np.tanh((x + 0.0117) / 0.0529)
               - 0.0175 * np.tanh((x - 0.5692) / 0.0875))
    kcal = np.mean(8.37e4 * np.exp(-5210 / kelvin) * np.exp(-3560 * anode_v / kelvin))
    duration_s = len(x) * DT_S
    turned_j = np.abs(stage["power"]).sum() * DT_S
    rate_per_h = turned_j / duration_s * 3600 / energy_j
    kcyc = ((4.38e-8 + 1.55e-8 * mean_depth(stage["soc"]) + 1.68e-7 * rate_per_h)
            * (math.exp(2190 / kelvin) + math.exp(-1.55e5 / kelvin)))
    cycles_a_year = turned_j / (2 * energy_j) * 365 * 86400 / duration_s
    return kcal * 365 ** 0.526 + kcyc * cycles_a_year ** 0.828


def recording() -> np.ndarray:
    """Square-like load of 30 to 120 kW with noise, gaps, a late start and a dead rack."""
    random = np.random.default_rng(5)
    t = np.arange(SAMPLES) * DT_S
    phase = random.uniform(0, 0.2, (RACKS, 1))
    busy = np.sin(2 * np.pi * 0.7 * (t + phase)) > -0.3
    busy[:, 4000:5200] = False
    x = np.where(busy, 110e3, 35e3) + 4e3 * random.standard_normal((RACKS, SAMPLES))
    x[3, :700] = np.nan
    x[7, 2000:2600] = np.nan
    x[11, random.integers(0, SAMPLES, 300)] = np.nan
    x[18] = np.nan
    return x.astype(np.float32)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("racks")
    power = recording()
    with h5py.File(folder / "trace.h5", "w") as file:
        file["power"] = power
    (folder / "site.yaml").write_text(SITE)
    subprocess.run([PROGRAM, "analyze", folder / "trace.h5", "--dataset", "/power", "--time-axis",
                    "1", "--period", "1ms", "--unit", "W", "-o", folder / "out.h5", "--site",
                    folder / "site.yaml", "--save-series", "--quiet"], check=True)
    racks = []
    for x in power[:18].astype(float):
        first, gpus = smoothing(x, 80e3, 70e3, 0.3, 400e3, 250e3, 115e3)
        second, shelf = battery(first, 12e3, 4680.0, 0.003, 0.002, 0.97, 0.96, 0.6, 0.8,
                                recovery_s=4.0)
        third, ramp = battery(second, 20e3, 36e3, 0.0, 0.0, 0.92 ** 0.5, 0.92 ** 0.5, 0.5, 0.1,
                              ramp=(50e3, 2e6 / 60))
        racks.append((third, gpus, shelf, ramp, x, first, second))
    return h5py.File(folder / "out.h5"), racks


def test_draw_is_that_of_the_formulas(results):
    summary, racks = results
    draws = np.array([rack[0] for rack in racks])
    seen = np.nansum(draws, axis=0) * RACKS / np.sum(~np.isnan(draws), axis=0) * SITE_RACKS / RACKS
    draw, field = battery(seen, 2e6, 1.8e6, 0.02, 0.005, 0.9, 0.95, 0.5, 3.0)
    np.testing.assert_allclose(summary["draw/power_w"][()], draw, rtol=1e-9)
    # the load is not touched by any stage
    raw = recording()[:18].astype(float)
    load = np.nansum(raw, axis=0) * RACKS / np.sum(~np.isnan(raw), axis=0) * SITE_RACKS / RACKS
    np.testing.assert_allclose(summary["load/power_w"][()], load, rtol=1e-12)
    rows = summary["battery"]
    assert rows["prime_w"][0] == pytest.approx(field["prime_w"], rel=1e-9)
    assert rows["soc_min"][0] == pytest.approx(field["soc"].min(), rel=1e-9)


@pytest.mark.parametrize("row, place", [(2, 2), (3, 3)])
def test_storage_columns_are_sums_extremes_and_means(results, row, place):
    summary, racks = results
    rows = {name: column[row] for name, column in summary["battery"].items()
            if column.shape[:1] == (4,)}
    stage = [rack[place] for rack in racks]
    energy_j = 4680.0 if row == 2 else 36e3

    def close(value):
        return pytest.approx(value, rel=1e-8)
    assert rows["soc_min"] == close(min(s["soc"].min() for s in stage))
    assert rows["soc_max"] == close(max(s["soc"].max() for s in stage))
    assert rows["soc_mean"] == close(np.mean([s["soc"].mean() for s in stage]))
    for name, of in (("min", np.min), ("mean", np.mean), ("max", np.max)):
        assert rows[f"power_w_{name}"] == pytest.approx(sum(of(s["power"]) for s in stage),
                                                        rel=1e-8, abs=1e-5)
    assert rows["prime_w"] == close(sum(s["prime_w"] for s in stage))
    assert rows["loss_j"] == close(sum(s["loss_j"] for s in stage))
    turned_j = np.array([np.abs(s["power"]).sum() * DT_S for s in stage])
    assert rows["throughput_j"] == close(turned_j.sum())
    assert rows["equivalent_full_cycles"] == close((turned_j / (2 * energy_j)).mean())
    assert rows["clip_power_s"] == close(np.mean([s["clips"][0] for s in stage]) * DT_S)
    assert rows["clip_energy_s"] == close(np.mean([s["clips"][1] for s in stage]) * DT_S)
    fades = [fade(s, energy_j) for s in stage]
    assert rows["fade_per_year"] == pytest.approx(np.mean(fades), rel=1e-3)
    assert rows["fade_extrapolated"] == 1
    depth = rows["rainflow_depth"]
    cycles = rows["rainflow_count"]
    assert cycles.sum() > 100 and np.all(np.isnan(depth) == (cycles == 0))
    # a cycle of depth d turns over 2 d of the capacity: the count gives the movement of charge back
    moved = sum(np.abs(np.diff(s["soc"])).sum() for s in stage)
    assert np.nansum(2 * depth * cycles) == pytest.approx(moved, rel=1e-6)
    assert np.isnan(rows["burnt_j"]) and np.isnan(rows["held_back_s"])


def test_every_limit_was_met(results):
    summary, _ = results
    assert summary["battery/clip_power_s"][2] > 0.1 and summary["battery/clip_energy_s"][2] > 0.1
    assert summary["battery/soc_min"][2] == 0.1 and summary["battery/soc_max"][2] == 0.9


def test_smoothing_has_two_costs(results):
    summary, racks = results
    power = [rack[1]["power"] for rack in racks]
    rows = summary["battery"]
    assert rows["burnt_j"][1] == pytest.approx(sum(-p[p < 0].sum() for p in power) * DT_S, rel=1e-9)
    assert rows["held_back_s"][1] == pytest.approx(np.mean([(p > 0).sum() for p in power]) * DT_S)
    assert rows["loss_j"][1] == rows["burnt_j"][1]
    for name in ("soc_min", "soc_mean", "soc_max", "clip_power_s", "fade_per_year", "prime_w"):
        assert np.isnan(rows[name][1]), name


def test_idle_racks_balance(tmp_path):
    """The noise of idle racks sums to zero; what their stages turned over does not."""
    noise = np.random.default_rng(3).normal(0, 100, SAMPLES).astype("f4")
    with h5py.File(tmp_path / "trace.h5", "w") as file:
        file["power"] = np.stack([noise, -noise])
    (tmp_path / "site.yaml").write_text(SITE)
    run = subprocess.run([PROGRAM, "analyze", tmp_path / "trace.h5", "--dataset", "/power",
                          "--time-axis", "1", "--period", "1ms", "--unit", "W", "-o",
                          tmp_path / "out.h5", "--site", tmp_path / "site.yaml", "--quiet"],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_sizing_starts_from_what_the_racks_leave(tmp_path):
    """Each candidate of a map fails or passes, and by the same margin, as its own analysis."""
    with h5py.File(tmp_path / "trace.h5", "w") as file:
        file["power"] = recording()
    (tmp_path / "limits.yaml").write_text("""
name: test
rules:
  - id: SWING
    source: made up
    status: practice
    date: "2026-01-01"
    text: at most 4 MW within 1 s
    point: draw
    filter: none
    statistic: {kind: rolling_range, window_s: 1}
    limit: {value: 4, unit: MW}
    needs: {rate_hz: 100, duration_s: 5, coverage: 0.5}
""")
    site = SITE.replace("power_mw: 2, energy_mwh: 0.0005", "unit: megapack-2xl-2h, units: UNITS")
    foreign = ["--dataset", "/power", "--time-axis", "1", "--period", "1ms", "--unit", "W"]

    def run(command: str, units: int, *options: str) -> h5py.File:
        (tmp_path / "site.yaml").write_text(site.replace("UNITS", str(units)))
        out = tmp_path / f"{command}{units}.h5"
        subprocess.run([PROGRAM, command, tmp_path / "trace.h5", *foreign, "-o", out, "--site",
                        tmp_path / "site.yaml", "--limits", tmp_path / "limits.yaml", "--quiet",
                        *options], check=True)
        return h5py.File(out)
    sizing = run("size", 1, "--units", "1:9:2", "--response", "20ms")["sizing"]
    margins = []
    for units, passed, margin in zip(sizing["units"], sizing["pass"], sizing["margin"]):
        verdicts = run("analyze", int(units))["verdicts"]
        row = [i for i, rule in enumerate(verdicts["rule"].asstr()[()])
               if rule == "SWING" and verdicts["judged"][i]][0]
        assert (passed == 1) == (verdicts["status"][row] == 0)
        margins.append(verdicts["margin"][row])
        assert margin == pytest.approx(margins[-1], abs=1e-4)
    assert min(margins) < 0 < max(margins), "some fail, some pass"


def test_an_idle_battery_fades_with_the_calendar(tmp_path):
    """Hardly a watt turned over: what is left of the fade is its charge over time."""
    with h5py.File(tmp_path / "trace.h5", "w") as file:
        file["power"] = recording()[:3, :2001]
    (tmp_path / "site.yaml").write_text("""
name: idle
nominal_mw: 20
gpus: 10
racks: 3
source: made up
replicate: lockstep
storage:
  - {name: idle, place: rack, power_mw: 0.0001, energy_mwh: 1, soc_start: 0.73}
""")
    subprocess.run([PROGRAM, "analyze", tmp_path / "trace.h5", "--dataset", "/power", "--time-axis",
                    "1", "--period", "1ms", "--unit", "W", "-o", tmp_path / "out.h5", "--site",
                    tmp_path / "site.yaml", "--quiet"], check=True)
    idle = dict(soc=np.array([0.73, 0.730001]), power=np.zeros(2))
    with h5py.File(tmp_path / "out.h5") as summary:
        assert summary["battery/fade_per_year"][0] == pytest.approx(fade(idle, 3.6e9), rel=0.02)
