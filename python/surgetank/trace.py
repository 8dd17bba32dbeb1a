"""The trace/1 format: racks x time of power on one uniform grid, in HDF5 that xarray reads."""
from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from .problem import MISSING, BAD_INPUT, Problem

if TYPE_CHECKING:
    import xarray

CHUNK_RACKS, CHUNK_SAMPLES = 64, 16384
#: What netCDF-4 writes into the scale of a dimension that has no coordinate values.
NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable."


def open_trace(path: str | Path) -> "xarray.DataArray":
    """`/power` in W, lazily, with a `time` coordinate (datetime64[ns]) of index x period."""
    import xarray

    with contextlib.suppress(ImportError):
        import hdf5plugin  # noqa: F401  (registers LZ4, zstd and bitshuffle with HDF5)
    if not Path(path).exists():
        raise Problem(MISSING, f"{path}: no such file")
    try:
        power = xarray.open_dataset(path, engine="h5netcdf", chunks=None)["power"]
        period_ns = int(power.attrs["sample_period_ns"])
        start_ns = int(power.attrs["start_time_ns"])
    except (OSError, KeyError) as error:
        raise Problem(BAD_INPUT, f"{path}: is no trace/1 file: {error}") from error
    times = start_ns + period_ns * np.arange(power.sizes["time"], dtype=np.int64)
    return power.assign_coords(time=times.astype("datetime64[ns]"))


class _Sink(io.RawIOBase):
    """The file below HDF5. A failing disk must not reach the library, whose cleanup after a failed
    write can crash: the first error is kept for us to raise, and what follows is dropped."""

    def __init__(self, path: str | Path):
        super().__init__()
        self.raw = open(path, "rb+", buffering=0)
        self.error: OSError | None = None

    def write(self, data) -> int:
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view) and self.error is None:
            try:
                done += self.raw.write(view[done:]) or 0
            except OSError as error:
                self.error = error
        return len(view)

    def readinto(self, buffer) -> int:
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and (n := self.raw.readinto(view[done:])):
            done += n
        view[done:] = bytes(len(view) - done)
        return len(view)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.raw.seek(offset, whence)

    def tell(self) -> int:
        return self.raw.tell()

    def truncate(self, size: int | None = None) -> int:
        try:
            return self.raw.truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0

    def close(self) -> None:
        self.raw.close()
        super().close()


class TraceWriter:
    """Writes a trace/1 file rack group by rack group, block by block. Use as a context manager; a
    disk that fails is an OSError of `put` or of the end."""

    def __init__(self, path: str | Path, racks: list[str], samples: int, period_ns: int,
                 start_ns: int, attributes: dict[str, object]):
        Path(path).touch()
        self.sink = _Sink(path)
        self.file = h5py.File(self.sink, "w", libver=("earliest", "v110"))
        try:
            self._create(racks, samples, period_ns, start_ns, attributes)
        except BaseException:
            self._close()
            raise

    def _create(self, racks: list[str], samples: int, period_ns: int, start_ns: int,
                attributes: dict[str, object]) -> None:
        file = self.file
        file.attrs["Conventions"] = "CF-1.10"
        file.attrs["surgetank_format"] = "trace/1"
        for name, value in attributes.items():
            file.attrs[name] = value
        rack = file.create_dataset("rack", data=np.array(racks, dtype=object),
                                   dtype=h5py.string_dtype())
        rack.attrs["long_name"] = "rack name"
        rack.make_scale("rack")
        # Contiguous and never written: the scale takes no space in the file.
        time = file.create_dataset("time", shape=(samples,), dtype=">f4")
        time.make_scale(f"{NO_VARIABLE}{samples:10d}")
        chunks = (min(CHUNK_RACKS, len(racks)), min(CHUNK_SAMPLES, samples))
        power = file.create_dataset("power", shape=(len(racks), samples), dtype="<f4",
                                    chunks=chunks, fillvalue=np.nan)
        power.dims[0].attach_scale(rack)
        power.dims[1].attach_scale(time)
        power.attrs["units"] = "W"
        power.attrs["long_name"] = "power into the rack"
        power.attrs["sample_period_ns"] = np.int64(period_ns)
        power.attrs["start_time_ns"] = np.int64(start_ns)
        self.power = power

    def put(self, first_rack: int, first_sample: int, power_w: np.ndarray) -> None:
        """power_w: [racks, samples], W, NaN where there is nothing."""
        if self.sink.error:
            raise self.sink.error
        racks, samples = power_w.shape
        self.power[first_rack:first_rack + racks, first_sample:first_sample + samples] = power_w

    def columns(self, group: str, columns: dict[str, tuple[np.ndarray, str]]) -> None:
        """A table as a group of 1-D datasets: name -> (values, long_name)."""
        for name, (values, long_name) in columns.items():
            text = values.dtype == object
            dataset = self.file.create_dataset(
                f"{group}/{name}", data=values, dtype=h5py.string_dtype() if text else None)
            dataset.attrs["long_name"] = long_name
            dataset.attrs["units"] = "ns" if name.endswith("_ns") else "1"

    def __enter__(self) -> "TraceWriter":
        return self

    def _close(self) -> None:
        self.file.close()
        self.sink.close()

    def __exit__(self, *_: object) -> None:
        self._close()
        if self.sink.error:
            raise self.sink.error
