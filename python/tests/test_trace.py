"""The file that import writes is trace/1: names, scales, attributes, chunks; xarray reads it."""
from __future__ import annotations

import h5py
import numpy as np
import pytest

from surgetank.problem import Problem
from surgetank.trace import TraceWriter, open_trace


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "t.h5"
    power = np.random.default_rng(0).normal(100, 9, (70, 20000)).astype(np.float32)
    power[3, 5:9] = np.nan
    with TraceWriter(path, [f"räck-{i}" for i in range(70)], 20000, 10**6, 10**18,
                     {"history": "test"}) as writer:
        writer.put(0, 0, power[:64])
        writer.put(64, 0, power[64:, :100])
        writer.put(64, 100, power[64:, 100:])
    return path, power


def test_layout(trace):
    path, power = trace
    with h5py.File(path) as file:
        assert file.attrs["Conventions"] == "CF-1.10"
        assert file.attrs["surgetank_format"] == "trace/1"
        dataset = file["power"]
        assert dataset.chunks == (64, 16384) and dataset.dtype == np.float32
        assert dataset.attrs["units"] == "W"
        assert dataset.attrs["sample_period_ns"] == 10**6
        assert dataset.attrs["sample_period_ns"].dtype == np.int64
        assert dataset.attrs["start_time_ns"] == 10**18
        assert [dim[0].name for dim in dataset.dims] == ["/rack", "/time"]
        assert file["rack"][1].decode() == "räck-1"
        assert h5py.check_string_dtype(file["rack"].dtype).length is None
        assert file["time"].id.get_storage_size() == 0
        assert np.array_equal(dataset[()], power, equal_nan=True)


def test_open_trace(trace):
    path, power = trace
    opened = open_trace(path)
    assert opened.dims == ("rack", "time")
    assert list(opened.rack.values[:2]) == ["räck-0", "räck-1"]
    assert opened.time.values[1] - opened.time.values[0] == np.timedelta64(1, "ms")
    assert opened.time.values[0] == np.datetime64(10**18, "ns")
    assert np.array_equal(opened.isel(time=slice(0, 50)).values, power[:, :50], equal_nan=True)


def test_open_trace_says_what_is_wrong(tmp_path):
    with pytest.raises(Problem) as missing:
        open_trace(tmp_path / "none.h5")
    assert missing.value.code == 66
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(Problem) as bad:
        open_trace(tmp_path / "text.h5")
    assert bad.value.code == 65
