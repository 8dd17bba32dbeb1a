"""Python and the program read each other's files: synth -> xarray, import -> analyze -> pictures."""
from __future__ import annotations

import subprocess

import h5py
import numpy as np
import pytest

from conftest import REPOSITORY, csv_of
from surgetank.__main__ import main
from surgetank.summary import read_events, read_verdicts
from surgetank.trace import open_trace

PROGRAM = REPOSITORY / "build" / "surgetank"
pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")


def program(*arguments: object) -> None:
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_synthetic_trace_in_xarray(tmp_path):
    path = tmp_path / "t.h5"
    program("synth", "--site", "colossus-2", "--racks", 16, "--duration", "60s", "-o", path)
    power = open_trace(path)
    assert power.sizes == {"rack": 16, "time": 60000} and power.attrs["units"] == "W"
    assert power.time.values[1] - power.time.values[0] == np.timedelta64(1, "ms")
    truth = read_events(path)
    for gap in truth[truth["kind"] == "gap"].itertuples():
        inside = power.isel(rack=gap.rack).sel(
            time=slice(np.datetime64(gap.start_ns, "ns"), np.datetime64(gap.end_ns - 1, "ns")))
        assert inside.size >= 60 and bool(inside.isnull().all())


def test_imported_recording_is_analyzed_and_shown(tmp_path):
    rng = np.random.default_rng(7)
    t = np.arange(60000) * 1e-3
    power = 200 + 80 * np.sign(np.sin(2 * np.pi * 0.7 * t)) + rng.normal(0, 1, t.size)
    power[(t > 30.3) & (t < 30.34)] = 600
    (tmp_path / "r.csv").write_text(csv_of(t, power))
    assert main(["import", str(tmp_path / "r.csv"), "-o", str(tmp_path / "r.h5")]) == 0
    program("analyze", tmp_path / "r.h5", "--site", "colossus-1", "--limits", "ercot",
            "-o", tmp_path / "s.h5")
    spikes = read_events(tmp_path / "s.h5").query("rack == 0 and kind == 'spike'")
    assert len(spikes) == 1
    start = np.datetime64(int(spikes["start_ns"].iloc[0]), "ns").astype("int64") * 1e-9
    assert start == pytest.approx(30.3, abs=0.01)
    assert "ERCOT-PV" in set(read_verdicts(tmp_path / "s.h5")["rule"])
    for command, name in (("plot", "p.png"), ("report", "r.html")):
        assert main([command, str(tmp_path / "s.h5"), "-o", str(tmp_path / name)]) == 0


def test_two_racks_of_one_name(tmp_path):
    """An error where names identify racks, a notice where nobody made them for that."""
    for name in ("own", "rig"):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            power = file.create_dataset("power", data=np.full((3, 4000), 5.0))
            power.attrs.update(units="kW", sample_period_ns=np.int64(10**6), start_time_ns=np.int64(0))
            if name == "own":
                file.attrs["surgetank_format"] = "trace/1"
            file["rack"], file["time"] = ["a", "b", "a"], np.zeros(4000)
            for axis, scale in enumerate(("rack", "time")):
                file[scale].make_scale(scale)
                power.dims[axis].attach_scale(file[scale])
    done = subprocess.run([PROGRAM, "analyze", tmp_path / "own.h5", "-o", tmp_path / "s.h5"],
                          capture_output=True, text=True)
    assert done.returncode == 65 and done.stderr.count("\n") == 1
    assert 'racks 0 and 2 (counted from 0) are both called "a"' in done.stderr
    assert not (tmp_path / "s.h5").exists()
    done = subprocess.run([PROGRAM, "analyze", tmp_path / "rig.h5", "--dataset", "/power",
                           "-o", tmp_path / "s.h5"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'note: ' in done.stderr and 'both called "a"; each is counted' in done.stderr
