"""The tables of a summary as pandas sees them."""
from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from samples import START_NS, write_summary
from surgetank.problem import Problem
from surgetank.summary import (open_summary, read_events, read_sizing, read_verdicts, scale_of,
                               shown, site_title)


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    return write_summary(tmp_path_factory.mktemp("summary") / "s.h5")


def test_events(summary):
    events = read_events(summary)
    assert list(events["kind"][:5]) == ["dip", "spike", "dip", "step_down", "oscillation"]
    assert events["rack"][0] == -1 and events["start_ns"][0] == START_NS
    assert events["start"][1] == pd.Timestamp(START_NS + 10**10, tz="UTC")


def test_verdicts_and_sizing(summary):
    verdicts = read_verdicts(summary)
    assert len(verdicts) == 12 and set(verdicts["status"]) == {"PASS", "FAIL", "INDETERMINATE"}
    assert set(verdicts["point"]) == {"load", "draw"}
    sizing = read_sizing(summary)
    assert len(sizing) == 42 and "best_units" not in sizing


def test_absent_tables_are_empty(tmp_path):
    path = write_summary(tmp_path / "s.h5", ("events", "verdicts", "sizing"))
    assert read_events(path).empty and read_verdicts(path).empty and read_sizing(path).empty


def test_words(summary):
    with open_summary(summary) as file:
        assert site_title(file).startswith("Colossus 2, Memphis")
    assert scale_of(2e9) == (1e6, "MW") and scale_of(5e3) == (1e3, "kW") and scale_of(0) == (1, "W")
    assert shown(np.nan) == "-" and shown(123456) == "123,456" and shown(0.25) == "0.25"


def test_other_files_are_refused(tmp_path):
    with pytest.raises(Problem) as missing, open_summary(tmp_path / "none.h5"):
        pass
    assert missing.value.code == 66
