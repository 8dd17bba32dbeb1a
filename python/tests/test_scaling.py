"""A recording scaled to a site (METHODS 4), against NumPy and SciPy: correlation, gains, the filter."""
from __future__ import annotations

import os
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import signal

from conftest import REPOSITORY

PROGRAM = Path(os.environ.get("SURGETANK", REPOSITORY / "build" / "surgetank"))
pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason=f"no program at {PROGRAM}")

RATE, SECONDS = 250, 180
SITE = "name: s\nnominal_mw: 100\ngpus: 1\nracks: {}\nsource: made up\nreplicate: {}\n"


def racks_of(n: int, seed: int = 5) -> np.ndarray:
    """n racks: a common rhythm of 2.1 Hz and a common step of level, noise of their own in all
    bands, and a swing of 8-12 Hz that two racks share to a quarter."""
    rng = np.random.default_rng(seed)
    t = np.arange(RATE * SECONDS) / RATE
    band = signal.butter(4, [8, 12], "bandpass", fs=RATE, output="sos")
    shared = signal.sosfilt(band, rng.normal(0, 3e3, t.size))
    common = 80e3 + 10e3 * np.tanh((t - 100) / 5) + 8e3 * np.sin(2 * np.pi * 2.1 * t)
    own = rng.normal(0, 3e3, (n, t.size))
    return common + np.sqrt(0.25) * shared + np.sqrt(0.75) * signal.sosfilt(band, own) + \
        rng.normal(0, 1e3, (n, t.size))


