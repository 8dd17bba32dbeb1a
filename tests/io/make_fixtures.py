#!/usr/bin/env python3
"""Makes the small trace files of data/, each in a form that another program wrote.

    make_fixtures.py [FOLDER]

Needs h5py and hdf5plugin. The files are committed: they must still decode when neither is there.
Every file holds the same 11 racks x 103 samples; the test knows the formula (see value()).
"""
import sys
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

RACKS, SAMPLES = 11, 103
PERIOD_NS, START_NS = 1_000_000, 1_700_000_000_000_000_000


def value():
    """Watts in steps of 1/4, with NaN where (7 rack + sample) mod 41 is 0; float32 holds them all."""
    rack, sample = np.mgrid[0:RACKS, 0:SAMPLES]
    watts = 1000.0 * rack + (sample * 37 + rack * 101) % 997 * 0.25
    watts[(7 * rack + sample) % 41 == 0] = np.nan
    return watts


def write(path, dtype="f4", transposed=False, unit="W", scaled=None, libver=None, **storage):
    watts = value()
    unit_w = {"W": 1.0, "kW": 1e3, "MW": 1e6}[unit]
    stored = watts / unit_w
    fill = np.array(np.nan, dtype) if np.dtype(dtype).kind == "f" else np.array(32767, dtype)
    if scaled:
        stored = np.round((watts - scaled[1] * unit_w) / (scaled[0] * unit_w))
    if np.dtype(dtype).kind != "f":
        stored = np.where(np.isnan(stored), fill, np.nan_to_num(stored))
    stored = stored.astype(dtype)
    if transposed:
        stored = np.ascontiguousarray(stored.T)
    with h5py.File(path, "w", libver=libver) as file:
        file.attrs["Conventions"] = "CF-1.10"
        file.attrs["surgetank_format"] = "trace/1"
        power = file.create_dataset("power", data=stored, **storage)
        names = [f"r{i:02d}" for i in range(RACKS)]
        file.create_dataset("rack", data=names, dtype=h5py.string_dtype())
        file["rack"].make_scale("rack")
        file.create_dataset("time", shape=(SAMPLES,), dtype=">f4")
        file["time"].make_scale("This is a netCDF dimension but not a netCDF variable.%10d" % SAMPLES)
        power.dims[1 if transposed else 0].attach_scale(file["rack"])
        power.dims[0 if transposed else 1].attach_scale(file["time"])
        power.attrs["units"] = unit
        power.attrs["sample_period_ns"] = np.int64(PERIOD_NS)
        power.attrs["start_time_ns"] = np.int64(START_NS)
        power.attrs["_FillValue"] = fill
        if scaled:
            power.attrs["scale_factor"] = np.float64(scaled[0])
            power.attrs["add_offset"] = np.float64(scaled[1])


FIXTURES = {
    "contiguous": {},
    "lzf": {"chunks": (5, 40), "compression": "lzf"},
    "lzf_shuffle": {"chunks": (5, 40), "compression": "lzf", "shuffle": True},
    "deflate": {"chunks": (5, 40), "compression": "gzip", "shuffle": True},
    "deflate_fletcher": {"chunks": (8, 30), "compression": "gzip", "shuffle": True,
                         "fletcher32": True},
    "fletcher": {"chunks": (8, 30), "fletcher32": True},
    "lz4": {"chunks": (8, 50), **hdf5plugin.LZ4()},
    "lz4_blocks": {"chunks": (8, 50), **hdf5plugin.LZ4(nbytes=512)},
    "zstd": {"chunks": (8, 50), **hdf5plugin.Zstd()},
    "bitshuffle": {"chunks": (7, 41), **hdf5plugin.Bitshuffle(cname="none")},
    "bitshuffle_lz4": {"chunks": (RACKS, SAMPLES), **hdf5plugin.Bitshuffle(cname="lz4")},
    "bitshuffle_lz4_small": {"chunks": (7, 41), **hdf5plugin.Bitshuffle(cname="lz4", nelems=64)},
    "bitshuffle_zstd": {"chunks": (7, 41), **hdf5plugin.Bitshuffle(cname="zstd")},
    "bitshuffle_f64": {"dtype": "f8", "chunks": (7, 41), **hdf5plugin.Bitshuffle(cname="lz4")},
    "bitshuffle_i16": {"dtype": "i2", "chunks": (7, 41), "unit": "kW",
                       "scaled": (0.001, 9.0), **hdf5plugin.Bitshuffle(cname="lz4")},
    "time_rack_lz4": {"transposed": True, "chunks": (64, RACKS), **hdf5plugin.LZ4()},
    "time_rack_chunks": {"transposed": True, "chunks": (50, 4)},
    "big_endian": {"dtype": ">f4"},
    "big_endian_i2": {"dtype": ">i2", "scaled": (1.0, 9000.0), "chunks": (5, 40),
                      "compression": "gzip"},
    "int64": {"dtype": "i8", "scaled": (0.25, 0.0), "chunks": (5, 40)},
    "latest_fixed_array": {"chunks": (5, 40), "libver": ("v110", "v110"), "compression": "gzip"},
    "latest_single": {"chunks": (RACKS, SAMPLES), "libver": ("v110", "v110"), "compression": "gzip"},
    "latest_extensible": {"chunks": (5, 40), "libver": ("v110", "v110"), "maxshape": (RACKS, None)},
    "latest_extensible_time": {"transposed": True, "chunks": (64, 5), "libver": ("v110", "v110"),
                               "maxshape": (None, RACKS)},
    "latest_both": {"chunks": (5, 40), "libver": ("v110", "v110"), "maxshape": (None, None)},
    "growing": {"chunks": (5, 40), "maxshape": (None, None), "compression": "gzip"},
    "blosc": {"chunks": (5, 40), **hdf5plugin.Blosc()},
}

if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "data")
    folder.mkdir(exist_ok=True)
    for name, how in FIXTURES.items():
        write(folder / f"{name}.h5", **how)
        print(f"{name}: {(folder / f'{name}.h5').stat().st_size} bytes")
