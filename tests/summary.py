#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what `meson test` ran, down to the single test cases.

    summary.py BUILD/meson-logs/testlog.json

Prints the reasons of skips, and one line at the end: N passed, N failed, N skipped.
A program whose output names no cases counts as one. Exit status 1 if any failed,
or none ran.
"""

import json
import re
import sys
from collections import Counter

TAP = re.compile(r"^(not )?ok\b(?:.*#\s*(skip|todo)\b)?", re.IGNORECASE | re.MULTILINE)
CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.MULTILINE)
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED)(?: \((.*)\))?", re.MULTILINE)
SKIP_REASON = re.compile(r"^(?:ok\b.*#\s*skip\b.*|.*\bskipped ['\"].*)$",
                         re.IGNORECASE | re.MULTILINE)
GOOD = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


def count_tap(output):
    cases = Counter()
    for match in TAP.finditer(output):
        wanted = (match[2] or "").lower()
        kind = "skipped" if wanted == "skip" else "passed"
        cases["failed" if match[1] and wanted != "todo" else kind] += 1
    return cases


def count_check(output):
    cases = Counter()
    for checks, failures, errors in CHECK.findall(output):
        failed = int(failures) + int(errors)
        cases.update(passed=int(checks) - failed, failed=failed)
    return cases


def count_unittest(output):
    cases = Counter()
    for total, notes in UNITTEST.findall(output):
        note = dict(part.split("=") for part in notes.split(", ") if "=" in part)
        failed = sum(int(note.get(key, 0)) for key in ("failures", "errors", "unexpected successes"))
        skipped = int(note.get("skipped", 0))
        cases.update(failed=failed, skipped=skipped,
                     passed=max(0, int(total) - failed - skipped))
    return cases


def count(test):
    output = test.get("stdout", "") + "\n" + test.get("stderr", "")
    cases = count_tap(test.get("stdout", "")) + count_check(output) + count_unittest(output)
    result = GOOD.get(test["result"], "failed")
    if not cases or (result == "failed" and not cases["failed"]):
        cases[result] += 1
    return cases


def main(path):
    total = Counter()
    with open(path, encoding="utf-8") as log:
        for test in map(json.loads, log):
            cases = count(test)
            total += cases
            if cases["skipped"]:
                reasons = SKIP_REASON.findall(test.get("stdout", "") + test.get("stderr", ""))
                print(f"skipped in {test['name']}:", *sorted(set(reasons)) or ["(no reason given)"],
                      sep="\n  ")
    print("{} passed, {} failed, {} skipped".format(
        *(total[kind] for kind in ("passed", "failed", "skipped"))))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
