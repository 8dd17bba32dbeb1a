"""From the times of samples to one uniform grid with a whole number of ns as its period.

Two ways, and the file says which (`import_method`):

*kept*: the clock is uniform to within its last printed digit, so sample k lies at start + k period
and values stay as recorded.

*resampled*: straight lines between neighbouring samples; where the grid is coarser than the
recording, the exact mean of those lines over one period around each grid point.

Neighbours further apart than `gap_factor` sample distances are a gap: NaN, never a line.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

ROUND = (1, 2, 2.5, 4, 5, 10)


@dataclass
class Series:
    """One rack's samples: increasing times, no NaN."""

    time_ns: np.ndarray   # [n], int64
    power_w: np.ndarray   # [n], float64
    interval: bool = False  # a value is the mean since the sample before (energy counters)


@dataclass(frozen=True)
class Fit:
    """time = start + k period, as far as the printed digits can tell."""

    period_ns: float
    start_ns: float
    worst_ns: float


@dataclass(frozen=True)
class Grid:
    start_ns: int
    period_ns: int
    samples: int


def spacing_ns(time_ns: np.ndarray) -> float:
    return float(np.median(np.diff(time_ns))) if len(time_ns) > 1 else math.nan


def fit_clock(time_ns: np.ndarray) -> Fit | None:
    """Least squares over (k, time); k by rounding each difference, so drift does not add up."""
    if len(time_ns) < 3:
        return None
    steps = np.diff(time_ns)
    # Mean of the short differences: the median of rounded times can be off by half a digit.
    middle = np.median(steps)
    near = steps[np.abs(steps - middle) < 0.5 * middle]
    if middle <= 0 or len(near) == 0:
        return None
    period = float(np.mean(near))
    origin = time_ns[0]
    since = (time_ns - origin).astype(np.float64)
    k = np.concatenate(([0.0], np.cumsum(np.maximum(np.rint(steps / period), 1.0))))
    for _ in range(3):
        slope, intercept = _line(k, since)
        again = np.rint((since - intercept) / slope)
        if np.array_equal(again, k):
            break
        k = again
    if np.any(np.diff(k) < 1):
        return None
    worst = float(np.max(np.abs(since - intercept - slope * k)))
    return Fit(slope, float(origin) + intercept, worst)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    mx, my = x.mean(), y.mean()
    slope = float(np.dot(x - mx, y - my) / np.dot(x - mx, x - mx))
    return slope, float(my - slope * mx)


def round_period_ns(spacing: float) -> int:
    """The nearest of 1, 2, 2.5, 4, 5 times a power of ten, by ratio."""
    decade = 10.0 ** math.floor(math.log10(spacing))
    nearest = min(ROUND, key=lambda m: abs(math.log(spacing / (m * decade))))
    return max(int(round(nearest * decade)), 1)


def common_fit(series: list[Series], resolution_ns: int) -> Fit | None:
    """One clock for all racks, or None. A rack may miss samples but not lie between the others'."""
    fits = [fit_clock(s.time_ns) for s in series]
    if any(fit is None or fit.worst_ns > resolution_ns for fit in fits):
        return None
    first = fits[0]
    # A whole number of ns per sample must not run away from the clock by a quarter of a sample.
    longest = max(len(s.time_ns) for s in series)
    if abs(round(first.period_ns) - first.period_ns) * longest > 0.25 * first.period_ns:
        return None
    for fit, s in zip(fits, series):
        turns = (fit.start_ns - first.start_ns) / first.period_ns
        drift = abs(fit.period_ns - first.period_ns) * len(s.time_ns)
        if abs(turns - round(turns)) * first.period_ns + drift > 2 * resolution_ns:
            return None
    return first


def gaps_after(time_ns: np.ndarray, gap_factor: float) -> np.ndarray:
    """[n - 1] bool: what lies between sample i and i + 1 is a gap."""
    steps = np.diff(time_ns)
    return steps > gap_factor * np.median(steps) if len(steps) else np.zeros(0, bool)


