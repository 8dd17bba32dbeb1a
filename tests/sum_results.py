#!/usr/bin/env python3
"""Sums JUnit files into the last line of ./dev test: "N passed, N failed, N skipped".

    sum_results.py FOLDER LEG...

Each leg left FOLDER/LEG.xml. A leg without a readable file, or without a single test, did not
build or did not start, and counts as one failure. Exit 1 when anything failed or nothing ran.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def reason_of(case: ElementTree.Element) -> str:
    """Why a test was skipped: pytest says it in the message, googletest on the line it prints."""
    message = case.find("skipped").get("message") or ""
    output = case.findtext("system-out") or ""
    told = re.search(r"Skipped\n(.+)", output)
    if told:
        return told[1].strip()
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if message.startswith("SKIP_RETURN_CODE") and lines:
        return lines[-1]
    return " ".join(message.split()) or "no reason given"


def read_leg(path: Path) -> tuple[int, list[str], list[str]]:
    """Passed, the names of the failed, and the skipped with their reasons."""
    passed, failed, skipped = 0, [], []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}".removeprefix(".")
        if case.get("classname") == case.get("name"):
            name = case.get("name")
        if case.find("skipped") is not None:
            skipped.append(f"{name}: {reason_of(case)}")
        elif (case.find("failure") is not None or case.find("error") is not None
              or case.get("status") in ("fail", "notrun")):
            failed.append(name)
        else:
            passed += 1
    return passed, failed, skipped


def main(folder: Path, legs: list[str]) -> int:
    passed = failed = skipped = 0
    for leg in legs:
        try:
            leg_passed, leg_failed, leg_skipped = read_leg(folder / f"{leg}.xml")
        except (OSError, ElementTree.ParseError):
            leg_passed, leg_failed, leg_skipped = 0, ["left no results: it did not build or did not start"], []
        if not (leg_passed or leg_failed or leg_skipped):
            leg_failed = ["ran no test"]
        print(f"{leg}: {leg_passed} passed, {len(leg_failed)} failed, {len(leg_skipped)} skipped")
        for line in leg_failed:
            print(f"  FAILED  {line}")
        for line in leg_skipped:
            print(f"  skipped {line}")
        passed += leg_passed
        failed += len(leg_failed)
        skipped += len(leg_skipped)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
