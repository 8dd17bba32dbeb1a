"""`python -m surgetank plot`: before and after the battery, in one picture.

Reads summary/1 only; a group that is not there leaves its panel out.
"""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd

from .atomic import atomic_output, refuse_overwriting_input
from .problem import BAD_INPUT, USAGE, Problem, one_line
from .summary import open_summary, scale_of, shown, site_title, table, values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOAD, DRAW, INK, FAINT = "#e4572e", "#12708f", "#22303c", "#8a97a3"
COLOURS = {"load": LOAD, "draw": DRAW}
WORDS = {"load": "load (racks)", "draw": "draw (what the grid sees)"}
STATUS = {"PASS": "#2e9e5b", "FAIL": "#d1343f", "INDETERMINATE": "#c98a1b"}
ENDINGS = (".png", ".svg", ".pdf")
ZOOM_S = 15.0
ROWS_SHOWN = 13
STYLE = {
    "font.family": "DejaVu Sans", "font.size": 9.5, "axes.edgecolor": FAINT,
    "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#e3e8ec", "grid.linewidth": 0.7, "axes.axisbelow": True,
    "axes.titleweight": "bold", "axes.titlesize": 10.5, "axes.titlelocation": "left",
    "svg.fonttype": "none", "svg.hashsalt": "surgetank",
}


def plot_summary(summary: str, output: str) -> int:
    """The command."""
    if Path(output).suffix.lower() not in ENDINGS:
        raise Problem(USAGE, f"{output}: the ending is unknown; allowed: {' '.join(ENDINGS)}")
    refuse_overwriting_input(output, [summary])
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    with open_summary(summary) as file, matplotlib.rc_context(STYLE):
        figure = draw_figure(file)
    try:
        with atomic_output(output) as part:
            kind = Path(output).suffix[1:].lower()
            figure.savefig(part, format=kind, dpi=140, facecolor="white",
                           metadata={"Date": None} if kind == "svg" else None)
    finally:
        pyplot.close(figure)
    return 0


def draw_figure(file: h5py.File) -> Any:
    """A matplotlib Figure of whatever the summary has."""
    from matplotlib import pyplot

    points = [p for p in ("load", "draw") if values(file, f"{p}/envelope_mean_w") is not None]
    below = [panel for panel, there in (
        (_spectra, any(values(file, f"{p}/psd") is not None for p in COLOURS)),
        (_bands, any(values(file, f"{p}/band_rms_w") is not None for p in COLOURS)),
        (_verdicts, table(file, "verdicts") is not None)) if there]
    if not points and not below:
        raise Problem(BAD_INPUT, f"{file.filename}: found nothing to plot; "
                                 "allowed: a summary with load, draw or verdicts")
    rows = bool(points) + bool(below)
    figure = pyplot.figure(figsize=(14, 1.1 + 3.75 * rows))
    top = 1 - 0.95 / figure.get_figheight()
    grid = figure.add_gridspec(rows, 1, left=0.055, right=0.985, top=top, bottom=0.075,
                               hspace=0.36)
    if points:
        _envelopes(figure, grid[0], file, points)
    if below:
        widths = [1.85 if panel is _verdicts else 1.15 if panel is _spectra else 0.95
                  for panel in below]
        row = grid[rows - 1].subgridspec(1, len(below), width_ratios=widths, wspace=0.2)
        for i, panel in enumerate(below):
            panel(figure.add_subplot(row[i]), file)
    _heading(figure, file)
    return figure


def _heading(figure: Any, file: h5py.File) -> None:
    height = figure.get_figheight()
    figure.text(0.055, 1 - 0.30 / height, one_line(site_title(file), 110), fontsize=15,
                fontweight="bold", va="center")
    about = file.attrs
    facts = [f"{int(about[key]):,} {words}" for key, words in (
        ("recorded_racks", "racks recorded"), ("site_racks", "racks at the site")) if key in about]
    if "samples" in about and "sample_period_ns" in about:
        seconds = float(about["samples"]) * float(about["sample_period_ns"]) * 1e-9
        facts.append(f"{shown(seconds)} s at {shown(1e9 / float(about['sample_period_ns']))} Hz")
    if "coverage" in about:
        facts.append(f"coverage {100 * float(about['coverage']):.4g} %")
    facts.append(f"surgetank {about.get('surgetank_version', '')} ({about.get('backend', '')})")
    figure.text(0.055, 1 - 0.56 / height, "   ·   ".join(facts), color=FAINT, fontsize=9.5,
                va="center")


