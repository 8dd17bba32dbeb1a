"""The measured recordings through the whole sentence: import, analyze, read the summary back."""
from __future__ import annotations

import os
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest

from conftest import REAL, REPOSITORY
from surgetank.__main__ import main

PROGRAM = Path(os.environ.get("SURGETANK", REPOSITORY / "build" / "surgetank"))
pytestmark = [
    pytest.mark.skipif(not REAL.is_dir(), reason=f"no measured recordings in {REAL}"),
    pytest.mark.skipif(not PROGRAM.is_file(), reason=f"no program at {PROGRAM}"),
]
KINDS = ["spike", "dip", "step_up", "step_down", "oscillation", "gap"]


@pytest.fixture
def analyzed(tmp_path):
    def run(name: str) -> h5py.File:
        trace, summary = str(tmp_path / "trace.h5"), str(tmp_path / "summary.h5")
        assert main(["import", str(REAL / name), "-o", trace]) == 0
        subprocess.run([PROGRAM, "analyze", trace, "-o", summary, "--quiet"], check=True)
        return h5py.File(summary)
    return run


def test_square_wave_line_and_odd_harmonics(analyzed):
    with analyzed("a100-square-10hz.csv") as summary:
        line_hz = summary["racks/dominant_frequency_hz"][0]
        assert 9.3 <= line_hz <= 10.2
        assert summary["load/iteration_period_s"][0] == pytest.approx(1 / line_hz, rel=0.05)
        # a square wave between 55 and 200 W has a first harmonic of 4/pi times half of that
        assert 60 < summary["racks/dominant_amplitude_w"][0] < 4 / np.pi * 75
        assert summary["load/dominant_frequency_hz"][0] == pytest.approx(line_hz, abs=0.5)
        f, psd = summary["load/frequency_hz"][()], summary["load/psd"][()]

        def height(multiple: float) -> float:
            return float(psd[np.abs(f - multiple * line_hz) < 1.0].max())
        assert height(3) > 3 * height(2) and height(5) > 3 * height(4)
        assert len(summary["events/kind"]) == 0, "a rhythm is a line, not events"


@pytest.mark.parametrize("name, up_w, down_w", [("a100-step.csv", 133, -133),
                                                ("rtx4090-step.csv", 318, -310)])
def test_steps_have_their_size(analyzed, name, up_w, down_w):
    with analyzed(name) as summary:
        events = {column: summary["events"][column][()] for column in
                  ("rack", "kind", "start_ns", "amplitude_w")}
        mine = events["rack"] == 0
        kinds = [KINDS[kind] for kind in events["kind"][mine]]
        assert kinds == ["step_up", "step_down"]
        start_s = events["start_ns"][mine] * 1e-9
        assert start_s == pytest.approx([1.05, 7.0], abs=0.03)
        assert events["amplitude_w"][mine] == pytest.approx([up_w, down_w], rel=0.05)
        largest_w = summary["racks/ramp_max_w"][0, 3]
        assert np.all(largest_w > abs(down_w)), "within a second, up and down"


def test_board_log_gives_its_period(analyzed):
    with analyzed("w7700-board.log") as summary:
        # the board works 1.5 s in every 6.5 s
        assert summary["racks/max_w"][0] == pytest.approx(166, abs=2)
        assert summary["racks/mean_w"][0] == pytest.approx(39.7, rel=0.02)
        assert summary["racks/ramp_max_w"][0, 3].min() > 130
