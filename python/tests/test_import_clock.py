"""Times: kept where uniform, resampled where not, gaps where nothing was measured."""
from __future__ import annotations

import numpy as np
import pytest

from conftest import csv_of
from surgetank.clock import Grid, Series, fit_clock, resample, round_period_ns


def sine(t):
    return 1000 + 300 * np.sin(2 * np.pi * 3 * t)


def test_uniform_clock_is_kept_bit_for_bit(bring):
    rng = np.random.default_rng(1)
    t = np.arange(5000) * 1e-3
    p = rng.normal(200, 20, t.size).astype(np.float32).astype(float)
    trace = bring(csv_of(t, p))
    assert trace.period_ns == 1_000_000 and "kept as recorded" in trace.said
    assert np.array_equal(trace.power_w[0], p.astype(np.float32))


def test_period_of_rounded_times_is_fitted(bring):
    t = np.arange(20000) * 205.25e-6
    trace = bring(csv_of(t, sine(t)))
    assert trace.period_ns == 205_250 and trace.power_w.shape == (1, 20000)
    assert np.array_equal(trace.power_w[0], sine(t).astype(np.float32))


def test_jittered_clock_is_resampled_to_a_round_period(bring):
    rng = np.random.default_rng(2)
    t = np.cumsum(rng.uniform(1.0e-3, 3.0e-3, 20000))
    trace = bring(csv_of(t, sine(t)))
    assert trace.period_ns == 2_000_000 and "resampled" in trace.said
    expected = sine(trace.time_s + round(t[0], 6))
    assert np.abs(trace.power_w[0] - expected).max() < 1e-3 * 300


def test_finer_grid_lies_on_straight_lines(bring):
    trace = bring("time_s,power_w\n0,10\n0.1,20\n0.2,0\n0.3,0\n", "--period", "25ms")
    assert trace.power_w[0].tolist() == pytest.approx(
        [10, 12.5, 15, 17.5, 20, 15, 10, 5, 0, 0, 0, 0, 0])


def test_coarser_grid_is_the_mean_and_does_not_alias(bring):
    t = np.arange(40000) * 1e-3
    fast = 1000 + 300 * np.sin(2 * np.pi * 100.5 * t)  # would fold to 0.5 Hz
    trace = bring(csv_of(t, fast), "--period", "10ms")
    assert np.abs(trace.power_w[0][1:-1] - 1000).max() < 15
    slow = 1000 + 300 * np.sin(2 * np.pi * 0.2 * t)
    trace = bring(csv_of(t, slow), "--period", "10ms")
    expected = 1000 + 300 * np.sin(2 * np.pi * 0.2 * trace.time_s)
    assert np.abs(trace.power_w[0] - expected)[1:-1].max() < 1e-3 * 300


@pytest.mark.parametrize("period", ["auto", "400us", "3ms"])
def test_gap_of_seconds_is_nan_and_never_a_line(bring, period):
    rng = np.random.default_rng(3)
    t = np.cumsum(rng.uniform(0.9e-3, 1.1e-3, 8000))
    t[4000:] += 8.7
    trace = bring(csv_of(t, sine(t)), "--period", period)
    hole = (trace.time_s + t[0] > t[3999] + 0.004) & (trace.time_s + t[0] < t[4000] - 0.004)
    assert np.isnan(trace.power_w[0][hole]).all()
    edge = 0.01
    outside = (trace.time_s + t[0] < t[3999] - edge) | (trace.time_s + t[0] > t[4000] + edge)
    assert not np.isnan(trace.power_w[0][outside][1:-1]).any()


def test_gap_factor_decides_what_is_bridged(bring):
    t = np.delete(np.arange(1000) * 1e-3, np.s_[500:506])
    assert np.isnan(bring(csv_of(t, 5 + 0 * t)).power_w).sum() == 6
    wide = bring(csv_of(t, 5 + 0 * t), "--gap-factor", "7")
    assert not np.isnan(wide.power_w).any() and "6 missing samples interpolated" in wide.said


def test_missing_and_duplicate_ticks(bring):
    trace = bring("t,power\n0.0,1\n0.1,2\n0.1,3\n0.2,4\n0.4,8\n0.5,9\n")
    assert trace.power_w[0].tolist() == [1, 3, 4, 6, 8, 9]
    assert "1 duplicate ticks" in trace.said and "1 missing samples interpolated" in trace.said