def _envelope(file: h5py.File, point: str) -> tuple[np.ndarray, ...]:
    """time_s, min, mean, max; without a time column the buckets are numbered."""
    mean = values(file, f"{point}/envelope_mean_w")
    low, high = (values(file, f"{point}/envelope_{name}_w") for name in ("min", "max"))
    time_s = values(file, f"{point}/envelope_time_s")
    return (np.arange(len(mean), dtype=float) if time_s is None else time_s,
            mean if low is None else low, mean, mean if high is None else high)


def _busiest(time_s: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """The window of ZOOM_S around the largest 5 s range of the load."""
    span = time_s[-1] - time_s[0]
    if not span > 0:
        return time_s[0], time_s[-1]
    width = max(int(len(time_s) * min(5.0 / span, 1.0)), 1)
    ranges = pd.Series(high).rolling(width, min_periods=1).max() - \
        pd.Series(low).rolling(width, min_periods=1).min()
    at = time_s[int(np.nanargmax(ranges))] if ranges.notna().any() else time_s[0]
    begin = min(max(at - 0.5 * ZOOM_S - 2.5, time_s[0]), max(time_s[-1] - ZOOM_S, time_s[0]))
    return begin, min(begin + ZOOM_S, time_s[-1])


def _envelopes(figure: Any, cell: Any, file: h5py.File, points: list[str]) -> None:
    curves = {p: _envelope(file, p) for p in points}
    divisor, unit = scale_of(max(float(np.nanmax(c[3])) if np.isfinite(c[3]).any() else 0.0
                                 for c in curves.values()))
    first = curves[points[0]]
    zoomed = first[0][-1] - first[0][0] > 2 * ZOOM_S
    row = cell.subgridspec(1, 2 if zoomed else 1, width_ratios=[2.1, 1] if zoomed else [1],
                           wspace=0.1)
    whole = figure.add_subplot(row[0])
    panels = [whole, figure.add_subplot(row[1], sharey=whole)] if zoomed else [whole]
    for axes in panels:
        for p in points:
            time_s, low, mean, high = curves[p]
            axes.fill_between(time_s, low / divisor, high / divisor, color=COLOURS[p], lw=0,
                              alpha=0.30 if p == "load" else 0.35)
            axes.plot(time_s, mean / divisor, color=COLOURS[p], label=WORDS[p],
                      lw=0.8 if p == "load" else 1.8)
        axes.set_xlabel("s after the start")
    whole.set_xlim(first[0][0], first[0][-1])
    whole.set_ylim(bottom=0)
    whole.set_ylabel(unit)
    whole.set_title("Before and after the battery" if "draw" in points else "Load")
    whole.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none", ncols=2)
    if zoomed:
        begin, end = _busiest(first[0], first[1], first[3])
        panels[1].set_xlim(begin, end)
        panels[1].set_title(f"{end - begin:.0f} s around the largest swing")
        whole.axvspan(begin, end, color=INK, alpha=0.06, lw=0)


def _spectra(axes: "Axes", file: h5py.File) -> None:
    least, most = np.inf, 0.0
    for p, colour in COLOURS.items():
        f, psd = values(file, f"{p}/frequency_hz"), values(file, f"{p}/psd")
        if f is None or psd is None:
            continue
        inside = (f > 0) & (psd > 0)
        axes.loglog(f[inside], psd[inside] / 1e12, color=colour, lw=1.0, label=p)
        if inside.any():
            most = max(most, float(psd[inside].max()) / 1e12)
            least = min(least, float(np.percentile(psd[inside], 1)) / 1e12)
    if most > 0:
        axes.set_ylim(max(least / 3, most * 1e-14), most * 5)
    axes.axvspan(0.1, 55, color=FAINT, alpha=0.10, lw=0)
    axes.text(0.115, 0.03, "0.1 to 55 Hz", transform=axes.get_xaxis_transform(), color=FAINT,
              fontsize=8)
    axes.set_xlabel("Hz")
    axes.set_ylabel("MW²/Hz")
    axes.set_title("Spectrum")
    axes.legend(frameon=False, loc="upper right")


def _bands(axes: "Axes", file: h5py.File) -> None:
    points = [p for p in COLOURS if values(file, f"{p}/band_rms_w") is not None]
    rms = {p: values(file, f"{p}/band_rms_w") for p in points}
    n = len(rms[points[0]])
    names = next((list(found) for path in (*(f"{p}/band" for p in points), "racks/band")
                  if (found := values(file, path)) is not None and len(found) == n),
                 [f"band {i}" for i in range(n)])
    keep = [i for i in range(n) if any(np.isfinite(rms[p][i]) for p in points)]
    largest = max((float(np.nanmax(rms[p])) for p in points if np.isfinite(rms[p]).any()),
                  default=1.0)
    divisor, unit = scale_of(largest)
    height = 0.8 / len(points)
    for j, p in enumerate(points):
        at = np.arange(len(keep)) + (j - 0.5 * (len(points) - 1)) * height
        axes.barh(at, rms[p][keep] / divisor, height=0.92 * height, color=COLOURS[p], label=p)
        for y, value in zip(at, rms[p][keep] / divisor):
            if np.isfinite(value):
                axes.annotate(f"{value:.3g}", (value, y), xytext=(3, 0), fontsize=7.5,
                              textcoords="offset points", va="center", color=INK)
    axes.set_yticks(range(len(keep)), [str(names[i]).replace("_", " ") for i in keep])
    axes.invert_yaxis()
    axes.set_xscale("symlog", linthresh=max(largest / divisor * 1e-3, 1e-12))
    axes.set_xlim(0, largest / divisor * 4)
    axes.set_xticks([])
    axes.set_xticks([], minor=True)
    axes.grid(False)
    axes.spines["bottom"].set_visible(False)
    axes.set_title(f"RMS per band, {unit} (log scale)")


def verdict_rows(frame: pd.DataFrame) -> list[dict[str, str]]:
    """The judged rows as text, with the value at the load beside them; failures first."""
    order = {"FAIL": 0, "INDETERMINATE": 1, "PASS": 2}
    loads = {row.rule: row.value for row in frame.itertuples() if row.point == "load"}
    judged = frame[frame.judged.astype(str).isin(("1", "yes", "True"))] if "judged" in frame \
        else frame[frame.point == "draw"]
    rows = []
    for row in sorted(judged.itertuples(), key=lambda r: order.get(r.status, 3)):
        margin = f"{100 * row.margin:.0f} %" if np.isfinite(row.margin) else "-"
        rows.append({"rule": str(row.rule), "load": shown(loads.get(row.rule, np.nan)),
                     "value": shown(row.value), "limit": shown(row.limit), "unit": str(row.unit),
                     "status": str(row.status), "margin": margin,
                     "reason": str(getattr(row, "reason", ""))})
    return rows


def _short_unit(unit: str) -> str:
    """percent_nominal/min -> % nom./min."""
    return unit.replace("percent", "%").replace("_nominal", " nom.").replace("_", " ")


def _verdicts(axes: "Axes", file: h5py.File) -> None:
    rows = verdict_rows(table(file, "verdicts"))
    axes.axis("off")
    passed = sum(row["status"] == "PASS" for row in rows)
    axes.set_title(f"Operator rules: {passed} of {len(rows)} pass")
    places = {"rule": (0.0, "left"), "load": (0.41, "right"), "value": (0.53, "right"),
              "limit": (0.645, "right"), "unit": (0.655, "left")}
    heads = {"rule": "rule", "load": "load", "value": "draw", "limit": "limit", "unit": ""}
    line = 1.0 / (min(max(len(rows), 8), ROWS_SHOWN) + 1.5)
    for name, (x, align) in places.items():
        axes.text(x, 1 - 0.5 * line, heads[name], ha=align, va="center", fontsize=8.5,
                  color=COLOURS.get(heads[name], FAINT), transform=axes.transAxes)
    for i, row in enumerate(rows[:ROWS_SHOWN]):
        y = 1 - (i + 1.6) * line
        for name, (x, align) in places.items():
            text = _short_unit(row[name]) if name == "unit" else row[name]
            axes.text(x, y, one_line(text, 22), ha=align, va="center", fontsize=8.5,
                      color=FAINT if name == "unit" else INK, transform=axes.transAxes)
        axes.text(0.985, y, row["status"], ha="right", va="center", fontsize=6.5, color="white",
                  fontweight="bold", transform=axes.transAxes,
                  bbox={"boxstyle": "round,pad=0.28", "lw": 0,
                        "fc": STATUS.get(row["status"], FAINT)})
    if len(rows) > ROWS_SHOWN:
        axes.text(0, 1 - (ROWS_SHOWN + 1.1) * line, f"and {len(rows) - ROWS_SHOWN} more",
                  color=FAINT, fontsize=8.5, va="top", transform=axes.transAxes)