def keep(s: Series, grid: Grid, gap_factor: float) -> tuple[np.ndarray, int]:
    """The samples at their own indices; single missing ones on a line, gaps as NaN.

    Returns the values and how many of them were interpolated."""
    power = np.full(grid.samples, np.nan)
    k = np.rint((s.time_ns - grid.start_ns) / grid.period_ns).astype(np.int64)
    power[k] = s.power_w
    holes = np.flatnonzero((np.diff(k) > 1) & (np.diff(k) <= gap_factor))
    filled = 0
    for i in holes:
        between = np.arange(k[i] + 1, k[i + 1])
        power[between] = np.interp(between, k[i:i + 2], s.power_w[i:i + 2])
        filled += len(between)
    return power, filled


def resample(s: Series, grid: Grid, first: int, n: int, gap_factor: float) -> np.ndarray:
    """Grid points first .. first + n - 1. Any slice equals that part of the whole."""
    if len(s.time_ns) < 2:
        return keep(s, grid, gap_factor)[0][first:first + n]
    origin = grid.start_ns
    x = (s.time_ns - origin).astype(np.float64)
    at = (first + np.arange(n)) * float(grid.period_ns)
    gap = gaps_after(s.time_ns, gap_factor)
    if s.interval:
        return _mean_of_steps(x, s.power_w, at, grid.period_ns, gap)
    if grid.period_ns <= 1.01 * np.median(np.diff(x)):
        values = np.interp(at, x, s.power_w, left=np.nan, right=np.nan)
        values[_in_gap(x, gap, at, at)] = np.nan
        return values
    return _mean_of_lines(x, s.power_w, at, grid.period_ns, gap)


def _in_gap(x: np.ndarray, gap: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Whether [low, high] touches the inside of a gap (its ends are samples and are valid)."""
    before = np.concatenate(([0], np.cumsum(gap)))
    i = np.clip(np.searchsorted(x, low, "right") - 1, 0, len(x) - 1)
    j = np.clip(np.searchsorted(x, high, "left"), 0, len(x) - 1)
    i = np.where(low <= x[0], 0, i)
    return (before[j] > before[np.minimum(i, j)]) & (j > i)



def _edges(at: np.ndarray, period: float, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bins around the grid points, cut at the ends of the recording."""
    return np.maximum(at - period / 2, x[0]), np.minimum(at + period / 2, x[-1])


def _mean_of_lines(x: np.ndarray, y: np.ndarray, at: np.ndarray, period: float,
                   gap: np.ndarray) -> np.ndarray:
    area = np.concatenate(([0.0], np.cumsum(0.5 * (y[1:] + y[:-1]) * np.diff(x))))

    def integral(t: np.ndarray) -> np.ndarray:
        i = np.clip(np.searchsorted(x, t, "right") - 1, 0, len(x) - 2)
        d = t - x[i]
        return area[i] + d * (y[i] + 0.5 * d * (y[i + 1] - y[i]) / (x[i + 1] - x[i]))

    return _binned(integral, x, at, period, gap)


def _mean_of_steps(x: np.ndarray, y: np.ndarray, at: np.ndarray, period: float,
                   gap: np.ndarray) -> np.ndarray:
    """y[i] holds from x[i - 1] to x[i]."""
    area = np.concatenate(([0.0], np.cumsum(y[1:] * np.diff(x))))

    def integral(t: np.ndarray) -> np.ndarray:
        return np.interp(t, x, area)

    return _binned(integral, x, at, period, gap)


def _binned(integral, x: np.ndarray, at: np.ndarray, period: float,
            gap: np.ndarray) -> np.ndarray:
    low, high = _edges(at, period, x)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = (integral(high) - integral(low)) / (high - low)
    values[(high <= low) | _in_gap(x, gap, low, high)] = np.nan
    return values