def test_slices_of_a_resampling_equal_the_whole():
    rng = np.random.default_rng(4)
    t = np.cumsum(rng.integers(500, 1500, 3000)) * 1000
    t[1500:] += 10**8
    series = Series(t, rng.normal(0, 1, t.size))
    for period in (300_000, 2_000_000):
        grid = Grid(int(t[0]), period, int((t[-1] - t[0]) // period) + 1)
        whole = resample(series, grid, 0, grid.samples, 5)
        for first in (0, 1, 777, grid.samples - 9):
            part = resample(series, grid, first, min(9, grid.samples - first), 5)
            assert np.array_equal(part, whole[first:first + 9], equal_nan=True)


def test_fit_follows_a_drift_of_many_samples():
    k = np.delete(np.arange(100_000), [5, 6, 7, 50_000])
    fit = fit_clock(np.round(k * 205.237).astype(np.int64) * 1000)
    assert fit.period_ns == pytest.approx(205_237, abs=0.1) and fit.worst_ns < 1000


@pytest.mark.parametrize("spacing, period", [
    (205_230, 200_000), (2.0e6, 2_000_000), (0.98e8, 100_000_000), (2.4e6, 2_500_000),
    (8.7e6, 10_000_000), (1, 1), (3.9e5, 400_000)])
def test_round_periods(spacing, period):
    assert round_period_ns(spacing) == period


def test_wall_clock_without_zone_is_utc_and_said(bring):
    trace = bring("timestamp, power.draw [W]\n"
                  "2025/01/02 03:04:05.000, 70.5 W\n2025/01/02 03:04:05.100, 71.5 W\n"
                  "2025/01/02 03:04:05.200, 72.5 W\n")
    assert trace.start_ns == 1_735_787_045_000_000_000 and trace.period_ns == 100_000_000
    assert "no zone; taken as UTC" in trace.said
    assert trace.power_w[0].tolist() == [70.5, 71.5, 72.5]


def test_zone_is_honoured(bring):
    trace = bring("time,power\n2025-01-02T03:04:05+01:00,1\n2025-01-02T03:04:06+01:00,2\n"
                  "2025-01-02T03:04:07+01:00,2\n")
    assert trace.start_ns == (1_735_787_045 - 3600) * 10**9
    assert "no zone" not in trace.said


@pytest.mark.parametrize("header, factor", [("time_ms", 1e3), ("t_us", 1e6), ("timestamp_ns", 1e9),
                                            ("time [ms]", 1e3), ("time_s", 1)])
def test_time_unit_from_the_name(bring, header, factor):
    rows = "".join(f"{int(i * 0.25 * factor) if factor > 1 else i * 0.25},{i}\n" for i in range(9))
    assert bring(f"{header},power\n{rows}").period_ns == 250_000_000


@pytest.mark.parametrize("factor", [1, 10**3, 10**6, 10**9])
def test_epoch_by_its_size(bring, factor):
    rows = "".join(f"{(1_733_935_203 + i) * factor},{i}\n" for i in range(9))
    trace = bring("timestamp,power\n" + rows)
    assert trace.start_ns == 1_733_935_203 * 10**9 and trace.period_ns == 10**9


def test_time_unit_can_be_said(bring):
    rows = "".join(f"{i * 4},{i}\n" for i in range(9))
    assert bring("tick_time,power\n" + rows, "--time-unit", "us").period_ns == 4000


def test_seconds_since_1970_lose_no_digit(bring):
    rows = "".join(f"1733935203.{i * 123:09d},{i}\n" for i in range(50))
    trace = bring("timestamp,power\n" + rows)
    assert trace.period_ns == 123 and trace.start_ns == 1_733_935_203_000_000_000


def test_negative_times(bring):
    trace = bring("time_s,power\n-0.2,1\n-0.1,2\n0.0,3\n0.1,4\n")
    assert trace.power_w[0].tolist() == [1, 2, 3, 4] and trace.start_ns == -200_000_000


def test_start_can_be_said(bring):
    trace = bring("time_s,power\n5,1\n6,2\n7,3\n", "--start", "2026-01-31T12:00:00Z")
    assert trace.start_ns == 1_769_860_800 * 10**9
