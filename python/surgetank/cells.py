"""Cells of a recording as numbers: power with or without a unit, times of any kind."""
from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd

WATTS = {"mw": 1e-3, "w": 1.0, "kw": 1e3, "watt": 1.0, "watts": 1.0}
JOULES = {"uJ": 1e-6, "mJ": 1e-3, "J": 1.0, "kJ": 1e3, "Wh": 3600.0, "kWh": 3.6e6}
TIME_NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}

#: What meters write when they have nothing to say.
EMPTY = {"", "-", "n/a", "[n/a]", "nan", "null", "none", "na", "err!", "[not supported]",
         "[unknown error]", "not available", "[gpu is lost]"}
WITH_UNIT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*\[?([A-Za-z]+)?\]?\s*\Z")
PLAIN = re.compile(r"-?\d+(?:\.\d*)?\Z")


def watts_per(unit: str) -> float | None:
    """1e6 for MW, 1e-3 for mW: the one pair where the case of a letter matters."""
    if unit == "MW":
        return 1e6
    return WATTS.get(unit.lower())


def parse_power(cells: pd.Series, scale: float, energy: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values (NaN where missing or bad) and a mask of the bad ones, which are no number at all.

    `scale` turns a bare number into W (or J). A unit in the cell wins over it.
    """
    values = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, copy=True) * scale
    bad = np.zeros(len(values), bool)
    if cells.dtype == object or pd.api.types.is_string_dtype(cells.dtype):
        _strip_common_units(cells, values, energy)
        for i in np.flatnonzero(np.isnan(values)):
            text = cells.iloc[i]
            if not isinstance(text, str) or text.strip().lower() in EMPTY:
                continue
            match = WITH_UNIT.match(text)
            unit = _unit(match[2], energy) if match and match[2] else None
            if unit is None:
                bad[i] = True
            else:
                values[i] = float(match[1]) * unit
    values[np.isinf(values)] = np.nan
    return values, bad


def _unit(name: str, energy: bool) -> float | None:
    return JOULES.get(name) if energy else watts_per(name)


def _strip_common_units(cells: pd.Series, values: np.ndarray, energy: bool) -> None:
    """Fills values of cells such as "71.25 W" by whole columns: one pass for each way of writing
    the unit. What four passes leave is for the cell-by-cell loop."""
    for _ in range(4):
        open_cells = np.flatnonzero(np.isnan(values))
        texts = cells.iloc[open_cells]
        match = next((m for text in texts if isinstance(text, str)
                      and (m := WITH_UNIT.match(text)) and m[2] and _unit(m[2], energy)), None)
        if match is None:
            return
        written = match.string[match.end(1):]
        alike = texts.str.endswith(written).fillna(False).to_numpy(bool)
        bare = texts[alike].str.slice(0, -len(written))
        numbers = pd.to_numeric(bare, errors="coerce").to_numpy(np.float64)
        values[open_cells[alike]] = numbers * _unit(match[2], energy)


def parse_times(cells: pd.Series, unit_ns: int | None) -> np.ndarray:
    """Times as int64 ns; the smallest int64 where a cell is no time."""
    none = np.iinfo(np.int64).min
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return _datetimes(cells)
    if pd.api.types.is_integer_dtype(cells.dtype):
        return cells.to_numpy(np.int64) * (unit_ns or 10**9)
    if pd.api.types.is_float_dtype(cells.dtype):
        values = cells.to_numpy(np.float64)
        good = np.isfinite(values) & (np.abs(values) * (unit_ns or 10**9) < 2.0**63)
        return np.where(good, np.rint(np.where(good, values, 0) * (unit_ns or 10**9)), none) \
            .astype(np.int64)
    text = cells.astype(str).str.strip()
    if unit_ns is None:
        return _datetimes(text)
    times = np.full(len(text), none, np.int64)
    plain = text.str.fullmatch(PLAIN.pattern[:-2]).to_numpy(bool)
    if plain.any():
        times[plain] = _decimal(text[plain], unit_ns)
    rest = ~plain
    if rest.any():
        values = pd.to_numeric(text[rest], errors="coerce").to_numpy(np.float64)
        good = np.isfinite(values) & (np.abs(values) * unit_ns < 2.0**63)
        times[np.flatnonzero(rest)[good]] = np.rint(values[good] * unit_ns).astype(np.int64)
    return times


def _decimal(text: pd.Series, unit_ns: int) -> np.ndarray:
    """Exact, where a float of seconds since 1970 would be off by 240 ns."""
    digits = len(str(unit_ns)) - 1
    parts = text.str.partition(".")
    whole = pd.to_numeric(parts[0], errors="coerce").to_numpy(np.float64)
    fraction = parts[2].str.slice(0, digits).str.ljust(digits, "0") if digits else None
    good = np.abs(whole) * unit_ns < 2.0**63
    times = np.full(len(text), np.iinfo(np.int64).min, np.int64)
    part = fraction[good].astype(np.int64).to_numpy() if digits else 0
    negative = text[good].str.startswith("-").to_numpy()
    size = np.abs(parts[0][good].astype(np.int64).to_numpy()) * unit_ns + part
    times[good] = np.where(negative, -size, size)
    return times


def _datetimes(cells: pd.Series) -> np.ndarray:
    """Wall clocks; without a zone they are taken as UTC."""
    # By the format of the first cell, which is fast; then one by one what looks different.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas says it cannot tell; the lines will be reported
        times = pd.to_datetime(cells, errors="coerce", utc=True)
    odd = times.isna() & cells.notna()
    if odd.any() and not pd.api.types.is_datetime64_any_dtype(cells.dtype):
        times = times.copy()
        times[odd] = pd.to_datetime(cells[odd], errors="coerce", utc=True, format="mixed")
    times = times.dt.tz_localize(None).to_numpy("datetime64[ns]").astype(np.int64)
    return times  # NaT is the smallest int64


def time_unit_of(name: str, first: str) -> int | None:
    """ns per unit of a time column, from its name ("time_ms", "t [us]") or the size of the first
    value (seconds since 1970 have ten digits, ms thirteen, ...); None for wall clocks."""
    if not PLAIN.match(first.strip()) and not _is_number(first):
        return None
    match = re.search(r"(?:_|\[|\(|\s)(s|sec|ms|us|ns)\]?\)?\Z", name.strip().lower())
    if match:
        return TIME_NS["s" if match[1] == "sec" else match[1]]
    size = abs(float(first))
    for limit, unit in ((1e17, 1), (1e14, 10**3), (1e11, 10**6)):
        if size >= limit:
            return unit
    return 10**9


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
