"""Which column is the time, which the power, and in which unit."""
from __future__ import annotations

import re
from dataclasses import dataclass

from .cells import watts_per
from .problem import USAGE, Problem, one_line

TIME = re.compile(r"time|date|^t$|^ts$|^t_|clock", re.IGNORECASE)
POWER = re.compile(r"power|watt|draw|\[m?w\]|\[kw\]|_m?w$|_kw$|^p$|^w$", re.IGNORECASE)
ENERGY = re.compile(r"energy|joule|\[[um]?j\]|_[um]?j$|_k?wh$|\[k?wh\]", re.IGNORECASE)
RACK = re.compile(r"^(rack|gpu|index|gpu_?(index|id)|device_?(index|id)|rack_?(index|id)|node|uuid"
                  r"|pci\.bus_id)$", re.IGNORECASE)
UNIT_IN_NAME = re.compile(r"(?:\[|\(|_)([mk]?w)(?:\]|\)|\Z)", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """Positions in a row."""

    time: int
    power: tuple[int, ...]
    rack: int | None
    names: tuple[str, ...]

    def watts(self, stated: str | None) -> tuple[float, ...]:
        """Scale of bare numbers, for each power column: --unit, else the column's name, else W."""
        return tuple(_scale(self.names[at], stated) for at in self.power)


def _scale(name: str, stated: str | None) -> float:
    if stated:
        return watts_per(stated) or 1.0
    match = UNIT_IN_NAME.search(name)
    # "power_mw" of a board is milliwatts; a rack in MW has to be said with --unit.
    return (watts_per(match[1].lower()) if match else None) or 1.0


def _find(names: tuple[str, ...], wanted: str, where: str, option: str) -> int:
    if wanted in names:
        return names.index(wanted)
    if wanted.isdigit() and int(wanted) < len(names):
        return int(wanted)
    raise Problem(USAGE, f"{where}: no column {one_line(wanted)!r} ({option}); "
                         f"allowed: {', '.join(map(one_line, names))}")


def choose_columns(names: tuple[str, ...], where: str, *, power: list[str] | None,
                   time: str | None, rack: str | None, counter: bool) -> Columns:
    """Takes what the user says, else what the names say; anything doubtful is a question back."""
    at_time = _find(names, time, where, "--time-column") if time else _first(names, TIME)
    at_rack = _find(names, rack, where, "--rack-column") if rack else _first(names, RACK)
    if at_rack == at_time:
        at_rack = None
    if power:
        chosen = tuple(_find(names, name, where, "--column") for name in power)
    else:
        chosen = _guess_power(names, where, at_time or 0, at_rack, counter)
    at_time = 0 if at_time is None else at_time
    if at_time in chosen:
        raise Problem(USAGE, f"{where}: column {one_line(names[at_time])!r} cannot be both time "
                             "and power; allowed: --time-column and --column that differ")
    for at in chosen:
        if ENERGY.search(names[at]) and not counter:
            raise Problem(USAGE, f"{where}: column {one_line(names[at])!r} looks like an energy "
                                 "counter; allowed: --counter UNIT, or --column of a power")
    return Columns(at_time, chosen, at_rack, names)


def _first(names: tuple[str, ...], pattern: re.Pattern[str]) -> int | None:
    return next((i for i, name in enumerate(names) if pattern.search(name.strip())), None)


def _guess_power(names: tuple[str, ...], where: str, time: int, rack: int | None,
                 counter: bool) -> tuple[int, ...]:
    rest = [i for i in range(len(names)) if i not in (time, rack)]
    likely = [i for i in rest if (ENERGY if counter else POWER).search(names[i].strip())]
    if len(likely) == 1:
        return (likely[0],)
    if not likely and len(rest) == 1:
        return (rest[0],)
    found = ", ".join(one_line(names[i]) for i in likely or rest) or "no column besides the time"
    raise Problem(USAGE, f"{where}: which column is the power? found: {found}; "
                         "allowed: --column NAME, once or more")
