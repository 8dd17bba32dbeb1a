"""The constrained storage stage (METHODS 7) over an hour of 1 ms, against a loop in plain Python."""
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

DT, SAMPLES = 1e-3, 3_600_000
POWER, ENERGY = 30e6, 0.6 * 3.6e9  # W, J
UP, DOWN, TAU, RECOVERY = 6e6 / 60, 9e6 / 60, 45.0, 900.0  # W/s, W/s, s, s
DELAY, RESPONSE = 7, 0.020  # samples, s
CHARGE, DISCHARGE = 0.94, 0.97
SOC_MIN, SOC_MAX, SOC_START = 0.15, 0.85, 0.5
SITE = f"""
name: hour
nominal_mw: 150
gpus: 1
racks: 1
source: made up
replicate: lockstep
storage:
  - name: field
    place: site
    power_mw: {POWER / 1e6}
    energy_mwh: {ENERGY / 3.6e9}
    response_s: {RESPONSE}
    delay_s: {DELAY * DT}
    efficiency_charge: {CHARGE}
    efficiency_discharge: {DISCHARGE}
    soc_min: {SOC_MIN}
    soc_max: {SOC_MAX}
    soc_start: {SOC_START}
    control: {{mode: ramp, tau_s: {TAU}, ramp_up_mw_per_min: {UP * 60 / 1e6},
              ramp_down_mw_per_min: {DOWN * 60 / 1e6}, soc_recovery_s: {RECOVERY}}}
"""


def load_of_an_hour() -> np.ndarray:
    """A training rhythm with steps that are too large, too long and too fast for the battery."""
    rng = np.random.default_rng(11)
    t = np.arange(SAMPLES) * DT
    x = 90e6 + 8e6 * np.sign(np.sin(2 * np.pi * t / 3.7)) + rng.normal(0, 2e5, SAMPLES)
    x += 25e6 * (t > 300) - 20e6 * (t > 700) + 60e6 * ((t > 900) & (t < 908))
    x -= 70e6 * ((t > 1200) & (t < 1900))
    x += 10e6 * np.sin(2 * np.pi * t / 400) * (t > 2000) + 35e6 * ((t > 2600) & (t < 3300))
    x[:40] = np.nan
    x[1_500_000:1_500_700] = np.nan
    return x.astype(np.float32).astype(float)


class Oracle:
    """Sample after sample as METHODS 7 lists it; charge in J since the start, as a compensated sum."""

    def __init__(self, load: np.ndarray):
        valid = np.flatnonzero(np.isfinite(load))
        first = load[valid[0]:valid[0] + round(TAU / DT)]
        self.prime = math.fsum(first[np.isfinite(first)]) / np.isfinite(first).sum()
        index = np.maximum.accumulate(np.where(np.isfinite(load), np.arange(load.size), -1))
        self.held = load[np.where(index < 0, valid[0], index)]
        self.run()

    def run(self) -> None:
        def lag(tau):
            r = DT / tau
            a = math.exp(-r)
            share = -math.expm1(-r) / r
            return a, 1 - share, share - a

        a, b0, b1 = lag(TAU)
        pa, pb0, pb1 = lag(RESPONSE)
        low = before = target = self.prime
        wait, sent, p = [0.0] * DELAY, 0.0, 0.0
        e = rest = 0.0
        floor, ceiling = (SOC_MIN - SOC_START) * ENERGY, (SOC_MAX - SOC_START) * ENERGY
        power, charge, trimmed = [], [], []
        self.hits = dict.fromkeys(("power out", "power in", "empty", "full", "ramp up", "ramp down"), 0)
        hits, self.loss = self.hits, 0.0
        for n, x in enumerate(self.held.tolist()):
            low = a * low + b0 * x + b1 * before
            before = x
            wanted = low
            target, last = min(max(wanted, target - DOWN * DT), target + UP * DT), target
            hits["ramp up"] += target < wanted
            hits["ramp down"] += target > wanted
            wish = x - target + (e + rest) / RECOVERY
            command = min(max(wish, -POWER), POWER)
            hits["power out"] += wish > POWER
            hits["power in"] += wish < -POWER
            late = wait[n % DELAY]
            wait[n % DELAY] = command
            p = pa * p + pb0 * late + pb1 * sent
            sent = late
            factor = 1 / DISCHARGE if p > 0 else CHARGE
            change, q = -p * DT * factor, p
            after = e + change
            lost = (e - after) + change if abs(e) >= abs(change) else (change - after) + e
            if after + (rest + lost) < floor or after + (rest + lost) > ceiling:
                end = "empty" if change < 0 else "full"
                hits[end] += 1
                after = floor if end == "empty" else ceiling
                q = ((e - after) + rest) / (DT * factor)
                rest = lost = 0.0
            rest += lost
            self.loss += q * DT * (factor - 1)
            e = after
            trimmed.append(q != p)
            power.append(q)
            charge.append(e + rest)
        self.power, self.trimmed = np.array(power), np.array(trimmed)
        self.charge = SOC_START * ENERGY + np.array(charge)


