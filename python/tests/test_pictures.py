"""plot and report: they come out, say what the summary says, and need nothing from outside."""
from __future__ import annotations

import re

import h5py
import pytest

from samples import write_summary
from surgetank.__main__ import main

GROUPS = ("load", "draw", "verdicts", "events", "battery", "sizing")


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    return write_summary(tmp_path_factory.mktemp("summary") / "s.h5")


@pytest.mark.parametrize("ending, magic",
                         [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_plot(summary, tmp_path, ending, magic):
    output = tmp_path / f"p.{ending}"
    assert main(["plot", str(summary), "-o", str(output)]) == 0
    assert output.read_bytes().startswith(magic) and output.stat().st_size > 10_000


def test_plot_says_what_the_summary_says(summary, tmp_path):
    assert main(["plot", str(summary), "-o", str(tmp_path / "p.svg")]) == 0
    text = (tmp_path / "p.svg").read_text()
    for words in ("Colossus 2, Memphis: 550,000 GPUs, 1,100 MW", "128 racks recorded",
                  "Before and after the battery", "ERCOT-PV", "FAIL", "INDETERMINATE",
                  "Operator rules: 4 of 6 pass", "inter area", "around the largest swing"):
        assert words in text, words


@pytest.mark.slow
@pytest.mark.parametrize("missing", [(g,) for g in GROUPS] + [("draw", "verdicts"),
                                                             ("load", "draw")])
@pytest.mark.parametrize("command, name", [("plot", "p.png"), ("report", "r.html")])
def test_missing_groups_leave_their_panel_out(tmp_path, missing, command, name):
    path = write_summary(tmp_path / "s.h5", missing)
    assert main([command, str(path), "-o", str(tmp_path / name)]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("gone", ["load/envelope_min_w", "load/envelope_time_s", "draw/psd",
                                  "load/band", "draw/band", "draw/spectrogram",
                                  "load/frequency_hz", "sizing/margin"])
@pytest.mark.parametrize("command, name", [("plot", "p.png"), ("report", "r.html")])
def test_missing_datasets_are_survived(tmp_path, gone, command, name):
    path = write_summary(tmp_path / "s.h5")
    with h5py.File(path, "r+") as file:
        del file[gone]
    assert main([command, str(path), "-o", str(tmp_path / name)]) == 0


def test_report_is_complete_and_fetches_nothing(summary, tmp_path):
    assert main(["report", str(summary), "-o", str(tmp_path / "r.html")]) == 0
    page = (tmp_path / "r.html").read_text()
    outside = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)\s*=|@import|https?://", outside)
    assert not re.search(r"<script[^>]+src", page)
    assert "Plotly.newPlot" in page
    for words in ("Colossus 2, Memphis", "ERCOT-PV", "needs 600 s, has 120 s", "Spectrogram",
                  "RMS per band", "oscillation", "Sizing", "megapacks", "step down"):
        assert words in page, words


def test_report_escapes_what_files_say(summary, tmp_path):
    assert main(["report", str(summary), "-o", str(tmp_path / "r.html")]) == 0
    page = (tmp_path / "r.html").read_text()
    assert "&lt;b&gt;t.h5&lt;/b&gt;" in page and "<b>t.h5" not in page


@pytest.mark.parametrize("command, name", [("plot", "p.png"), ("report", "r.html")])
def test_exit_codes(summary, tmp_path, capsys, command, name):
    def code(source, target) -> int:
        found = main([command, str(source), "-o", str(target)])
        said = capsys.readouterr().err
        assert said.count("\n") == 1, said
        return found
    output = tmp_path / name
    (tmp_path / "text.h5").write_text("no HDF5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.attrs["surgetank_format"] = "trace/1"
    assert code(tmp_path / "none.h5", output) == 66
    assert code(tmp_path / "text.h5", output) == 65
    assert code(tmp_path / "other.h5", output) == 65
    assert code(summary, tmp_path / "no" / name) == 74
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.h5", "text.h5"]


def test_plot_refuses_unknown_endings_and_empty_summaries(summary, tmp_path, capsys):
    assert main(["plot", str(summary), "-o", str(tmp_path / "p.bmp")]) == 64
    assert ".png" in capsys.readouterr().err
    path = write_summary(tmp_path / "s.h5", GROUPS)
    assert main(["plot", str(path), "-o", str(tmp_path / "p.png")]) == 65


def test_truncated_summary(summary, tmp_path):
    whole = summary.read_bytes()
    for share in (0.1, 0.5, 0.9):
        (tmp_path / "s.h5").write_bytes(whole[: int(len(whole) * share)])
        assert main(["plot", str(tmp_path / "s.h5"), "-o", str(tmp_path / "p.png")]) == 65
