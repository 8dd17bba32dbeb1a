"""Reads CSV, logs and parquet in blocks; lines that are no data are kept, with their numbers."""
from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from .cells import JOULES, TIME_NS, parse_power, parse_times, time_unit_of
from .columns import Columns, choose_columns
from .problem import BAD_INPUT, MISSING, USAGE, Problem, one_line

NO_TIME = np.iinfo(np.int64).min
BLOCK_BYTES = 8 << 20
ENDINGS = (".csv", ".tsv", ".txt", ".log", ".parquet")


@dataclass
class Oddity:
    """A line that is no data: a marker of the program that ran, or a torn line."""

    file: str
    line: int
    time_ns: int  # of the data row before it
    text: str
    kind: str     # "marker" or "torn"


@dataclass
class Options:
    """What the user said about the columns."""

    power: list[str] | None = None
    time: str | None = None
    rack: str | None = None
    unit: str | None = None
    time_unit: str | None = None
    counter: str | None = None


@dataclass
class Rows:
    """All rows of one file, in its order. One entry of `power` per power column."""

    file: str
    columns: Columns
    time_ns: np.ndarray                     # [row], int64
    line: np.ndarray                        # [row], int64
    power: list[np.ndarray]                 # [column][row], W (J for counters), NaN = missing
    rack: np.ndarray | None                 # [row], str
    oddities: list[Oddity] = field(default_factory=list)
    wall_clock_without_zone: bool = False
    epoch: bool = False                     # times count from 1970, not from the start
    resolution_ns: int = 1                  # last printed digit of a time


def read_rows(path: str, options: Options) -> Rows:
    file = Path(path)
    if file.suffix.lower() not in ENDINGS:
        raise Problem(USAGE, f"{path}: the ending {file.suffix!r} is unknown; "
                             f"allowed: {' '.join(ENDINGS)}")
    if not file.exists():
        raise Problem(MISSING, f"{path}: no such file")
    try:
        reader = _Parquet(path, options) if file.suffix.lower() == ".parquet" \
            else _Text(path, options)
        return reader.read()
    except OSError as error:
        raise Problem(MISSING, f"{path}: cannot be read: {error.strerror or error}") from error


