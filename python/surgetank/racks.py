"""From the rows of a file to one series per rack: groups without an index, duplicates, order,
missing values, energy counters. Everything that is not used as it stands is counted."""
from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from .cells import JOULES
from .clock import Series
from .problem import BAD_INPUT, USAGE, Problem, one_line
from .rows import Rows

#: A counter near one of these that falls has wrapped, not restarted.
COUNTER_SIZES = (2.0**32, 2.0**64)


def split_racks(rows: Rows, devices: int | None, counter: str | None, wrap: float | None,
                counts: Counter[str]) -> dict[str, Series]:
    """Rack name -> series. Counts what was dropped, by reason, into `counts`."""
    stem = Path(rows.file).stem
    series: dict[str, Series] = {}
    for name, where in _owners(rows, devices, stem, counts).items():
        for column, power in enumerate(rows.power):
            label = name if len(rows.power) == 1 \
                else f"{name}/{rows.columns.names[rows.columns.power[column]]}"
            found = _clean(rows, where, power, counts)
            if counter:
                found = slope_of_counter(found, counter, wrap, counts)
            if len(found.time_ns) == 0:
                raise Problem(BAD_INPUT, f"{rows.file}: {one_line(label)} has no value at all; "
                                         "allowed: at least one sample for each rack")
            series[label] = found
    return series


def _owners(rows: Rows, devices: int | None, stem: str,
            counts: Counter[str]) -> dict[str, np.ndarray]:
    """Rack name -> indices of its rows."""
    everything = np.arange(len(rows.time_ns))
    if devices is not None and rows.rack is not None and devices > 1:
        raise Problem(USAGE, f"{rows.file}: column {rows.columns.names[rows.columns.rack]!r} says "
                             "whose row it is; allowed: either that or --devices")
    if rows.rack is not None:
        names, which = np.unique(rows.rack.astype(str), return_inverse=True)
        if len(names) == 1:
            return {stem: everything}
        order = sorted(range(len(names)), key=lambda i: (len(names[i]), names[i]))
        return {f"{stem}/{names[i]}": np.flatnonzero(which == i) for i in order}
    if devices is None or devices == 1:
        _refuse_hidden_devices(rows)
        return {stem: everything}
    which = assign_devices(rows.time_ns, devices)
    lost = int(np.count_nonzero(which < 0))
    if lost > len(which) // 2:
        raise Problem(BAD_INPUT, f"{rows.file}: {lost} of {len(which)} rows are not in groups of "
                                 f"{devices}; allowed: --devices with the number of rows per tick")
    counts["rows of incomplete ticks dropped"] += lost
    return {f"{stem}/{d}": np.flatnonzero(which == d) for d in range(devices)}


def _refuse_hidden_devices(rows: Rows) -> None:
    """Most ticks repeated the same number of times: several devices, not a stuttering clock."""
    _, repeats = np.unique(rows.time_ns, return_counts=True)
    usual = int(np.median(repeats)) if len(repeats) else 1
    if usual > 1:
        i = int(np.flatnonzero(np.diff(rows.time_ns) == 0)[0]) + 1
        raise Problem(BAD_INPUT, f"{rows.file}:{rows.line[i]}: the time repeats; rows come in "
                                 f"groups of {usual}; allowed: --devices {usual}, or --rack-column")


def assign_devices(time_ns: np.ndarray, devices: int) -> np.ndarray:
    """Device of each row when rows come in groups of `devices` per tick, -1 in a torn group.

    A pause longer than half the tick starts a new group. Where rows are spread evenly over the
    tick there is no such pause, and they are counted off, again from each gap in the recording."""
    if len(time_ns) < devices:
        return np.full(len(time_ns), -1)
    steps = np.diff(time_ns)
    tick = float(np.median(time_ns[devices:] - time_ns[:-devices])) if len(time_ns) > devices \
        else float(time_ns[-1] - time_ns[0]) or 1.0
    starts = np.concatenate(([True], steps > 0.5 * tick))
    first = np.flatnonzero(starts)
    sizes = np.diff(np.append(first, len(time_ns)))
    if np.median(sizes) != devices:
        if not 0.5 < np.median(steps) * devices / tick < 2:
            return np.full(len(time_ns), -1)  # neither bunched in such groups nor spread evenly
        starts = np.concatenate(([True], steps > 1.5 * tick / devices))
        first = np.flatnonzero(starts)
        sizes = np.diff(np.append(first, len(time_ns)))
        place = np.arange(len(time_ns)) - np.repeat(first, sizes)
        whole = np.repeat(sizes // devices * devices, sizes)
        return np.where(place < whole, place % devices, -1)
    place = np.arange(len(time_ns)) - np.repeat(first, sizes)
    return np.where(np.repeat(sizes, sizes) == devices, place, -1)


def _clean(rows: Rows, where: np.ndarray, power: np.ndarray, counts: Counter[str]) -> Series:
    """In order, one value per time, no NaN."""
    time_ns, power_w = rows.time_ns[where], power[where]
    back = np.flatnonzero(np.diff(time_ns) < 0)
    if len(back) > max(1, len(time_ns) // 100):
        line = rows.line[where[back[0] + 1]]
        raise Problem(BAD_INPUT, f"{rows.file}:{line}: the time goes back {len(back)} times; "
                                 "allowed: at most 1 % of the rows (--devices for several devices "
                                 "without an index)")
    if len(back):
        counts["rows out of order, sorted"] += len(back)
        order = np.argsort(time_ns, kind="stable")
        time_ns, power_w = time_ns[order], power_w[order]
    there = ~np.isnan(power_w)
    counts["empty values"] += int(np.count_nonzero(~there))
    time_ns, power_w = time_ns[there], power_w[there]
    last = np.append(np.diff(time_ns) > 0, True) if len(time_ns) else np.zeros(0, bool)
    counts["duplicate ticks, the last one kept"] += int(np.count_nonzero(~last))
    return Series(time_ns[last], power_w[last])


def slope_of_counter(counter_j: Series, unit: str, wrap: float | None,
                     counts: Counter[str]) -> Series:
    """Mean power between readings of an energy counter. A fall is a wrap where the reading before
    it was in the last tenth of the counter (--wrap, else 2^32 or 2^64 of its unit); any other fall
    is a restart, and what lies there is unknown."""
    rise = np.diff(counter_j.power_w)
    seconds = np.diff(counter_j.time_ns) * 1e-9
    for i in np.flatnonzero(rise < 0):
        before = counter_j.power_w[i]
        sizes = [s * JOULES[unit] for s in ((wrap,) if wrap else COUNTER_SIZES)]
        size = next((s for s in sizes if 0.9 * s < before <= s), None)
        counts["counter wraps" if size else "counter restarts, left out"] += 1
        rise[i] = rise[i] + size if size else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        power_w = np.concatenate(([np.nan], rise / seconds))
    return Series(counter_j.time_ns, power_w, interval=True)
