"""The measured recordings. They are no part of the project, so this skips where they are not."""
from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from conftest import REAL, Imported
from surgetank.__main__ import main

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"no measured recordings in {REAL}")


@pytest.fixture
def imported(tmp_path, capsys):
    def run(name: str, *options: str) -> Imported:
        assert main(["import", str(REAL / name), "-o", str(tmp_path / "out.h5"), *options]) == 0
        return Imported(tmp_path / "out.h5", capsys.readouterr().err)
    return run


def spectrum(trace: Imported) -> tuple[np.ndarray, np.ndarray]:
    return signal.welch(trace.power_w[0], 1e9 / trace.period_ns, nperseg=16384)


def test_square_wave_has_its_line_and_odd_harmonics(imported):
    trace = imported("a100-square-10hz.csv")
    assert trace.period_ns == 200_000
    assert not np.isnan(trace.power_w).any()
    f, psd = spectrum(trace)
    strongest = f[1 + psd[1:].argmax()]
    assert 9.3 <= strongest <= 10.2

    def height(multiple: float) -> float:
        near = np.abs(f - multiple * strongest) < 1.0
        return float(psd[near].max())
    assert height(3) > 3 * height(2) and height(3) > 3 * height(4)
    assert height(5) > 3 * height(4)
    low, high = np.percentile(trace.power_w, [10, 90])
    assert 50 < low < 70 and 180 < high < 210


@pytest.mark.parametrize("name, size_w", [("a100-step.csv", 120), ("rtx4090-step.csv", 280)])
def test_steps_keep_their_size(imported, name, size_w):
    trace = imported(name)
    blocks = trace.power_w[0][: trace.power_w.shape[1] // 500 * 500].reshape(-1, 500).mean(axis=1)
    assert np.abs(np.diff(blocks)).max() > size_w / 2
    assert np.ptp(blocks) > size_w


def test_resampling_keeps_the_energy(imported):
    raw = np.loadtxt(REAL / "a100-step.csv", delimiter=",", skiprows=1)
    energy = np.trapezoid(raw[:, 1], raw[:, 0])
    for period in ("auto", "205200ns", "1ms", "10ms"):
        trace = imported("a100-step.csv", "--period", period)
        mean = float(np.mean(trace.power_w, dtype=np.float64))
        assert mean * (raw[-1, 0] - raw[0, 0]) == pytest.approx(energy, rel=1e-3)


def test_board_log_reports_its_markers(imported):
    trace = imported("w7700-board.log")
    assert trace.period_ns == 2_000_000
    assert trace.start_ns == 1_733_935_203_149_000_000
    assert trace.attributes["import_step_w"] == 1.0
    assert list(trace.markers["line"]) == [4269, 4889, 6953, 7572, 9652, 10296, 12387, 13033]
    assert trace.markers["text"][0] == b'M 10.128 "start"'
    assert (trace.markers["time_ns"][0] - trace.start_ns) * 1e-9 == pytest.approx(10.36, abs=0.3)
    assert "w7700-board.log:4269: marker line" in trace.said
    assert "8 marker lines" in trace.said
    assert np.nanmax(trace.power_w) == 166
