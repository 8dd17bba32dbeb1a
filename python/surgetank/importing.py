"""`python -m surgetank import`: recordings of any shape into one trace/1 file.

Rows are read in blocks; what stays in memory is 16 bytes for each row and one block of the grid.
"""
from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np

from . import __version__
from .atomic import atomic_output, refuse_overwriting_input
from .clock import Fit, Grid, Series, common_fit, keep, resample, round_period_ns, spacing_ns
from .problem import BAD_INPUT, USAGE, Problem, one_line
from .racks import split_racks
from .rows import NO_TIME, Oddity, Options, Rows, read_rows
from .trace import CHUNK_RACKS, TraceWriter

#: Grid points that are computed and written at once for each rack, a multiple of the chunk.
BLOCK_SAMPLES = 64 * 16384
#: Lines that are named on stderr; the file has all of them.
SHOWN = 8
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ns|us|ms|s|min|h)\Z")
NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9}


@dataclass
class Plan:
    """What the trace will be, and why."""

    grid: Grid
    kept: bool
    reason: str
    step_w: float


def parse_period(text: str) -> int | None:
    """Whole ns of "1ms", "205.2us"; None for auto."""
    if text == "auto":
        return None
    match = DURATION.match(text.strip())
    period = float(match[1]) * NS[match[2]] if match else 0.0
    if period < 1 or abs(period - round(period)) > 1e-6 * period:
        raise Problem(USAGE, f"--period: found {one_line(text)!r}; allowed: auto, or a whole "
                             "number of ns written like 1ms, 205.2us, 0.1s")
    return round(period)