class _Reader:
    """Collects blocks of rows. A subclass knows how to find names and blocks."""

    def __init__(self, path: str, options: Options):
        self.path, self.options = path, options
        self.oddities: list[Oddity] = []
        self.blocks: list[tuple[np.ndarray, np.ndarray, list[np.ndarray], np.ndarray | None]] = []
        self.unit_ns: int | None = None
        self.unit_known = False
        self.columns: Columns | None = None
        self.resolution_ns = 10**9
        self.zone_missing = False
        self.last_ns = NO_TIME

    def frames(self) -> Iterator[tuple[pd.DataFrame, np.ndarray, list[str] | None]]:
        raise NotImplementedError

    def choose(self, names: tuple[str, ...]) -> Columns:
        o = self.options
        self.columns = choose_columns(names, self.path, power=o.power, time=o.time, rack=o.rack,
                                      counter=o.counter is not None)
        return self.columns

    def read(self) -> Rows:
        for frame, lines, texts in self.frames():
            if len(frame):
                self._take(frame, lines, texts)
        if self.columns is None or not self.blocks or not sum(len(b[0]) for b in self.blocks):
            torn = f" ({len(self.oddities)} lines are none)" if self.oddities else ""
            raise Problem(BAD_INPUT, f"{self.path}: found no row of data{torn}; "
                                     "allowed: a time and a power in each row")
        rows = Rows(self.path, self.columns,
                    np.concatenate([b[0] for b in self.blocks]),
                    np.concatenate([b[1] for b in self.blocks]),
                    [np.concatenate([b[2][c] for b in self.blocks])
                     for c in range(len(self.columns.power))],
                    np.concatenate([b[3] for b in self.blocks])
                    if self.columns.rack is not None else None,
                    sorted(self.oddities, key=lambda o: o.line), self.zone_missing,
                    resolution_ns=max(self.resolution_ns, 1))
        rows.epoch = self.unit_ns is None or abs(int(rows.time_ns[0])) > 10**17
        if len(self.oddities) > len(rows.time_ns):
            raise Problem(BAD_INPUT, f"{self.path}:{self.oddities[0].line}: "
                          f"{len(self.oddities)} lines of {len(self.oddities) + len(rows.time_ns)} "
                          f"are no data, the first {one_line(self.oddities[0].text)!r}; "
                          "allowed: less than half")
        return rows

    def _time_unit(self, cells: pd.Series) -> None:
        """Decided once, by the first row."""
        name = self.columns.names[self.columns.time]
        first = str(cells.iloc[0])
        if pd.api.types.is_datetime64_any_dtype(cells.dtype):
            self.zone_missing = cells.dt.tz is None
        elif self.options.time_unit:
            self.unit_ns = TIME_NS[self.options.time_unit]
        else:
            self.unit_ns = time_unit_of(name, first)
            self.zone_missing = self.unit_ns is None and not _has_zone(first)
        self.unit_known = True

    def _take(self, frame: pd.DataFrame, lines: np.ndarray, texts: list[str] | None) -> None:
        columns, o = self.columns, self.options
        time_cells = frame.iloc[:, columns.time]
        if not self.unit_known:
            self._time_unit(time_cells)
        self.resolution_ns = min(self.resolution_ns, _resolution(time_cells, self.unit_ns))
        time_ns = parse_times(time_cells, self.unit_ns)
        bad = time_ns == NO_TIME
        power = []
        scales = columns.watts(o.unit) if o.counter is None \
            else (JOULES[o.counter],) * len(columns.power)
        for at, scale in zip(columns.power, scales):
            values, wrong = parse_power(frame.iloc[:, at], scale, o.counter is not None)
            power.append(values)
            bad |= wrong
        self._put_aside(bad, time_ns, lines, texts)
        good = ~bad
        if good.any():
            self.last_ns = int(time_ns[good][-1])
        rack = frame.iloc[:, columns.rack].astype(str).str.strip().to_numpy(object)[good] \
            if columns.rack is not None else None
        self.blocks.append((time_ns[good], lines[good], [p[good] for p in power], rack))

    def _put_aside(self, bad: np.ndarray, time_ns: np.ndarray, lines: np.ndarray,
                   texts: list[str] | None) -> None:
        for i in np.flatnonzero(bad):
            good_before = time_ns[:i][~bad[:i]]
            before = int(good_before[-1]) if len(good_before) else self.last_ns
            self.odd(int(lines[i]), texts[i].strip() if texts else "row without a number", before)

    def odd(self, line: int, text: str, before_ns: int) -> None:
        kind = "marker" if text[:1].isalpha() or text[:1] in "#;%" else "torn"
        self.oddities.append(Oddity(self.path, line, before_ns, one_line(text, 200), kind))


