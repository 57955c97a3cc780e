"""Whether the time of an answer tells "not yours" from "doesn't exist": `make bench-timing`.

Both questions are asked in turns through the REST channel. What is printed is how well an attacker could tell the
one from the other by time: the chance that an answer of the one kind takes longer than one of the other kind (0.5 is
a coin's; Mann and Whitney's U, as a share).
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from scipy.stats import ks_2samp, mannwhitneyu

from tests.counts import seeded, times
from tests.data.shop import PEOPLE
from tests.servers import Frontdesk, serve

QUESTIONS = 2000  # of both kinds together
FOREIGN = ("20003", "20004", "20005", "20013")
MISSING = ("29999", "28881", "27773", "30013")


def seconds(frontdesk: Frontdesk, token: str, number: str) -> float:
    """How long an answer takes."""
    begun = time.perf_counter()
    frontdesk.say(token, f"where is order {number}?")
    return time.perf_counter() - begun


def main() -> None:
    """Measures, and prints both distributions and the attacker's chance."""
    chance = seeded()
    taken: dict[str, list[float]] = {"not yours": [], "doesn't exist": []}
    with serve(Path(tempfile.mkdtemp(prefix="frontdesk-bench-"))) as frontdesk:
        for _ in range(times(QUESTIONS) // 20):
            token = frontdesk.token(phone=PEOPLE["nora"][4])
            frontdesk.say(token, "hi")
            for _ in range(10):
                kinds = [("not yours", FOREIGN), ("doesn't exist", MISSING)]
                chance.shuffle(kinds)
                for kind, numbers in kinds:
                    taken[kind].append(seconds(frontdesk, token, chance.choice(numbers)))
    for kind, figures in taken.items():
        deciles = statistics.quantiles(figures, n=20)
        print(
            f"{kind:14} {len(figures):5} answers   p5 {deciles[0] * 1000:6.1f} ms   "
            f"p50 {statistics.median(figures) * 1000:6.1f} ms   p95 {deciles[-1] * 1000:6.1f} ms"
        )
    one, other = taken.values()
    u = mannwhitneyu(one, other)
    print(f"told apart by time: {u.statistic / len(one) / len(other):.3f} (0.5 is a coin's; p = {u.pvalue:.2f})")
    print(f"greatest distance of the distributions: {ks_2samp(one, other).statistic:.3f}")


if __name__ == "__main__":
    main()
