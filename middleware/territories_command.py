"""Shows who gets which lead, and which rule gets none: `python -m middleware.territories_command`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from middleware import settings
from middleware.errors import FrontdeskError
from middleware.lead_rules import LeadRules
from middleware.territories import Territories, Traits
from middleware.territory_samples import in_vain, reaches

TITLES = ("a lead of", "rule", "goes to")


def table(rules: LeadRules) -> str:
    """A sample lead for each rule that gets any, and one that falls back, with who gets them."""
    samples = [reach.sample for reach in reaches(rules) if reach.sample is not None]
    rows = [TITLES, *(_row(rules, sample) for sample in [*samples, Traits()])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def warnings(rules: LeadRules) -> Sequence[str]:
    """A sentence for each rule that gets nothing."""
    return [in_vain(reach) for reach in reaches(rules) if reach.sample is None]


def _row(rules: LeadRules, sample: Traits) -> tuple[str, str, str]:
    rule = Territories(rules).rule_for(sample)
    if rule is None:
        return _told(sample), "(fallback)", rules.fallback
    if rule.owner:
        return _told(sample), rule.name, rule.owner
    members = rules.teams[rule.team]
    return _told(sample), rule.name, f"{rule.team}: {', '.join(members)}{', in turn' if len(members) > 1 else ''}"


def _told(sample: Traits) -> str:
    """What is known of a lead, in words."""
    place = sample.place
    parts = [" ".join(part for part in (place.country, place.state, place.postcode) if part)]
    if sample.size:
        parts.append("one person" if sample.size.low == 1 else f"{sample.size.low:,} people")
    if sample.budget:
        parts.append(f"{sample.budget.currency} {sample.budget.low:,f}")
    parts.extend(sample.industries)
    return ", ".join(part for part in parts if part) or "somebody of whom nothing is known"


def main() -> int:
    """Prints the table; 1 if a rule gets nothing."""
    try:
        rules = settings.load().leads
    except FrontdeskError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(rules))
    found = warnings(rules)
    for one in found:
        print(f"\n{one}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