def parse_start(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise Problem(USAGE, f"--start: found {one_line(text)!r}; "
                             "allowed: ISO 8601, as 2026-01-31T12:00:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    whole = (moment - datetime(1970, 1, 1, tzinfo=timezone.utc))
    return (whole.days * 86400 + whole.seconds) * 10**9 + whole.microseconds * 1000


def import_files(arguments: argparse.Namespace) -> int:
    """The command. Prints on stderr what was done to the data."""
    period_ns = parse_period(arguments.period)
    start_ns = parse_start(arguments.start)
    if arguments.gap_factor < 1:
        raise Problem(USAGE, f"--gap-factor: found {arguments.gap_factor:g}; allowed: 1 or more")
    if arguments.devices is not None and arguments.devices < 1:
        raise Problem(USAGE, f"--devices: found {arguments.devices}; allowed: 1 or more")
    if arguments.wrap is not None and not (arguments.counter and arguments.wrap > 0):
        raise Problem(USAGE, f"--wrap: found {arguments.wrap:g}; allowed: a number above 0, with "
                             "--counter")
    refuse_overwriting_input(arguments.output, arguments.files)
    options = Options(arguments.column, arguments.time_column, arguments.rack_column,
                      arguments.unit, arguments.time_unit, arguments.counter)
    counts: Counter[str] = Counter()
    files = [read_rows(path, options) for path in arguments.files]
    racks = _collect(files, arguments, counts)
    offset_ns = _time_offset(files, start_ns)
    plan = make_plan(list(racks.values()), period_ns, min(f.resolution_ns for f in files),
                     sum(len(f.time_ns) for f in files), files[0].file)
    oddities = [o for f in files for o in f.oddities]
    _write(arguments, racks, plan, offset_ns, oddities, counts)
    _say(files, racks, plan, offset_ns, oddities, counts)
    return 0


def _collect(files: list[Rows], arguments: argparse.Namespace,
             counts: Counter[str]) -> dict[str, Series]:
    racks: dict[str, Series] = {}
    for rows in files:
        found = split_racks(rows, arguments.devices, arguments.counter, arguments.wrap, counts)
        for name, series in found.items():
            if name in racks:
                raise Problem(USAGE, f"{rows.file}: rack {one_line(name)!r} comes from two files; "
                                     "allowed: files with different names")
            racks[name] = series
    return racks


def _time_offset(files: list[Rows], start_ns: int | None) -> int:
    """What to add to the files' times to get ns since 1970."""
    epoch = {f.epoch for f in files}
    if len(epoch) > 1:
        raise Problem(BAD_INPUT, f"{files[1].file}: times count from 1970 in some files and from 0 "
                                 "in others; allowed: the same in all")
    if start_ns is None:
        return 0
    if epoch == {True}:
        raise Problem(USAGE, "--start: the recording has dates of its own; "
                             "allowed: without --start")
    return start_ns - min(int(f.time_ns.min()) for f in files)


def usual_spacing_ns(series: list[Series]) -> float:
    """Median over racks; NaN when none has two samples."""
    spacings = [spacing_ns(s.time_ns) for s in series if len(s.time_ns) > 1]
    return float(np.median(spacings)) if spacings else float("nan")


def make_plan(series: list[Series], period_ns: int | None, resolution_ns: int, rows: int,
              where: str) -> Plan:
    """Keeps the samples if their clock allows it, else resamples to a round period."""
    fit = common_fit(series, resolution_ns) if not any(s.interval for s in series) else None
    usual = usual_spacing_ns(series)
    if not usual > 0 and period_ns is None:
        raise Problem(BAD_INPUT, f"{where}: one sample has no period; allowed: two or more, or "
                                 "--period")
    kept, reason = _decide(fit, period_ns, resolution_ns)
    if period_ns is None:
        period_ns = round(fit.period_ns) if kept else round_period_ns(usual)
    first = min(int(s.time_ns[0]) for s in series)
    last = max(int(s.time_ns[-1]) for s in series)
    start = round(fit.start_ns) if kept else first
    samples = (last - start + period_ns // 2) // period_ns + 1 if kept \
        else (last - start) // period_ns + 1
    if samples > 1000 * rows + 10**6:
        raise Problem(BAD_INPUT, f"{where}: {rows} rows over {(last - first) * 1e-9:.6g} s would "
                                 f"make {samples} samples of {period_ns} ns; allowed: 1000 for "
                                 "each row (--period, or remove the rows whose clock is wrong)")
    steps = [_step(s.power_w) for s in series]
    return Plan(Grid(start, period_ns, samples), kept, reason, min(steps))


def _decide(fit: Fit | None, wanted_ns: int | None, resolution_ns: int) -> tuple[bool, str]:
    if fit is None:
        return False, "the clock is not uniform"
    if wanted_ns is not None and wanted_ns != round(fit.period_ns):
        return False, f"--period differs from the clock's {fit.period_ns:.1f} ns"
    return True, f"the clock is uniform to {fit.worst_ns:.0f} ns, printed to {resolution_ns} ns"


def _step(power_w: np.ndarray) -> float:
    """Smallest difference of neighbours that is not 0: the meter's step, W. 0 when flat."""
    steps = np.abs(np.diff(power_w))
    steps = steps[steps > 1e-9 * max(float(np.nanmax(np.abs(power_w))), 1e-300)]
    return float(steps.min()) if len(steps) else 0.0


def method_words(plan: Plan, gap_factor: float, usual_ns: float) -> str:
    if plan.kept:
        how = "samples kept as recorded; up to the gap factor missing, linear interpolation"
    elif plan.grid.period_ns > 1.01 * usual_ns:
        how = "resampled: mean over each period of the straight lines between samples"
    else:
        how = "resampled: linear interpolation between neighbouring samples"
    return f"{how}; NaN between samples further apart than {gap_factor:g} sample distances"


def _write(arguments: argparse.Namespace, racks: dict[str, Series], plan: Plan, offset_ns: int,
           oddities: list[Oddity], counts: Counter[str]) -> None:
    grid, names = plan.grid, list(racks)
    usual = usual_spacing_ns(list(racks.values()))
    attributes = {
        "title": "imported power recording",
        "history": f"surgetank {__version__}: python -m surgetank import "
                   f"{shlex.join(arguments.files)}",
        "import_files": np.array(arguments.files, dtype=object),
        "import_method": method_words(plan, arguments.gap_factor, usual),
        "import_reason": plan.reason,
        "import_gap_factor": arguments.gap_factor,
        "import_source_spacing_ns": usual,
        "import_step_w": plan.step_w,
    }
    with atomic_output(arguments.output) as part, \
            TraceWriter(part, names, grid.samples, grid.period_ns, grid.start_ns + offset_ns,
                        attributes) as writer:
        for first_rack in range(0, len(names), CHUNK_RACKS):
            group = [racks[n] for n in names[first_rack:first_rack + CHUNK_RACKS]]
            _write_group(writer, first_rack, group, plan, arguments.gap_factor, counts)
        for reason, n in counts.items():
            writer.file.attrs["import_count_" + re.sub(r"\W+", "_", reason)] = n
        _write_markers(writer, oddities, offset_ns)


def _write_group(writer: TraceWriter, first_rack: int, group: list[Series], plan: Plan,
                 gap_factor: float, counts: Counter[str]) -> None:
    grid = plan.grid
    whole = []
    if plan.kept:
        for series in group:
            power, filled = keep(series, grid, gap_factor)
            counts["missing samples interpolated"] += filled
            whole.append(power)
    for first in range(0, grid.samples, BLOCK_SAMPLES):
        n = min(BLOCK_SAMPLES, grid.samples - first)
        block = np.empty((len(group), n), np.float32)
        for i, series in enumerate(group):
            block[i] = whole[i][first:first + n] if plan.kept \
                else resample(series, grid, first, n, gap_factor)
        counts["samples without a value (NaN)"] += int(np.count_nonzero(np.isnan(block)))
        writer.put(first_rack, first, block)


def _write_markers(writer: TraceWriter, oddities: list[Oddity], offset_ns: int) -> None:
    """All lines that were no data; time = the row before them."""
    if not oddities:
        return
    times = [o.time_ns if o.time_ns == NO_TIME else o.time_ns + offset_ns for o in oddities]
    writer.columns("import/markers", {
        "time_ns": (np.array(times, np.int64), "time of the data row before the line"),
        "line": (np.array([o.line for o in oddities], np.int64), "line number"),
        "text": (np.array([o.text for o in oddities], dtype=object), "the line"),
        "kind": (np.array([o.kind for o in oddities], dtype=object), "marker or torn"),
        "file": (np.array([o.file for o in oddities], dtype=object), "where it stands"),
    })


def _say(files: list[Rows], racks: dict[str, Series], plan: Plan, offset_ns: int,
         oddities: list[Oddity], counts: Counter[str]) -> None:
    def say(text: str) -> None:
        print(f"surgetank import: {text}", file=sys.stderr)

    for rows in files:
        chosen = ", ".join(rows.columns.names[at] for at in rows.columns.power)
        whose = "" if rows.columns.rack is None \
            else f", rack from {rows.columns.names[rows.columns.rack]!r}"
        time = rows.columns.names[rows.columns.time]
        say(one_line(f"{rows.file}: {len(rows.time_ns)} rows, time from {time!r}, "
                     f"power from {chosen!r}{whose}", 300))
        if rows.wall_clock_without_zone:
            say(f"{rows.file}: the wall clock has no zone; taken as UTC")
    start = np.datetime64(plan.grid.start_ns + offset_ns, "ns")
    say(f"{len(racks)} racks x {plan.grid.samples} samples, period {plan.grid.period_ns} ns, "
        f"start {start}Z; {'kept as recorded' if plan.kept else 'resampled'}: {plan.reason}")
    for reason, n in counts.items():
        if n:
            say(f"{n} {reason}")
    for kind in ("marker", "torn"):
        found = [o for o in oddities if o.kind == kind]
        for o in found[:SHOWN]:
            say(f"{o.file}:{o.line}: {kind} line: {o.text}")
        if found:
            say(f"{len(found)} {kind} lines are no data; they are in /import/markers")
