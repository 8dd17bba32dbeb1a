"""The files of the program, read by others: h5py, hdf5plugin, xarray with h5netcdf.

Skipped, visibly, where the program is not built or a library is missing.
"""
from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("SURGETANK", REPOSITORY / "build" / "surgetank"))
CODECS = ("none", "deflate", "lz4", "bitshuffle-lz4")
NO_TIME = np.iinfo(np.int64).min

pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason=f"{PROGRAM} is not built")


def run(*arguments: object) -> subprocess.CompletedProcess:
    done = subprocess.run([str(PROGRAM), *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("format")


@pytest.fixture(scope="module")
def traces(folder):
    """The same recording in every codec."""
    made = {}
    for codec in CODECS:
        made[codec] = folder / f"{codec}.h5"
        run("synth", "--site", "colossus-1", "--racks", 70, "--duration", "20s", "--seed", 5,
            "--codec", codec, "-o", made[codec])
    return made


@pytest.fixture(scope="module")
def summary(folder, traces):
    path = folder / "summary.h5"
    run("analyze", traces["none"], "-o", path, "--site", "colossus-1", "--limits", "ercot",
        "--save-series")
    return path


def datasets(path: Path) -> dict[str, h5py.Dataset]:
    file, found = h5py.File(path), {}

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    file.visititems(note)
    return found


def is_bare_dimension(dataset: h5py.Dataset) -> bool:
    return bytes(dataset.attrs.get("NAME", b"")).startswith(b"This is a netCDF dimension but not")


@pytest.mark.parametrize("codec", CODECS)
def test_trace_by_h5py(traces, codec):
    if "lz4" in codec:
        pytest.importorskip("hdf5plugin")
    with h5py.File(traces[codec]) as file, h5py.File(traces["none"]) as plain:
        assert file.attrs["surgetank_format"] == "trace/1"
        assert file.attrs["Conventions"] == "CF-1.10"
        power = file["power"]
        assert power.chunks == (64, 16384)
        assert [dimension[0].name for dimension in power.dims] == ["/rack", "/time"]
        assert power.attrs["units"] == "W"
        assert power.attrs["sample_period_ns"].dtype == np.int64
        np.testing.assert_array_equal(power[()], plain["power"][()])
        assert file["time"].id.get_storage_size() == 0


@pytest.mark.parametrize("codec", CODECS)
def test_trace_by_xarray(traces, codec):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    if "lz4" in codec:
        pytest.importorskip("hdf5plugin")
    with xarray.open_dataset(traces[codec], engine="h5netcdf") as trace:
        assert trace["power"].dims == ("rack", "time")
        assert trace["rack"].size == 70
        assert "time" not in trace.coords
    with xarray.open_dataset(traces[codec], engine="h5netcdf", group="truth/events") as truth:
        assert set(truth) == {"rack", "kind", "start_ns", "end_ns", "amplitude_w", "frequency_hz"}
        assert truth["start_ns"].dtype.kind == "M"


def test_summary_is_labelled(summary):
    with h5py.File(summary) as file:
        assert file.attrs["surgetank_format"] == "summary/1"
        assert file.attrs["complete"] == 1
        assert list(file.attrs["input_files"])
    for name, dataset in datasets(summary).items():
        if is_bare_dimension(dataset):
            continue
        assert isinstance(dataset.attrs["units"], str), name
        assert dataset.attrs["long_name"], name
        if dataset.dtype == np.uint8:
            words = dataset.attrs["flag_meanings"].split()
            assert list(dataset.attrs["flag_values"]) == list(range(len(words))), name
            assert np.all(dataset[()] < len(words)), name


def test_summary_has_dimensions(summary):
    """Every axis of every column has a scale of its length, in the group of the column."""
    for name, dataset in datasets(summary).items():
        if "CLASS" in dataset.attrs:
            continue
        for axis, size in enumerate(dataset.shape):
            scale = dataset.dims[axis][0]
            assert scale.shape == (size,), name
            assert scale.parent == dataset.parent, name


def test_summary_by_xarray(summary):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    tree = xarray.open_datatree(summary, engine="h5netcdf")
    with h5py.File(summary) as file:
        for name, dataset in datasets(summary).items():
            if is_bare_dimension(dataset):
                continue
            group, _, column = name.rpartition("/")
            found = tree[group][column]
            assert found.shape == dataset.shape, name
            if dataset.attrs["units"].startswith("nanoseconds since"):
                expected = dataset[()].astype("M8[ns]")
                expected[dataset[()] == NO_TIME] = np.datetime64("NaT")
                np.testing.assert_array_equal(found.values, expected, err_msg=name)
        assert file["load/power_w"].shape[0] == tree["load"]["power_w"].sizes["time"]
    for group in ("racks", "events", "load", "draw", "verdicts"):
        with xarray.open_dataset(summary, engine="h5netcdf", group=group) as opened:
            assert len(opened.data_vars) > 3
    assert set(tree["racks"]["ramp_max_w"].dims) == {"rack", "ramp_window_s", "direction"}
    assert list(tree["racks"]["direction"].values) == ["up", "down"]


def test_summary_series_and_envelope_agree(summary):
    with h5py.File(summary) as file:
        power_w = file["load/power_w"][()]
        assert np.nanmin(power_w) == np.nanmin(file["load/envelope_min_w"][()])
        assert np.nanmax(power_w) == np.nanmax(file["load/envelope_max_w"][()])


def test_same_input_same_summary(folder, traces, summary):
    again = folder / "again.h5"
    run("analyze", traces["bitshuffle-lz4"], "-o", again, "--site", "colossus-1", "--limits",
        "ercot", "--save-series")
    first, second = datasets(summary), datasets(again)
    assert list(first) == list(second)
    for name, dataset in first.items():
        if not is_bare_dimension(dataset):
            np.testing.assert_array_equal(dataset[()], second[name][()], err_msg=name)


def test_examples_of_format_md(tmp_path, summary):
    """The programs printed in data/FORMAT.md run, and the traces they write are accepted."""
    pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    text = (REPOSITORY / "data" / "FORMAT.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(examples) == 4
    (tmp_path / "summary.h5").write_bytes(summary.read_bytes())
    for example in examples:
        done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True,
                              text=True)
        assert done.returncode == 0, done.stderr
        if "own.h5" in example:
            assert "60000" in run("info", tmp_path / "own.h5").stdout.replace(",", "").replace(" ", "")
            (tmp_path / "own.h5").unlink()
