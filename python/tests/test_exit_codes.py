"""Exit codes and sentences; whatever fails leaves no file behind."""
from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest

import surgetank
from conftest import REPOSITORY, csv_of
from surgetank.__main__ import main

GOOD = csv_of(np.arange(5), np.arange(5))


@pytest.mark.parametrize("options", [
    ["--period", "0ms"], ["--period", "fast"], ["--period", "0.5ns"], ["--devices", "0"],
    ["--devices", "x"], ["--gap-factor", "0"], ["--start", "tomorrow"], ["--column", "nope"],
    ["--time-column", "nope"], ["--rack-column", "nope"], ["--wrap", "5"], ["--unit", "hp"],
    ["--time-column", "power_w", "--column", "power_w"], ["--wild"]])
def test_usage(refuse, options):
    said = refuse(64, GOOD, *options)
    assert "allowed" in said or "--help" in said


def test_usage_names_what_is_allowed(refuse):
    assert "allowed: time_s, power_w" in refuse(64, GOOD, "--column", "nope")
    assert "allowed: auto" in refuse(64, GOOD, "--period", "fast")
    assert ".parquet" in refuse(64, GOOD, name="in.xlsx")


@pytest.mark.parametrize("text", [
    "", "\n\n", "time_s,power_w\n", "time_s,power_w\nx,y\nz,w\n", "time_s,power_w\n1,\n2,\n",
    "time_s,power_w\n1,5\n", b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 9,
    "time_s,power_w\n3,1\n2,1\n1,1\n0,1\n", "time_s,power_w\n0,1\n.001,1\n.002,1\n9e8,1\n"])
def test_bad_input(refuse, text):
    refuse(65, text)


def test_bad_parquet(refuse):
    refuse(65, b"PAR1 and nothing else PAR1", name="in.parquet")


def test_missing(refuse):
    assert "no such file" in refuse(66, None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_forbidden_folder(tmp_path, capsys):
    (tmp_path / "in.csv").write_text(GOOD)
    (tmp_path / "shut").mkdir(mode=0o500)
    assert main(["import", str(tmp_path / "in.csv"), "-o", str(tmp_path / "shut/out.h5")]) == 74


def test_output_side(tmp_path, capsys):
    source = tmp_path / "in.csv"
    source.write_text(GOOD)
    assert main(["import", str(source), "-o", str(tmp_path / "no/such/out.h5")]) == 74
    assert main(["import", str(source), "-o", str(tmp_path)]) == 74
    assert main(["import", str(source), "-o", str(source)]) == 64
    assert "the output is one of the inputs" in capsys.readouterr().err
    assert source.read_text() == GOOD


def test_full_disk_leaves_the_old_file(tmp_path):
    """A file size limit stands in for the disk; the process has to be its own."""
    (tmp_path / "in.csv").write_text(csv_of(np.arange(20000), np.random.default_rng(0).normal(
        size=20000)))
    (tmp_path / "out.h5").write_text("old")
    code = "import resource, signal, sys\n" \
           "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" \
           "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n" \
           "from surgetank.__main__ import main\n" \
           "sys.exit(main(['import', 'in.csv', '-o', 'out.h5']))\n"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True,
                          text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY / "python")})
    assert done.returncode == 74, done.stderr
    assert "cannot be written" in done.stderr
    assert (tmp_path / "out.h5").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv", "out.h5"]


def test_success_replaces_the_old_file(tmp_path):
    (tmp_path / "in.csv").write_text(GOOD)
    (tmp_path / "out.h5").write_text("old")
    assert main(["import", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.h5")]) == 0
    assert (tmp_path / "out.h5").read_bytes()[:4] == b"\x89HDF"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv", "out.h5"]


def test_no_command_is_usage(capsys):
    assert main([]) == 64
    assert main(["fly"]) == 64


def test_one_version_everywhere():
    text = (REPOSITORY / "CMakeLists.txt").read_text()
    assert re.search(r"project\(surgetank VERSION (\S+)", text)[1] == surgetank.__version__
