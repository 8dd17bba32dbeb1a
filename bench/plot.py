#!/usr/bin/env python3
"""Pictures of what surgetank-bench measured, out of its JSON lines.

    plot.py --out FOLDER FILE.json [FILE.json ...]
    plot.py --table FILE.json [FILE.json ...]

Writes curves.svg (Gsamples/s over racks, length, frame, taps, threads, candidates; the whole
analysis over racks), read.svg (reading alone, by codec) and targets.svg (every row that has a
target, as a share of it), as far as the lines have them. --table prints the rows as Markdown
instead. A figure that stands in several lines is taken from the last one.
"""
import argparse
import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)

CURVES = (
    ("curve.racks", "racks"),
    ("curve.length", "minutes of 64 racks"),
    ("curve.frame", "points of a frame"),
    ("curve.taps", "taps of an impulse response"),
    ("curve.threads", "threads"),
    ("curve.candidates", "batteries of a sweep"),
    ("curve.site", "racks, the whole analysis of 131 s"),
)
CODECS = ("contiguous", "chunks", "lz4", "bitshuffle_lz4", "deflate")
BYTES = 4  # of a sample
INK, GOOD, BAD = "#20435c", "#2a7f62", "#b5482a"


def load(paths: list[str]) -> tuple[dict[str, dict], dict[str, dict[float, dict]]]:
    """Rows by figure, and points of curves by figure and x."""
    rows: dict[str, dict] = {}
    points: dict[str, dict[float, dict]] = {}
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("x"):
                points.setdefault(row["figure"], {})[row["x"]] = row
            else:
                rows[row["figure"]] = row
    return rows, points


def save(figure: plt.Figure, path: Path) -> None:
    """The same lines give the same bytes."""
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    print(path)


def draw_curves(points: dict[str, dict[float, dict]], out: Path) -> None:
    known = [(name, label) for name, label in CURVES if name in points]
    if not known:
        return
    figure, axes = plt.subplots(2, 4, figsize=(12, 5))
    for axis, (name, label) in zip(axes.flat, known):
        at = sorted(points[name])
        best = [points[name][x]["gsamples_per_s"] for x in at]
        median = [points[name][x]["samples"] / points[name][x]["median_seconds"] / 1e9 for x in at]
        axis.plot(at, best, "o-", color=INK, markersize=3, label="best")
        each = [points[name][x]["samples"] / points[name][x]["cpu_seconds"] / 1e9 for x in at]
        axis.plot(at, median, ":", color=INK, label="median")
        axis.plot(at, each, "s--", color=GOOD, markersize=3, label="per processor second")
        axis.set_xscale("log", base=2)
        axis.set_xticks(at, [f"{x:.0f}" for x in at], fontsize=7, rotation=45)
        axis.minorticks_off()
        axis.set_ylim(0)
        axis.set_xlabel(label, fontsize=8)
        axis.set_ylabel("Gsamples/s", fontsize=8)
        axis.tick_params(axis="y", labelsize=7)
        axis.grid(alpha=0.3)
    axes.flat[0].legend(fontsize=7, frameon=False)
    for axis in list(axes.flat)[len(known):]:
        axis.set_visible(False)
    save(figure, out / "curves.svg")


def draw_read(rows: dict[str, dict], out: Path) -> None:
    bars = [("pread, as it is", "read.pread"), ("mmap", "read.mmap")]
    bars += [(codec, f"read.{codec}") for codec in CODECS]
    bars += [("cold: pread", "read.cold.pread"), ("cold: O_DIRECT", "read.cold.direct"),
             ("cold: contiguous", "read.cold.contiguous"),
             ("cold: bitshuffle_lz4", "read.cold.bitshuffle_lz4")]
    bars = [(label, rows[name]) for label, name in bars if name in rows]
    if not bars:
        return
    figure, axis = plt.subplots(figsize=(7, 3.6))
    rates = [row["gsamples_per_s"] * BYTES for _, row in bars]
    axis.barh(range(len(bars)), rates, color=[BAD if label[:4] == "cold" else INK
                                              for label, _ in bars])
    for codec in ("contiguous", "deflate"):
        library = rows.get(f"read.{codec}.h5dread")
        at = [label for label, _ in bars].index(codec)
        if library and library["ratio"]:
            axis.plot([rates[at] / library["ratio"]] * 2, [at - 0.4, at + 0.4], color=GOOD, lw=3,
                      label="H5Dread, 1 thread" if codec == "deflate" else None)
    axis.set_yticks(range(len(bars)), [label for label, _ in bars], fontsize=8)
    axis.invert_yaxis()
    axis.set_xlabel("GB/s of float32 delivered", fontsize=8)
    axis.grid(axis="x", alpha=0.3)
    axis.legend(fontsize=7, frameon=False)
    save(figure, out / "read.svg")


def draw_targets(rows: dict[str, dict], out: Path) -> None:
    bars = [(name, row["ratio"] / row["target"]) for name, row in rows.items()
            if row.get("target") and row.get("ratio")]
    if not bars:
        return
    figure, axis = plt.subplots(figsize=(7, 0.28 * len(bars) + 0.9))
    axis.barh(range(len(bars)), [share for _, share in bars],
              color=[GOOD if share >= 1.0 else BAD for _, share in bars])
    axis.axvline(1.0, color="black", lw=1)
    axis.set_xscale("log")
    shown = [x for x in (0.1, 0.2, 0.5, 1, 2, 5, 10) if x <= 1.3 * max(s for _, s in bars)]
    axis.minorticks_off()
    axis.set_xticks(shown, [f"{x:g}" for x in shown], fontsize=8)
    axis.set_yticks(range(len(bars)), [name for name, _ in bars], fontsize=8)
    axis.invert_yaxis()
    axis.set_xlabel("ratio found / ratio wanted (1 = met)", fontsize=8)
    axis.grid(axis="x", which="both", alpha=0.2)
    save(figure, out / "targets.svg")


def number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}g}" if value < 100 else f"{value:.0f}"


def print_table(rows: dict[str, dict]) -> None:
    print("| figure | Gsamples/s best (median) | ratio to | ratio | by processor time | target | met "
          "| others |")
    print("|---|---|---|---|---|---|---|---|")
    for name, row in rows.items():
        middle = row.get("median_seconds")
        median = row["samples"] / middle / 1e9 if middle else None
        met = {True: "yes", False: "**no**", None: ""}[row["met"]]
        load = row.get("foreign_load")
        others = "-" if load is None else f"{100 * load:.0f} %"
        print(f"| `{name}` | {number(row['gsamples_per_s'])} ({number(median)}) | "
              f"{row['reference']} | {number(row['ratio'])} | "
              f"{number(row.get('cpu_ratio'))} | {number(row['target'])} | {met} | "
              f"{others} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    to = parser.add_mutually_exclusive_group(required=True)
    to.add_argument("--out", type=Path, metavar="FOLDER")
    to.add_argument("--table", action="store_true")
    parser.add_argument("lines", nargs="+", metavar="FILE.json")
    options = parser.parse_args()
    plt.rcParams["svg.fonttype"] = "none"
    plt.rcParams["svg.hashsalt"] = "surgetank"
    rows, points = load(options.lines)
    if options.table:
        print_table(rows)
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    draw_curves(points, options.out)
    draw_read(rows, options.out)
    draw_targets(rows, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