def write_trace(path: Path, power_w: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["surgetank_format"] = "trace/1"
        power = file.create_dataset("power", data=power_w.astype("f4"))
        power.attrs.update(units="W", sample_period_ns=np.int64(1e9 / RATE),
                           start_time_ns=np.int64(0))
        for axis, name in enumerate(("rack", "time")):
            size = power_w.shape[axis]
            values = [f"r{i}" for i in range(size)] if name == "rack" else np.zeros(size, "f4")
            scale = file.create_dataset(name, data=values)
            scale.make_scale(name)
            power.dims[axis].attach_scale(scale)
    return path


class Summary:
    def __init__(self, trace: Path, site_racks: int, replicate: str, *more: str):
        site, path = trace.with_suffix(".yaml"), trace.with_suffix(".s.h5")
        site.write_text(SITE.format(site_racks, replicate))
        done = subprocess.run([PROGRAM, "analyze", trace, "-o", path, "--site", site, "--quiet",
                               "--save-series", *more], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with h5py.File(path) as file:
            self.replicate = file.attrs["replicate"]
            self.load_w = file["load/power_w"][()]
            self.coherence = {name: column[()] for name, column in file["coherence"].items()}
            self.low_hz, self.high_hz = file["racks/band_low_hz"][()], file["racks/band_high_hz"][()]
            self.rack_rms_w = file["racks/band_rms_w"][()]
            self.band_rms_w = file["load/band_rms_w"][()]
        self.path = path


def held(load_w: np.ndarray) -> np.ndarray:
    """The last valid value; before the first valid one, that."""
    valid = np.isfinite(load_w)
    index = np.maximum.accumulate(np.where(valid, np.arange(load_w.size), -1))
    return load_w[np.where(index < 0, np.argmax(valid), index)]


def gain_of(racks: int, site: int, rho: np.ndarray) -> np.ndarray:
    return np.sqrt(site * (1 + (site - 1) * rho) / (racks * (1 + (racks - 1) * rho)))


def scaled(load_w: np.ndarray, racks: int, site: int, steps: list[tuple[float, float]]) -> np.ndarray:
    """The oracle: windowed sincs of the steps of gain (from Hz, gain), on the mirrored fluctuation."""
    x = held(load_w)
    mean = np.nanmean(load_w)
    edges = [hz for hz, _ in steps] + [RATE / 2]
    half = int(np.ceil((80 - 7.95) / 14.36 * RATE / np.diff(edges).min() / 2))
    k = np.arange(-half, half + 1)
    h = np.where(k == 0, steps[-1][1], 0.0)
    for (_, below), (hz, above) in zip(steps, steps[1:]):
        h = h + (below - above) * 2 * hz / RATE * np.sinc(2 * hz / RATE * k)
    h *= np.kaiser(k.size, 0.1102 * (80 - 8.7))
    y = signal.fftconvolve(np.pad(x - mean, half, "reflect"), h, "valid")
    return np.where(np.isfinite(load_w), site / racks * mean + y, np.nan)


def steps_of(summary: Summary, racks: int, site: int) -> list[tuple[float, float]]:
    """Band after band (they touch), lock-step where there is no rho."""
    rho = np.where(np.isnan(summary.coherence["rho"]), 1.0, summary.coherence["rho"])
    steps = [(0.0, site / racks)]
    for low_hz, gain in zip(summary.low_hz, gain_of(racks, site, rho)):
        if not np.isclose(gain, steps[-1][1], rtol=1e-14):
            steps.append((low_hz, gain))
    return steps


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """24 racks with gaps: some of all racks at once, some in one rack."""
    folder = tmp_path_factory.mktemp("scaling")
    power_w = racks_of(24)
    for first, n in ((0, 30), (7000, 400), (power_w.shape[1] - 10, 10)):
        power_w[:, first:first + n] = np.nan
    power_w[3, 20000:20100] = np.nan
    return write_trace(folder / "t.h5", power_w), power_w.astype("f4").astype(float)


def load_of(power_w: np.ndarray) -> np.ndarray:
    valid = np.isfinite(power_w).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(2 * valid >= len(power_w), np.nansum(power_w, axis=0) * len(power_w) / valid,
                        np.nan)


def expect_equal(found: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_measured_is_the_filter(recorded):
    trace, power_w = recorded
    s = Summary(trace, 500, "measured")
    assert s.replicate == "measured"
    steps = steps_of(s, 24, 500)
    assert len(steps) >= 4, "the bands differ, or nothing is tested"
    wanted = scaled(load_of(power_w), 24, 500, steps)
    expect_equal(s.load_w, wanted)
    assert np.nanstd(wanted - 500 / 24 * load_of(power_w)) > 5e4, "lock-step would be told apart"


def test_incoherent_scales_mean_and_swing_apart(recorded):
    trace, power_w = recorded
    s = Summary(trace, 500, "incoherent")
    load = load_of(power_w)
    mean = np.nanmean(load)
    expect_equal(s.load_w, 500 / 24 * mean + np.sqrt(500 / 24) * (load - mean))
    np.testing.assert_allclose(s.coherence["gain"], np.sqrt(500 / 24), rtol=1e-14)


@pytest.mark.parametrize("replicate", ["lockstep", "incoherent", "measured"])
def test_a_site_of_as_many_racks_is_the_recording(recorded, replicate):
    trace, power_w = recorded
    s = Summary(trace, 24, replicate)
    expect_equal(s.load_w, load_of(power_w))
    np.testing.assert_array_equal(s.coherence["gain"], 1.0)


def test_rho_and_its_noise(recorded):
    trace, power_w = recorded
    s = Summary(trace, 500, "measured")
    kappa, rho, noise = (s.coherence[name] for name in ("kappa", "rho", "rho_noise"))
    known = np.isfinite(kappa)
    wanted = np.clip((24 * kappa**2 - 1) / 23, 0, 1)
    np.testing.assert_allclose(rho[known], wanted[known], rtol=1e-12)
    assert np.isnan(rho[~known]).all() and not known.all()
    width = np.minimum(s.high_hz, RATE / 2) - s.low_hz
    np.testing.assert_allclose(noise[known], (1 / np.sqrt(24 * 23 * width * SECONDS))[known])
    np.testing.assert_array_equal(s.coherence["upper_bound"], ~(500 * noise <= 1))
    np.testing.assert_allclose(s.coherence["gain"],
                               gain_of(24, 500, np.where(known, rho, 1.0)), rtol=1e-12)
    # what was planted: the rhythm is common, 8-12 Hz shared to a quarter, the rest is noise
    bands = dict(zip(s.low_hz, rho))
    assert bands[1] > 0.9 and bands[5] == pytest.approx(0.22, abs=0.06) and bands[14] < 0.02


def test_kappa_is_that_of_the_spectra(tmp_path):
    racks = racks_of(24, seed=6)
    s = Summary(write_trace(tmp_path / "t.h5", racks), 24, "lockstep")
    f, each = signal.welch(racks, RATE, nperseg=1024 * 4)
    _, total = signal.welch(racks.sum(axis=0), RATE, nperseg=1024 * 4)
    for band in (1, 2, 3, 4, 5):
        cell = f[1] / 2
        share = np.clip(np.minimum(f + cell, s.high_hz[band]) - np.maximum(f - cell, s.low_hz[band]),
                        0, None)
        wanted = np.sqrt(total @ share / (24 * (each @ share).sum()))
        assert s.coherence["kappa"][band] == pytest.approx(wanted, rel=0.05), band


def test_it_foretells_what_more_racks_do(tmp_path):
    """32 of 256 racks, scaled to 256: the bands of the sum of all."""
    power_w = racks_of(256, seed=9)
    s = Summary(write_trace(tmp_path / "some.h5", power_w[:32]), 256, "measured")
    whole = Summary(write_trace(tmp_path / "all.h5", power_w), 256, "lockstep")
    known = np.isfinite(s.band_rms_w) & np.isfinite(s.coherence["rho"])
    assert known.sum() >= 4
    error = np.abs(s.band_rms_w / whole.band_rms_w - 1)[known]
    assert (error < 0.1 + 256 * s.coherence["rho_noise"][known] / 2).all(), error
    lock = Summary(tmp_path / "some.h5", 256, "lockstep")
    assert (lock.band_rms_w > 2 * whole.band_rms_w)[known].any(), "lock-step would not have"
    # the step of level, slower than any band that racks resolve, is common
    for part in (slice(0, 20000), slice(30000, None)):
        assert s.load_w[part].mean() == pytest.approx(whole.load_w[part].mean(), rel=2e-3)


def test_one_rack_says_nothing_of_coherence(tmp_path):
    power_w = racks_of(1)
    s = Summary(write_trace(tmp_path / "t.h5", power_w), 40, "measured")
    assert np.isnan(s.coherence["rho"]).all() and np.isnan(s.coherence["rho_noise"]).all()
    assert (s.coherence["upper_bound"] == 1).all()
    np.testing.assert_allclose(s.coherence["gain"], 40)
    expect_equal(s.load_w, 40 * load_of(power_w.astype("f4").astype(float)))


def test_a_dead_rack_is_no_member(recorded, tmp_path):
    """Racks that never speak stand in the load for the others; their number is not of the sum."""
    _, power_w = recorded
    dead = power_w.copy()
    dead[20:] = np.nan
    s = Summary(write_trace(tmp_path / "t.h5", dead), 500, "measured")
    alone = Summary(write_trace(tmp_path / "a.h5", power_w[:20]), 500, "measured")
    np.testing.assert_allclose(s.coherence["rho"], alone.coherence["rho"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(s.load_w, alone.load_w, rtol=1e-6)


def test_threads_and_tiles_change_no_bit(recorded):
    trace, _ = recorded
    one = Summary(trace, 500, "measured", "--threads", "1")
    other = Summary(trace, 500, "measured", "--threads", "2", "--set", "tile_samples=4096")
    np.testing.assert_array_equal(one.load_w, other.load_w)


def test_show_tells_how(recorded):
    trace, _ = recorded
    s = Summary(trace, 100000, "measured")
    shown = subprocess.run([PROGRAM, "show", s.path], capture_output=True, text=True).stdout
    assert "24 -> 100,000 racks, measured" in shown
    assert "agc not measured*," in shown and "the swing there is an upper bound" in \
        " ".join(shown.split())


def test_size_sees_the_same_load(recorded):
    """The search for the smallest battery stands on the load that analyze would report."""
    trace, _ = recorded
    analyzed = Summary(trace, 500, "measured").path
    sized = trace.with_suffix(".sized.h5")
    done = subprocess.run([PROGRAM, "size", trace, "-o", sized, "--site", trace.with_suffix(".yaml"),
                           "--limits", "southern", "--unit-type", "megapack-2xl-2h", "--units",
                           "0:40:20", "--response", "20ms", "--tau", "20s", "-q"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with h5py.File(analyzed) as one, h5py.File(sized) as other:
        assert other.attrs["replicate"] == "measured"
        for column in ("load/psd", "load/envelope_max_w", "coherence/gain"):
            np.testing.assert_array_equal(one[column][()], other[column][()])