@pytest.fixture(scope="module")
def hour(tmp_path_factory):
    folder = tmp_path_factory.mktemp("storage")
    load = load_of_an_hour()
    with h5py.File(folder / "t.h5", "w") as file:
        file.attrs["surgetank_format"] = "trace/1"
        file["power"] = load[None, :].astype("f4")
        file["power"].attrs.update(units="W", sample_period_ns=np.int64(1_000_000),
                                   start_time_ns=np.int64(0))
        file["rack"], file["time"] = ["r0"], np.zeros(SAMPLES, "i1")
        for axis, name in enumerate(("rack", "time")):
            file[name].make_scale(name)
            file["power"].dims[axis].attach_scale(file[name])
    (folder / "site.yaml").write_text(SITE)
    done = subprocess.run([PROGRAM, "analyze", folder / "t.h5", "-o", folder / "s.h5", "--site",
                           folder / "site.yaml", "--quiet", "--save-series"], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    with h5py.File(folder / "s.h5") as file:
        found = {name: file["battery"][name][0] for name in file["battery"]}
        return load, file["load/power_w"][()], file["draw/power_w"][()], found, Oracle(load)


def test_every_limit_is_hit(hour):
    *_, oracle = hour
    assert all(count > 100 for count in oracle.hits.values()), oracle.hits


def test_load_is_the_rack(hour):
    load, found, *_ = hour
    np.testing.assert_array_equal(found, load)


def test_draw_is_that_of_the_loop(hour):
    load, _, draw, _, oracle = hour
    wanted = np.where(np.isfinite(load), oracle.held - oracle.power, np.nan)
    np.testing.assert_array_equal(np.isnan(draw), np.isnan(wanted))
    off = np.abs(draw - wanted)
    # The sample in which the battery runs empty or full gets what room is left over dt: 1e-12 of
    # the battery's energy is 2 W there. All others are to the digit.
    last = np.flatnonzero(oracle.trimmed & ~np.roll(oracle.trimmed, 1))
    assert 5 < last.size < 100
    assert np.nanmax(off[last]) < 1e-12 * ENERGY / DT
    off[last] = 0.0
    assert np.nanmax(off) < 1e-9 * np.nanmin(load)


def test_columns_are_those_of_the_loop(hour):
    *_, found, oracle = hour
    soc, power = oracle.charge / ENERGY, oracle.power
    turned = math.fsum(np.abs(power)) * DT
    for name, wanted in {
            "prime_w": oracle.prime, "soc_min": soc.min(), "soc_mean": soc.mean(),
            "soc_max": soc.max(), "power_w_min": power.min(), "power_w_mean": power.mean(),
            "power_w_max": power.max(), "loss_j": oracle.loss, "throughput_j": turned,
            "equivalent_full_cycles": turned / (2 * ENERGY)}.items():
        assert found[name] == pytest.approx(wanted, rel=1e-9), name
    hits = oracle.hits
    clipped = (hits["power in"] + hits["power out"]) * DT
    emptied = (hits["empty"] + hits["full"]) * DT
    assert found["clip_power_s"] == pytest.approx(clipped, abs=2.5 * DT)
    assert found["clip_energy_s"] == pytest.approx(emptied, abs=2.5 * DT)


def test_charge_stays_in_its_window(hour):
    *_, found, _ = hour
    assert SOC_MIN <= found["soc_min"] <= found["soc_mean"] <= found["soc_max"] <= SOC_MAX
    assert found["soc_min"] == pytest.approx(SOC_MIN, rel=1e-12)
    assert found["soc_max"] == pytest.approx(SOC_MAX, rel=1e-12)


def test_energy_adds_up(hour):
    load, _, draw, found, oracle = hour
    valid = np.isfinite(load)
    power = np.where(valid, oracle.held - np.where(valid, draw, 0.0), oracle.power)
    stored = oracle.charge[-1] - SOC_START * ENERGY
    total = math.fsum(oracle.held) * DT
    assert abs(-math.fsum(power) * DT - stored - found["loss_j"]) < 1e-9 * total
