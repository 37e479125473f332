#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what `meson test` ran, down to the single test cases.

    summary.py BUILD/meson-logs/testlog.json [AGAIN/testlog.json]

Prints the reasons of skips, what the tests that failed wrote last, and one line at the
end: N passed, N failed, N skipped. A program whose output names no cases counts as one.
A test that is in AGAIN too was run once more: it counts as it went there, and what it
wrote when it failed is still shown. Exit status 1 if any failed, or none ran.

    summary.py --failed BUILD/meson-logs/testlog.json

Prints the names of the tests that failed, one a line.
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
# What tells of a failure in the output of Check, of TAP and of unittest.
FAILURE = re.compile(r"^(?:not ok\b|.*:[FE]:\w*:|(?:FAIL|ERROR): |\w*(?:Error|Exception)\b)|"
                     r"\bERROR: \w+Sanitizer|CRITICAL|Bail out")
N_LINES = 12
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


def failed(test):
    return GOOD.get(test["result"], "failed") == "failed"


def read(path):
    with open(path, encoding="utf-8") as log:
        return [json.loads(line) for line in log]


def print_skips(test):
    reasons = SKIP_REASON.findall(test.get("stdout", "") + test.get("stderr", ""))
    print(f"skipped in {test['name']}:", *sorted(set(reasons)) or ["(no reason given)"],
          sep="\n  ")


def print_failure(test, outcome):
    lines = (test.get("stdout", "") + "\n" + test.get("stderr", "")).strip().splitlines()
    told = [line for line in lines if FAILURE.search(line)]
    print(f"{outcome}: {test['name']} ({test['result']} after {test['duration']:.0f} s):",
          *(told or lines)[-N_LINES:], sep="\n  ")


def main(path, path_again=None):
    tests = read(path)
    again = {test["name"]: test for test in read(path_again)} if path_again else {}
    counted = [again.get(test["name"], test) for test in tests]
    total = sum(map(count, counted), Counter())
    for test in counted:
        if count(test)["skipped"]:
            print_skips(test)
    for test in filter(failed, tests):
        second = again.get(test["name"])
        print_failure(test, "failed once, passed when run again"
                      if second and not failed(second) else "failed")
    print("{} passed, {} failed, {} skipped".format(
        *(total[kind] for kind in ("passed", "failed", "skipped"))))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    if sys.argv[1] == "--failed":
        print(*(test["name"].split(" / ")[-1] for test in filter(failed, read(sys.argv[2]))),
              sep="\n")
    else:
        sys.exit(main(*sys.argv[1:]))
