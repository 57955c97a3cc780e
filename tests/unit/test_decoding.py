"""Records from outside: a type is met by many threads at once, for the first time, and nobody dies of it."""

from __future__ import annotations

import re
import subprocess
import sys

import msgspec
import pytest

from middleware.decoding import converted, decoded
from scripts.environment import ROOT

# Fresh types again and again, as a fresh process has them; a thread gives way as often as it can.
MEETING = """
import sys, threading
import msgspec
from typing import Optional
from middleware.decoding import converted, decoded

sys.setswitchinterval(1e-6)
row = {f"part{place}": {f"field{other}": other for other in range(10)} for place in range(8)}
body = msgspec.json.encode(row)
read = {"decoded": lambda kind: decoded(body, kind), "converted": lambda kind: converted(row, kind)}[sys.argv[1]]
fields = [(f"field{place}", Optional[int], None) for place in range(10)]
told = []
for number in range(60):
    parts = [(f"part{place}", msgspec.defstruct(f"Part{number}_{place}", fields)) for place in range(8)]
    whole, begin = msgspec.defstruct(f"Whole{number}", parts), threading.Barrier(4)
    threads = [threading.Thread(target=lambda: (begin.wait(), told.append(read(whole)))) for _ in range(4)]
    for one in threads: one.start()
    for one in threads: one.join()
assert len(told) == 240 and all(one.part7.field9 == 9 for one in told)
"""


class Row(msgspec.Struct):
    """One of them."""

    number: int


@pytest.mark.parametrize("way", ["decoded", "converted"])
def test_threads_that_meet_a_type_for_the_first_time_at_once_all_read_it(way: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", MEETING, way], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 0, ended.stderr


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(b'{"number": "1"}', Row)
    with pytest.raises(msgspec.ValidationError):
        converted({"number": "1"}, Row)
    with pytest.raises(msgspec.DecodeError):
        decoded(b'{"number"', Row)

    assert converted({"number": "1"}, Row, strict=False) == Row(1)


def test_nobody_reads_typed_records_another_way() -> None:
    around = re.compile(r"msgspec\.convert\(|json\.decode\([^\n]*type=|json\.Decoder\((?!float_hook)")
    ours = [file for folder in ("middleware", "actions", "channels", "desk") for file in (ROOT / folder).rglob("*.py")]

    assert [file.name for file in ours if around.search(file.read_text())] == ["decoding.py"]
