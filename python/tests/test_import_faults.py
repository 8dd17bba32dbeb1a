"""What real recordings do wrong: each fault is survived, counted and said."""
from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conftest import csv_of

N = 8


def groups(ticks: int, spread_s: float = 0.0, period_s: float = 0.1):
    """Rows of N devices per tick; device d draws 100 d + tick % 7."""
    rows = []
    for tick in range(ticks):
        for d in range(N):
            rows.append(f"{tick * period_s + d * spread_s:.4f},{100 * d + tick % 7}")
    return rows


def check_groups(trace, ticks: int, good=None):
    assert trace.power_w.shape[0] == N
    for d in range(N):
        at = np.arange(ticks) if good is None else good
        assert np.array_equal(trace.power_w[d][at], 100 * d + at % 7), d


def test_units_inside_cells(bring):
    trace = bring("time_s,power.draw [W]\n0,71.25 W\n1,1.5 kW\n2,250 mW\n3,2e-3 MW\n4,80\n5,81W\n")
    assert trace.power_w[0].tolist() == [71.25, 1500, 0.25, 2000, 80, 81]


@pytest.mark.parametrize("header, unit, expected", [
    ("power_kw", None, 3000), ("power [kW]", None, 3000), ("power_mw", None, 0.003),
    ("power", "MW", 3e6), ("power_w", "kW", 3000)])
def test_unit_of_bare_numbers(bring, header, unit, expected):
    options = ("--unit", unit) if unit else ()
    trace = bring(f"time_s,{header}\n0,3\n1,3\n2,3\n", *options)
    assert trace.power_w[0].tolist() == [np.float32(expected)] * 3


def test_devices_without_an_index(bring):
    trace = bring("time_s,power_w\n" + "\n".join(groups(50)), "--devices", str(N))
    assert trace.racks == [f"in/{d}" for d in range(N)]
    check_groups(trace, 50)


@pytest.mark.parametrize("spread_s", [0.002, 0.0125])
def test_staggered_rows(bring, spread_s):
    """Bunched at the start of the tick, and spread evenly over it."""
    trace = bring("time_s,power_w\n" + "\n".join(groups(50, spread_s)), "--devices", str(N))
    assert trace.power_w.shape[0] == N
    for d in range(N):
        valid = trace.power_w[d][~np.isnan(trace.power_w[d])]
        assert len(valid) > 45 and 100 * d <= valid.min() and valid.max() <= 100 * d + 6


def test_torn_tick_does_not_shift_the_devices(bring):
    rows = groups(50)
    del rows[20 * N + 3]
    rows[30 * N + 5] = rows[30 * N + 5][:3]
    trace = bring("time_s,power_w\n" + "\n".join(rows), "--devices", str(N), "--gap-factor", "1")
    check_groups(trace, 50, np.setdiff1d(np.arange(50), [20, 30]))
    assert np.isnan(trace.power_w[:, [20, 30]]).all()
    assert "14 rows of incomplete ticks dropped" in trace.said
    assert "in.csv:247: torn line" in trace.said


def test_hidden_devices_are_asked_about(refuse):
    said = refuse(65, "time_s,power_w\n" + "\n".join(groups(20)))
    assert "in.csv:3" in said and "--devices 8" in said


def test_wrong_number_of_devices(refuse):
    assert "groups of 5" in refuse(65, "time_s,power_w\n" + "\n".join(groups(20)), "--devices", "5")


def test_index_column(bring):
    rows = "\n".join(f"{t},{g},{10 * g + t}" for t in range(9) for g in (0, 1, 10, 2))
    trace = bring("timestamp,index,power.draw [W]\n" + rows)
    assert trace.racks == ["in/0", "in/1", "in/2", "in/10"]
    assert trace.power_w[3].tolist() == [100 + t for t in range(9)]


def test_rack_column_by_name(bring):
    rows = "\n".join(f"{t},r{g},{10 * g + t}" for t in range(5) for g in (1, 0))
    trace = bring("time,place,power\n" + rows, "--rack-column", "place")
    assert trace.racks == ["in/r0", "in/r1"] and trace.power_w[1].tolist() == [10, 11, 12, 13, 14]


def test_several_columns_and_several_files(bring):
    trace = bring({"a.csv": "time_s,p1_w,p2_w\n0,1,4\n1,2,5\n2,3,6\n"},
                  "--column", "p2_w", "--column", "p1_w")
    assert trace.racks == ["a/p2_w", "a/p1_w"] and trace.power_w.tolist() == [[4, 5, 6], [1, 2, 3]]
    trace = bring({"a.csv": "time_s,p\n0,1\n1,2\n2,3\n", "b.csv": "time_s,p\n1,7\n2,8\n3,9\n"})
    assert trace.racks == ["a", "b"]
    assert np.array_equal(trace.power_w, [[1, 2, 3, np.nan], [np.nan, 7, 8, 9]], equal_nan=True)


def test_empty_first_values(bring):
    trace = bring("time_s,power_w\n0,\n1,[N/A]\n2,N/A\n3,5\n4,6\n5,7\n")
    assert trace.power_w[0].tolist() == [5, 6, 7] and trace.start_ns == 3 * 10**9
    assert "3 empty values" in trace.said


