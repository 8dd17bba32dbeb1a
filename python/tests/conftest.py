"""What the Python tests share: running the command as a process does, and where things lie."""
from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from surgetank.__main__ import main

REPOSITORY = Path(__file__).resolve().parents[2]
REAL = REPOSITORY.parent / "shared" / "data" / "real"


class Imported:
    """A trace that `import` wrote, and what it said."""

    def __init__(self, path: Path, said: str):
        self.said = said
        with h5py.File(path) as file:
            self.power_w = file["power"][()]
            self.racks = [name.decode() for name in file["rack"][()]]
            self.attributes = dict(file.attrs)
            self.period_ns = int(file["power"].attrs["sample_period_ns"])
            self.start_ns = int(file["power"].attrs["start_time_ns"])
            markers = file.get("import/markers")
            self.markers = {} if markers is None else {name: markers[name][()] for name in markers}

    @property
    def time_s(self) -> np.ndarray:
        return np.arange(self.power_w.shape[1]) * self.period_ns * 1e-9


@pytest.fixture
def bring(tmp_path, capsys):
    """bring(text or {name: text}, options...) -> Imported; the import has to succeed."""

    def run(content, *options: str, name: str = "in.csv") -> Imported:
        files = content if isinstance(content, dict) else {name: content}
        paths = []
        for file, text in files.items():
            paths.append(str(tmp_path / file))
            if text is not None:
                (tmp_path / file).write_bytes(text if isinstance(text, bytes) else text.encode())
        code = main(["import", *paths, "-o", str(tmp_path / "out.h5"), *options])
        said = capsys.readouterr().err
        assert code == 0, said
        return Imported(tmp_path / "out.h5", said)

    return run


@pytest.fixture
def refuse(tmp_path, capsys):
    """refuse(code, text, options...) -> the one line said; nothing may be left behind."""

    def run(code: int, text, *options: str, name: str = "in.csv") -> str:
        path = tmp_path / name
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        before = sorted(tmp_path.iterdir())
        assert main(["import", str(path), "-o", str(tmp_path / "out.h5"), *options]) == code
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and said.startswith("surgetank: "), said
        assert sorted(tmp_path.iterdir()) == before
        return said

    return run


def csv_of(time, power, header: str = "time_s,power_w", digits: int = 6) -> str:
    rows = "\n".join(f"{t:.{digits}f},{p:.17g}" for t, p in zip(time, power))
    return f"{header}\n{rows}\n"
