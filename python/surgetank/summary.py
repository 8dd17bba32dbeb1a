"""The summary/1 format as pandas tables and plain arrays."""
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from .problem import BAD_INPUT, MISSING, Problem, one_line


@contextmanager
def open_summary(path: str | Path) -> Iterator[h5py.File]:
    """The file, checked to be a summary. Damage found while reading it is exit 65, too."""
    if not Path(path).is_file():
        raise Problem(MISSING, f"{path}: no such file")
    try:
        with h5py.File(path, "r") as file:
            found = file.attrs.get("surgetank_format", "no surgetank file")
            if found != "summary/1":
                raise Problem(BAD_INPUT, f"{path}: found {one_line(found)}; allowed: summary/1")
            yield file
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise Problem(BAD_INPUT, f"{path}: damaged, or no summary: {one_line(error)}") from error


def values(file: h5py.File, path: str) -> np.ndarray | None:
    """A dataset: text as str objects, enumerations as their words; None when it is not there."""
    dataset = file.get(path)
    if not isinstance(dataset, h5py.Dataset):
        return None
    if h5py.check_string_dtype(dataset.dtype):
        return dataset.asstr(errors="replace")[()]
    data = dataset[()]
    words = str(dataset.attrs.get("flag_meanings", "")).split()
    flags = dataset.attrs.get("flag_values")
    if words and flags is not None and len(words) == len(flags):
        names = dict(zip(np.asarray(flags).tolist(), words))
        return np.array([names.get(v, str(v)) for v in data.tolist()], dtype=object)
    return data


def table(file: h5py.File, group: str) -> pd.DataFrame | None:
    """The columns of a group that share the most usual length; times as datetime64[ns] in UTC."""
    node = file.get(group)
    if not isinstance(node, h5py.Group):
        return None
    columns = {name: dataset for name, dataset in node.items()
               if isinstance(dataset, h5py.Dataset) and dataset.ndim == 1
               and not _is_bare_scale(dataset)}
    if not columns:
        return None
    lengths = [dataset.shape[0] for dataset in columns.values()]
    usual = max(set(lengths), key=lengths.count)
    frame = pd.DataFrame({name: values(file, f"{group}/{name}")
                          for name, dataset in columns.items() if dataset.shape[0] == usual})
    for name in frame.columns:
        if name.endswith("_ns"):
            frame[name.removesuffix("_ns")] = pd.to_datetime(frame[name], unit="ns", utc=True)
    return frame


def _is_bare_scale(dataset: h5py.Dataset) -> bool:
    """A dimension without values of its own."""
    name = dataset.attrs.get("NAME", b"")
    return bytes(name).startswith(b"This is a netCDF dimension but not")


def read_events(path: str | Path) -> pd.DataFrame:
    """One row per event, by (start, rack); rack -1 is the site load. Works on a summary and, for
    what was planted, on a synthetic trace."""
    with h5py.File(path, "r") as file:
        frame = table(file, "truth/events" if "truth" in file else "events")
    return pd.DataFrame() if frame is None else frame


def read_verdicts(path: str | Path) -> pd.DataFrame:
    """One row per (rule, point), with value, limit, unit, margin and the worst window."""
    with open_summary(path) as file:
        frame = table(file, "verdicts")
    return pd.DataFrame() if frame is None else frame


def read_sizing(path: str | Path) -> pd.DataFrame:
    """One row per candidate battery."""
    with open_summary(path) as file:
        frame = table(file, "sizing")
    return pd.DataFrame() if frame is None else frame


def site_title(file: h5py.File) -> str:
    """The site's line for people, from its YAML text; its name, or "no site", without one."""
    text = str(file.attrs.get("site", ""))
    for key in ("title", "name"):
        match = re.search(rf"^{key}:\s*(.+?)\s*$", text, re.MULTILINE)
        if match:
            return match[1].strip("\"'")
    return "no site"


def scale_of(largest_w: float) -> tuple[float, str]:
    """Divisor and unit that give numbers of one to three digits."""
    for divisor, unit in ((1e6, "MW"), (1e3, "kW")):
        if largest_w >= divisor:
            return divisor, unit
    return 1.0, "W"


def shown(value: float | str) -> str:
    """A number for people: four digits, no exponent where it can be helped. Words stay words."""
    if isinstance(value, str):
        return value
    if not np.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 10000 else f"{value:.4g}"