class _Text(_Reader):
    """Lines. The delimiter is what the first line has: comma, semicolon, tab, or blanks."""

    def frames(self) -> Iterator[tuple[pd.DataFrame, np.ndarray, list[str] | None]]:
        with open(self.path, encoding="utf-8-sig", errors="replace", newline=None) as file:
            number, header = self._header(file)
            if header is None:
                return
            first, cells = header
            if "\0" in first or "\ufffd" in first or len(cells) < 2:
                raise Problem(BAD_INPUT, f"{self.path}:{number}: found {one_line(first[:40])!r}; "
                                         "allowed: text in columns, a time and a power")
            has_names = not any(_numeric(cell) for cell in cells)
            names = tuple(c.strip() for c in cells) if has_names \
                else tuple(f"column{i}" for i in range(len(cells)))
            self.choose(names)
            pending = [] if has_names else [first]
            number = number if has_names else number - 1
            while pending or (pending := file.readlines(BLOCK_BYTES)):
                yield self._block(pending, number, len(names))
                number += len(pending)
                pending = []

    def _header(self, file: io.TextIOBase) -> tuple[int, tuple[str, list[str]] | None]:
        for number, line in enumerate(iter(file.readline, ""), 1):
            if line.strip() and not line.startswith("#"):
                self.delimiter = next((d for d in ",;\t" if d in line), None)
                return number, (line, self._split(line))
        return 0, None

    def _split(self, line: str) -> list[str]:
        line = line.strip("\r\n")
        if self.delimiter is None:
            return line.split()
        if '"' in line:
            return next(csv.reader([line], delimiter=self.delimiter), [])
        return line.split(self.delimiter)

    def _block(self, lines: list[str], before: int, width: int) -> tuple:
        """Rows of the right width; the others are put aside."""
        kept, numbers = [], []
        odd: list[tuple[int, str, int]] = []
        delimiter = self.delimiter
        for number, line in enumerate(lines, before + 1):
            if delimiter is not None and '"' not in line:
                fields = line.count(delimiter) + 1
            else:
                fields = len(self._split(line))
            if fields == width and "\0" not in line and not line.isspace():
                kept.append(line)
                numbers.append(number)
            elif not line.isspace():
                odd.append((number, line.strip(), len(kept)))
        frame = self._cells(kept, width)
        for number, text, rows_before in odd:
            self.odd(number, text, self._time_before(frame, rows_before))
        return frame, np.array(numbers, np.int64), kept

    def _cells(self, lines: list[str], width: int) -> pd.DataFrame:
        """The columns that are needed, as text; the others stay empty."""
        wanted = sorted({self.columns.time, *self.columns.power,
                         *(() if self.columns.rack is None else (self.columns.rack,))})
        if not lines:
            return pd.DataFrame(columns=range(width))
        if self.delimiter is None or any('"' in line for line in lines):
            rows = [tuple(split[i] for i in wanted) for split in map(self._split, lines)]
            frame = pd.DataFrame(rows, columns=wanted, dtype=object)
        else:
            frame = pd.read_csv(io.StringIO("".join(lines)), sep=self.delimiter, header=None,
                                names=range(width), usecols=wanted, dtype=str, engine="c",
                                keep_default_na=False, na_filter=False, quoting=csv.QUOTE_NONE,
                                skip_blank_lines=False)
        return frame.reindex(columns=range(width))

    def _time_before(self, frame: pd.DataFrame, rows_before: int) -> int:
        if rows_before == 0:
            return self.last_ns
        cell = frame.iloc[rows_before - 1:rows_before, self.columns.time]
        if not self.unit_known:
            self._time_unit(frame.iloc[:, self.columns.time])
        return int(parse_times(cell, self.unit_ns)[0])


class _Parquet(_Reader):
    """Batches of rows; "lines" are row numbers from 1."""

    def frames(self) -> Iterator[tuple[pd.DataFrame, np.ndarray, list[str] | None]]:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise Problem(USAGE, f"{self.path}: reading parquet needs pyarrow; "
                                 "allowed: pip install pyarrow, or CSV") from error
        try:
            file = pyarrow.parquet.ParquetFile(self.path)
            names = tuple(file.schema_arrow.names)
            columns = self.choose(names)
            wanted = [columns.time, *columns.power]
            wanted += [] if columns.rack is None else [columns.rack]
            done = 0
            for batch in file.iter_batches(1 << 20, columns=[names[i] for i in wanted]):
                frame = batch.to_pandas().reindex(columns=list(names))
                numbers = done + 1 + np.arange(len(frame), dtype=np.int64)
                done += len(frame)
                yield frame, numbers, None
        except pyarrow.ArrowException as error:
            raise Problem(BAD_INPUT, f"{self.path}: damaged or no parquet: "
                                     f"{one_line(error)}") from error


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _has_zone(text: str) -> bool:
    text = text.strip()
    return text.endswith("Z") or any(sign in text[-6:] for sign in "+") or \
        (len(text) > 6 and text[-6] == "-" and text[-3] == ":")


def _resolution(cells: pd.Series, unit_ns: int | None) -> int:
    """The last printed digit, ns; 1 where the type says nothing."""
    if unit_ns is None or pd.api.types.is_numeric_dtype(cells.dtype):
        if pd.api.types.is_integer_dtype(cells.dtype):
            return unit_ns or 1
        if cells.dtype != object:
            return 1
    text = cells.astype(str).str.strip()
    digits = int(text.head(1000).str.extract(r"[.,](\d+)")[0].str.len().max() or 0) \
        if text.head(1000).str.contains(r"[.,]\d").any() else 0
    return max((unit_ns or 10**9) // 10**digits, 1)
