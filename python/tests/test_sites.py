"""The sites that ship, from a synthetic recording to an exit code: synth analyze size show check."""
from __future__ import annotations

import os
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest

from conftest import REPOSITORY

PROGRAM = Path(os.environ.get("SURGETANK", REPOSITORY / "build" / "surgetank"))
pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason=f"no program at {PROGRAM}")

# Texas has ERCOT; Memphis is TVA's, whose rules are not public: those of the neighbour, and of all.
LIMITS = {"cortex": "ercot", "cortex-2": "ercot", "cortex-initial": "ercot",
          "colossus-1": "southern,others", "colossus-2-phase-1": "southern,others",
          "colossus-2": "southern,others"}
WITHOUT_BATTERY = ("cortex", "cortex-initial")
SITES = sorted(path.stem for path in (REPOSITORY / "data" / "sites").glob("*.yaml"))


def run(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(PROGRAM), *map(str, words)], capture_output=True, text=True)


def good(*words: object) -> str:
    done = run(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def conclusion(summary: Path, site: str) -> str:
    """The last paragraph of `show`, which fits a screen."""
    shown = good("show", summary)
    assert len(shown.splitlines()) <= 45, shown
    assert "nan" not in shown and "inf" not in shown.replace("info", ""), shown
    last = " ".join(shown.strip().split("\n\n")[-1].split())
    assert last.endswith(".") and site in last, last
    assert last.startswith("Behind ") or last.startswith("Without a battery, "), last
    return last


def judged(summary: Path) -> list[str]:
    words = ["PASS", "FAIL", "INDETERMINATE"]
    with h5py.File(summary) as file:
        rows = file["verdicts"]
        return [words[status] for status in rows["status"][rows["judged"][()] == 1]]


def expect_check(summary: Path, last: str) -> None:
    verdicts = judged(summary)
    code = 1 if "FAIL" in verdicts else 2 if "INDETERMINATE" in verdicts else 0
    done = run("check", summary)
    assert done.returncode == code, done.stdout + done.stderr
    words = "FAILS" if code == 1 else "PASSES" if "PASS" in verdicts else "can not be judged"
    assert words in last, last
    assert ("INDETERMINATE" in last) == ("INDETERMINATE" in verdicts), last
    assert done.stdout.splitlines()[-1].startswith(["PASS", "FAIL", "INDETERMINATE"][code])


def test_all_sites_are_here():
    assert SITES == sorted(LIMITS)


@pytest.mark.parametrize("site", SITES)
def test_from_a_recording_to_an_exit_code(tmp_path, site):
    trace, summary, sized = (tmp_path / name for name in ("trace.h5", "summary.h5", "sized.h5"))
    good("synth", "--site", site, "--racks", 16, "--duration", "60s", "--seed", 3, "-o", trace, "-q")
    assert "usable" in good("info", trace)
    limits = ("--site", site, "--limits", LIMITS[site])
    said = good("analyze", trace, "-o", summary, *limits)
    assert "verdicts: " in said and f"next: surgetank show {summary}" in said
    last = conclusion(summary, site)
    assert last.startswith("Without a battery") == (site in WITHOUT_BATTERY), last
    expect_check(summary, last)

    unit = ("--unit-type", "megapack-2xl-2h") if site in WITHOUT_BATTERY else ()
    if unit:
        refused = run("size", trace, "-o", sized, *limits)
        assert refused.returncode in (64, 65) and "--unit-type" in refused.stderr, refused.stderr
        assert refused.stderr.count("\n") == 1 and not sized.exists()
    said = good("size", trace, "-o", sized, *limits, *unit, "--units", "0:800:100", "--response",
                "5ms,100ms", "--tau", "10s,60s")
    assert "binding rule" in said
    expect_check(sized, conclusion(sized, site))
    with h5py.File(sized) as file:
        units, best = file["sizing/units"][()], file["sizing/best_units"][()]
        assert len(units) == 9 * 2 * 2 and len(best) == 2
        passes = file["sizing/pass"][()]
        response = file["sizing/response_s"][()]
        for row, response_s in enumerate(file["sizing/best_response_s"][()]):
            able = units[(passes != 0) & np.isclose(response, response_s)]
            assert best[row] == (able.min() if able.size else -1)
