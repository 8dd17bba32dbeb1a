"""python -m surgetank import | plot | report: the command line of the Python side."""
from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from . import __version__
from .problem import INTERRUPTED, USAGE, Problem, one_line


class Parser(argparse.ArgumentParser):
    """Wrong usage is exit 64 here, as in the surgetank program, and one line."""

    def error(self, message: str) -> NoReturn:
        raise Problem(USAGE, f"{message}; see {self.prog} --help")


def make_parser() -> Parser:
    parser = Parser(prog="python -m surgetank", description=__doc__)
    parser.add_argument("--version", action="version", version=f"surgetank {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    bring = commands.add_parser("import", help="CSV, logs or parquet into a trace/1 file")
    add_import_arguments(bring)
    plot = commands.add_parser("plot", help="one picture of a summary")
    report = commands.add_parser("report", help="a web page of a summary, complete in one file")
    for command, kind in ((plot, "PNG, SVG or PDF"), (report, "HTML")):
        command.add_argument("summary", metavar="SUMMARY", help="a summary/1 file")
        command.add_argument("-o", "--output", required=True, metavar="FILE", help=kind)
    return parser


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help=".csv, .tsv, .txt, .log or .parquet")
    add("-o", "--output", required=True, metavar="TRACE", help="the trace/1 file to write")
    add("--period", default="auto", metavar="1ms",
        help="sample period of the trace; auto keeps the samples of a uniform clock as they are "
             "and resamples any other to the nearest round period")
    add("--unit", choices=("W", "kW", "MW", "mW"), help="of numbers whose cell or column has none")
    add("--column", action="append", metavar="NAME", help="power column; several become racks")
    add("--time-column", metavar="NAME")
    add("--time-unit", choices=("s", "ms", "us", "ns"), help="of a numeric time column")
    add("--rack-column", metavar="NAME", help="column that says whose row it is")
    add("--devices", type=int, metavar="N", help="rows come in groups of N per tick, no index")
    add("--start", metavar="ISO", help="time of a recording that starts at 0 (UTC without a zone)")
    add("--counter", choices=("uJ", "mJ", "J", "kJ", "Wh", "kWh"),
        help="the column counts energy: power is its slope")
    add("--wrap", type=float, metavar="N", help="the counter starts again after N (its own unit)")
    add("--gap-factor", type=float, default=5.0, metavar="X",
        help="neighbours further apart than X sample distances are a gap (default 5)")


def run(arguments: argparse.Namespace) -> int:
    """The one place that knows the module of a command. Imports are late: plotly is slow."""
    if arguments.command == "import":
        from .importing import import_files
        return import_files(arguments)
    if arguments.command == "plot":
        from .plot import plot_summary
        return plot_summary(arguments.summary, arguments.output)
    from .report import report_summary
    return report_summary(arguments.summary, arguments.output)


def main(argv: list[str] | None = None) -> int:
    try:
        return run(make_parser().parse_args(argv))
    except Problem as problem:
        print(f"surgetank: {one_line(problem, 1000)}", file=sys.stderr)
        return problem.code
    except KeyboardInterrupt:
        print("surgetank: interrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
