"""Runs `rasa test` on the test stories, and judges its report, because its exit code says nothing."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import yaml

from scripts.environment import ROOT, environment
from scripts.quiet import quietly

STORIES = ROOT / "tests" / "conversations"
RESULTS = ROOT / "results"


def stories_in(path: Path) -> int:
    """Counts the stories of a file; one that holds something else has none."""
    content = yaml.safe_load(path.read_text())
    return len(content.get("stories") or []) if isinstance(content, dict) else 0


def counted() -> tuple[int, list[Path]]:
    """Counts the test stories, and finds the files that `rasa test` would pass over for their names."""
    total, unread = 0, []
    for path in sorted([*STORIES.rglob("*.yml"), *STORIES.rglob("*.yaml")]):
        number = stories_in(path)
        if number and not path.name.startswith("test_"):
            unread.append(path.relative_to(ROOT))
        else:
            total += number
    return total, unread


def run() -> int:
    """Lets Rasa play the stories, and write its report into a folder that holds nothing older."""
    shutil.rmtree(RESULTS, ignore_errors=True)
    command = [sys.executable, "-m", "rasa", "test", "core", "--e2e", "--no-plot"]
    command += ["--model", "models/frontdesk.tar.gz", "--stories", str(STORIES), "--out", str(RESULTS)]
    return quietly(command, ROOT / "var" / "log" / "rasa_test.log", environment(), seconds=900)


def objections(expected: int) -> list[str]:
    """Says what is wrong with the report; nothing, if all is well."""
    path = RESULTS / "story_report.json"
    if not path.exists():
        return ["rasa test wrote no story_report.json; its output is in var/log/rasa_test.log"]
    report = json.loads(path.read_text()).get("conversation_accuracy", {})
    total, accuracy = report.get("total", 0), report.get("accuracy", 0.0)
    found = []
    if total != expected:
        found.append(
            f"rasa test played {total} stories, but the files hold {expected}: "
            "two may be alike, or one may use `or` or a checkpoint"
        )
    if accuracy != 1.0:
        found.append(f"{total - report.get('correct', 0)} of {total} stories failed:")
        found.append((RESULTS / "failed_test_stories.yml").read_text())
    return found


def main() -> int:
    """Ends with 0 only if every test story was played and went as written."""
    expected, unread = counted()
    if unread:
        print(f"Rename these to test_*, else rasa test passes over them: {', '.join(map(str, unread))}")
        return 1
    if not expected:
        print(f"There are no test stories in {STORIES.relative_to(ROOT)}.")
        return 1
    if run() != 0:
        return 1
    found = objections(expected)
    print("\n".join(found) if found else f"{expected} test stories went as written.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