def test_torn_and_marker_lines_are_kept_with_their_numbers(bring):
    trace = bring("time_s,power_w\n0,1\nM start\n1,2\n2,3,\n3,\x000\n3,4\n4,5x\n4,6\n# pause\n"
                  "5,7\n6,8\n7,9\n")
    assert trace.power_w[0].tolist() == [1, 2, 3, 4, 6, 7, 8, 9]
    assert list(trace.markers["line"]) == [3, 5, 6, 8, 10]
    assert list(trace.markers["kind"]) == [b"marker", b"torn", b"torn", b"torn", b"marker"]
    assert list(trace.markers["time_ns"] // 10**9) == [0, 1, 1, 3, 4]
    assert "3 torn lines" in trace.said and "2 marker lines" in trace.said


def test_wrapped_counter(bring):
    top = 2**32 / 1000  # a 32-bit counter of mJ
    energy = (top - 95 + 20.0 * np.arange(10)) % top
    trace = bring(csv_of(np.arange(10), energy * 1000, "time_s,energy_mj"), "--counter", "mJ",
                  "--period", "1s")
    assert trace.power_w[0][1:] == pytest.approx([20.0] * 9, rel=1e-4)
    assert "1 counter wraps" in trace.said


def test_restarted_counter_is_unknown_there(bring):
    energy = np.concatenate((1000 + 20.0 * np.arange(5), 20.0 * np.arange(5)))
    trace = bring(csv_of(np.arange(10), energy, "time_s,energy_j"), "--counter", "J",
                  "--period", "500ms")
    assert "1 counter restarts" in trace.said
    there = trace.power_w[0][~np.isnan(trace.power_w[0])]
    assert np.allclose(there, 20) and np.isnan(trace.power_w[0][8:10]).any()


def test_counter_with_a_size_of_its_own(bring):
    energy = (900 + 20.0 * np.arange(10)) % 1000
    trace = bring(csv_of(np.arange(10), energy, "time_s,energy_j"), "--counter", "J",
                  "--wrap", "1000", "--period", "1s")
    assert trace.power_w[0][1:] == pytest.approx([20.0] * 9)


def test_energy_is_not_taken_for_power(refuse):
    assert "--counter" in refuse(64, "time_s,energy_uj\n0,1\n1,2\n2,3\n")


def test_flat_idle_file(bring):
    trace = bring(csv_of(np.arange(100) * 0.1, np.full(100, 60.0)))
    assert (trace.power_w == 60).all() and trace.attributes["import_step_w"] == 0


def test_step_of_the_meter_is_stored(bring):
    rng = np.random.default_rng(5)
    p = np.round(rng.normal(60, 3, 500) / 0.25) * 0.25
    assert bring(csv_of(np.arange(500) * 0.1, p)).attributes["import_step_w"] == 0.25


@pytest.mark.parametrize("text", [
    "time_s;power_w\n0;1\n1;2\n2;3\n", "time_s\tpower_w\n0\t1\n1\t2\n2\t3\n", "0 1\n1 2\n2 3\n",
    "\ufefftime_s,power_w\r\n0,1\r\n1,2\r\n2,3\r\n",
    "# a comment\n\ntime_s,power_w\n0,1\n1,2\n\n2,3",
    'time_s,power_w\n"0","1"\n"1","2"\n"2","3"\n'])
def test_dialects(bring, text):
    assert bring(text).power_w[0].tolist() == [1, 2, 3]


def test_rows_out_of_order_are_sorted(bring):
    rows = [f"{i},{i}" for i in range(300)]
    rows[100], rows[101] = rows[101], rows[100]
    trace = bring("time_s,power_w\n" + "\n".join(rows))
    assert trace.power_w[0].tolist() == list(range(300)) and "1 rows out of order" in trace.said


@pytest.mark.parametrize("kind", ["datetime", "float", "integer"])
def test_parquet(bring, tmp_path, kind):
    start = pd.Timestamp("2026-01-31T12:00:00Z")
    times = {"datetime": start + pd.to_timedelta(np.arange(20) * 50, unit="ms"),
             "float": np.arange(20) * 0.05, "integer": np.arange(20) * 50}[kind]
    name = "time_ms" if kind == "integer" else "time"
    pd.DataFrame({"note": ["x"] * 20, name: times, "power_kw": np.arange(20.0)}) \
        .to_parquet(tmp_path / "in.parquet")
    trace = bring({"in.parquet": None})
    assert trace.period_ns == 50_000_000
    assert trace.power_w[0].tolist() == [1000.0 * i for i in range(20)]
    assert trace.start_ns == (start.value if kind == "datetime" else 0)


def test_blocks_do_not_change_the_result(bring, monkeypatch):
    rng = np.random.default_rng(6)
    t = np.cumsum(rng.uniform(1e-3, 3e-3, 3000))
    text = csv_of(t, rng.normal(100, 5, t.size))
    text = text.replace("\n", "\nM mark\n", 700).replace("M mark\n", "", 690)
    whole = bring(text)
    monkeypatch.setattr("surgetank.rows.BLOCK_BYTES", 500)
    monkeypatch.setattr("surgetank.importing.BLOCK_SAMPLES", 64)
    parts = bring(text)
    assert np.array_equal(whole.power_w, parts.power_w, equal_nan=True)
    assert list(whole.markers["line"]) == list(parts.markers["line"])
    assert list(whole.markers["time_ns"]) == list(parts.markers["time_ns"])
