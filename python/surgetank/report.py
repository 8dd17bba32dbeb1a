"""`python -m surgetank report`: a summary as one web page that needs nothing from outside.

plotly's script is put into the page, so it opens on a machine without a network.
"""
from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd

from .atomic import atomic_output, refuse_overwriting_input
from .plot import COLOURS, STATUS, WORDS, verdict_rows
from .summary import open_summary, scale_of, shown, site_title, table, values

if TYPE_CHECKING:
    import plotly.graph_objects as go

EVENTS_SHOWN = 200
SPECTROGRAM_BINS = 240
TOP_HZ = 60.0
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #22303c; max-width: 1180px; margin: 2em auto;
       padding: 0 1.2em; }
h1 { margin-bottom: 0; } .facts { color: #6c7a86; margin-top: .2em; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; color: #6c7a86; font-weight: 500; }
td, th { padding: .25em .7em; border-bottom: 1px solid #e3e8ec; }
td.number, th.number { text-align: right; }
.status { color: white; border-radius: .5em; padding: .05em .6em; font-size: 85%;
          font-weight: 600; }
pre { background: #f4f6f8; padding: .8em; overflow-x: auto; font-size: 85%; }
.box { max-height: 28em; overflow-y: auto; }
"""


def report_summary(summary: str, output: str) -> int:
    """The command."""
    refuse_overwriting_input(output, [summary])
    with open_summary(summary) as file:
        page = make_page(file)
    with atomic_output(output) as part:
        part.write_text(page, encoding="utf-8")
    return 0


def make_page(file: h5py.File) -> str:
    """The page: a section for each group that is there."""
    import plotly.offline

    title = site_title(file)
    parts = [_facts(file, title), _verdicts(file)]
    figures = [figure for make in (_envelopes, _spectra, _bands, _spectrogram, _sizing)
               if (figure := make(file)) is not None]
    parts += [f"<h2>{escape(figure.layout.meta)}</h2>"
              + figure.to_html(full_html=False, include_plotlyjs=False, include_mathjax=False,
                               config={"displaylogo": False, "responsive": True})
              for figure in figures]
    parts += [_battery(file), _events(file), _provenance(file)]
    script = f"<script>{plotly.offline.get_plotlyjs()}</script>" if figures else ""
    return ("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            f"<title>{escape(title)}</title><style>{STYLE}</style>{script}</head>\n<body>"
            + "\n".join(part for part in parts if part) + "</body></html>\n")


def html_table(rows: list[list[str]], heads: list[str], numbers: set[int] = frozenset()) -> str:
    """Cells are HTML already; `numbers` are the columns set to the right."""
    def cells(row: list[str], tag: str) -> str:
        return "".join(f"<{tag}{' class=number' if i in numbers else ''}>{cell}</{tag}>"
                       for i, cell in enumerate(row))
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><thead><tr>{cells(heads, 'th')}</tr></thead><tbody>{body}</tbody></table>"


def _facts(file: h5py.File, title: str) -> str:
    about, facts = file.attrs, []
    if "recorded_racks" in about and "site_racks" in about:
        facts.append(f"{int(about['recorded_racks']):,} racks recorded, "
                     f"{int(about['site_racks']):,} at the site ({about.get('replicate', '')})")
    if "samples" in about and "sample_period_ns" in about:
        period_s = float(about["sample_period_ns"]) * 1e-9
        facts.append(f"{shown(float(about['samples']) * period_s)} s at {shown(1 / period_s)} Hz")
    if "start_time_ns" in about:
        facts.append(f"from {np.datetime64(int(about['start_time_ns']), 'ns')}Z")
    if "coverage" in about:
        facts.append(f"coverage {100 * float(about['coverage']):.5g} %")
    if not about.get("complete", 1):
        facts.append("INCOMPLETE")
    return f"<h1>{escape(title)}</h1><p class=facts>{escape(' · '.join(facts))}</p>"


def _verdicts(file: h5py.File) -> str:
    frame = table(file, "verdicts")
    if frame is None:
        return ""
    rows = [[escape(row["rule"]), row["load"], row["value"], row["limit"], escape(row["unit"]),
             row["margin"],
             f"<span class=status style=\"background:{STATUS.get(row['status'], '#6c7a86')}\">"
             f"{escape(row['status'])}</span>", escape(row["reason"])]
            for row in verdict_rows(frame)]
    heads = ["rule", "load", "draw", "limit", "unit", "margin", "verdict", "reason"]
    return "<h2>Operator rules</h2>" + html_table(rows, heads, {1, 2, 3, 5})


def _figure(title: str, x: str, y: str, **layout: object) -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.update_layout(template="plotly_white", meta=title, height=420, xaxis_title=x,
                         yaxis_title=y, margin={"l": 70, "r": 20, "t": 20, "b": 50},
                         legend={"orientation": "h", "y": 1.08}, **layout)
    return figure


def _rgba(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[i:i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def _envelopes(file: h5py.File) -> "go.Figure | None":
    points = [p for p in COLOURS if values(file, f"{p}/envelope_mean_w") is not None]
    if not points:
        return None
    largest = max(float(np.nanmax(np.append(values(file, f"{p}/envelope_mean_w"), 0)))
                  for p in points)
    divisor, unit = scale_of(largest)
    figure = _figure("Load and draw", "s after the start", unit)
    for p in points:
        curve = {name: values(file, f"{p}/envelope_{name}_w") for name in ("min", "mean", "max")}
        time_s = values(file, f"{p}/envelope_time_s")
        time_s = np.arange(len(curve["mean"])) if time_s is None else time_s
        if curve["min"] is not None and curve["max"] is not None:
            figure.add_scatter(x=time_s, y=_short(curve["max"] / divisor), line_width=0,
                               mode="lines", showlegend=False, hoverinfo="skip", legendgroup=p)
            figure.add_scatter(x=time_s, y=_short(curve["min"] / divisor), line_width=0,
                               mode="lines", fill="tonexty", fillcolor=_rgba(COLOURS[p], 0.25),
                               showlegend=False, hoverinfo="skip", legendgroup=p)
        figure.add_scatter(x=time_s, y=_short(curve["mean"] / divisor), mode="lines", name=WORDS[p],
                           line={"color": COLOURS[p], "width": 1.2}, legendgroup=p)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _short(numbers: np.ndarray) -> np.ndarray:
    """float32 halves the page; the pictures need no more."""
    return np.asarray(numbers, np.float32)


def _spectra(file: h5py.File) -> "go.Figure | None":
    figure = _figure("Spectrum", "Hz", "MW²/Hz")
    for p, colour in COLOURS.items():
        f, psd = values(file, f"{p}/frequency_hz"), values(file, f"{p}/psd")
        if f is not None and psd is not None:
            inside = (f > 0) & (psd > 0)
            figure.add_scatter(x=_short(f[inside]), y=_short(psd[inside] / 1e12), mode="lines",
                               name=WORDS[p], line={"color": colour, "width": 1})
    figure.update_xaxes(type="log")
    figure.update_yaxes(type="log", exponentformat="power")
    return figure if figure.data else None


def _bands(file: h5py.File) -> "go.Figure | None":
    figure = _figure("RMS per band", "", "MW", barmode="group")
    for p, colour in COLOURS.items():
        rms = values(file, f"{p}/band_rms_w")
        names = values(file, f"{p}/band")
        if rms is not None:
            labels = [str(n).replace("_", " ") for n in names] if names is not None \
                else [f"band {i}" for i in range(len(rms))]
            figure.add_bar(x=labels, y=rms / 1e6, name=WORDS[p], marker_color=colour)
    figure.update_yaxes(type="log", exponentformat="power")
    return figure if figure.data else None


def _spectrogram(file: h5py.File) -> "go.Figure | None":
    point = "draw" if values(file, "draw/spectrogram") is not None else "load"
    gram, f = values(file, f"{point}/spectrogram"), values(file, f"{point}/frequency_hz")
    span = values(file, f"{point}/spectrogram_time_s")
    if gram is None or f is None or span is None or gram.shape != (len(span), len(f)):
        return None
    inside = np.flatnonzero((f > 0) & (f <= TOP_HZ))
    if len(inside) == 0 or len(span) == 0:
        return None
    # Bins of equal ratio, the largest of each: a line must not vanish in a mean.
    cuts = np.unique(np.round(np.geomspace(1, len(inside) + 1, SPECTROGRAM_BINS)).astype(int)) - 1
    cuts = cuts[cuts < len(inside)]
    with np.errstate(divide="ignore", invalid="ignore"):
        level = 10 * np.log10(np.maximum.reduceat(gram[:, inside], cuts, axis=1) / 1e12)
    level[~np.isfinite(level)] = np.nan
    top = float(np.nanmax(level)) if np.isfinite(level).any() else 0.0
    figure = _figure(f"Spectrogram of the {point}", "s after the start", "Hz")
    figure.add_heatmap(x=_short(span), y=_short(f[inside][cuts]), z=_short(level.T),
                       colorscale="Viridis", zmin=top - 80, zmax=top,
                       colorbar={"title": "dB (MW²/Hz)"})
    figure.update_yaxes(type="log")
    return figure


def _sizing(file: h5py.File) -> "go.Figure | None":
    frame = table(file, "sizing")
    if frame is None or not {"units", "response_s", "margin"} <= set(frame.columns):
        return None
    figure = _figure("Sizing: smallest margin over all rules", "units", "margin")
    for response_s, group in frame.groupby("response_s"):
        best = group.groupby("units")["margin"].max()
        figure.add_scatter(x=best.index, y=_short(best), mode="lines+markers",
                           name=f"response {shown(1e3 * response_s)} ms")
    figure.add_hline(y=0, line_color="#6c7a86", line_dash="dot")
    return figure


def _battery(file: h5py.File) -> str:
    frame = table(file, "battery")
    if frame is None or "stage" not in frame:
        return ""
    rows = []
    for name in frame.columns.drop("stage"):
        about = file[f"battery/{name}"].attrs
        column = [_with_unit(v, str(about.get("units", ""))) for v in frame[name]]
        if any(cell != "-" for cell in column):  # a site without power smoothing has no costs of it
            rows.append([escape(str(about.get("long_name", name))), *map(escape, column)])
    return "<h2>Storage</h2>" + html_table(rows, ["", *map(escape, frame["stage"])],
                                           set(range(1, len(frame) + 1)))


def _with_unit(value: float | str, unit: str) -> str:
    """12,345,678 W is 12.35 MW."""
    if isinstance(value, str) or not np.isfinite(value):
        return shown(value)
    for divisor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if unit in ("W", "J") and abs(value) >= divisor:
            return f"{shown(value / divisor)} {prefix}{unit}"
    return f"{shown(value)} {unit}" if unit not in ("", "1") else shown(value)


def _events(file: h5py.File) -> str:
    frame = table(file, "events")
    if frame is None or len(frame) == 0:
        return ""
    racks = values(file, "racks/name")
    strongest = frame.reindex(frame["score"].abs().sort_values(ascending=False).index) \
        if "score" in frame else frame
    rows = [_event(row, racks) for _, row in strongest.head(EVENTS_SHOWN).iterrows()]
    more = f"<p class=facts>the strongest {EVENTS_SHOWN} of {len(frame):,}</p>" \
        if len(frame) > EVENTS_SHOWN else ""
    heads = ["time", "rack", "kind", "amplitude, kW", "duration, s", "frequency, Hz", "in step"]
    body = html_table(rows, heads, {3, 4, 5, 6})
    return f"<h2>Events</h2>{more}<div class=box>{body}</div>"


def _event(row: pd.Series, racks: np.ndarray | None) -> list[str]:
    rack = int(row["rack"])
    name = "site" if rack < 0 else str(racks[rack]) \
        if racks is not None and rack < len(racks) else str(rack)
    return [str(row["start"])[:23], escape(name), escape(str(row["kind"]).replace("_", " ")),
            shown(row["amplitude_w"] / 1e3), shown((row["end_ns"] - row["start_ns"]) * 1e-9),
            shown(row["frequency_hz"]), str(int(row.get("racks_in_step", 1)))]


def _provenance(file: h5py.File) -> str:
    about = file.attrs
    facts = "\n".join(f"{name}: {about[name]}" for name in (
        "command_line", "surgetank_version", "git_commit", "backend") if name in about)
    texts = "".join(f"<details><summary>{name}</summary><pre>{escape(str(about[name]))}</pre>"
                    "</details>" for name in ("settings", "site", "limits") if about.get(name))
    return f"<h2>Provenance</h2><pre>{escape(facts)}</pre>{texts}"
