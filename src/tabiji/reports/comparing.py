"""What changed between two periods → words, a table and a JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tabiji.comparing import Difference, Finding, Seen, Verdict, Way, What
from tabiji.language import N_, _, headings, listed
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import latency, number, percent
from tabiji.reports.words import Table

FOUND: Mapping[tuple[What, Way], str] = {
    ("failures", "worse"): N_("fails more"),
    ("failures", "better"): N_("fails less"),
    ("usual", "worse"): N_("slower"),
    ("usual", "better"): N_("faster"),
    ("slowest", "worse"): N_("the slow ones slower"),
    ("slowest", "better"): N_("the slow ones faster"),
}
MEASURES: Mapping[What, str] = {
    "failures": N_("share of failures"),
    "usual": N_("p50"),
    "slowest": N_("p95"),
}
VERDICTS: Mapping[Verdict, str] = {
    "same": N_("no change beyond chance"),
    "few": N_("too few events to tell"),
    "new": N_("new"),
    "gone": N_("gone"),
}
SHARES = (Fraction(1, 2), Fraction(95, 100), Fraction(99, 100))
ARROW = "→"


def said(one: Difference) -> str:
    """What became of an operation, in a few words."""
    if one.findings:
        return listed(_(FOUND[finding.what, finding.way]) for finding in one.findings)
    return _(VERDICTS[one.verdict])


def both(before: str, after: str) -> str:
    """A number before and after."""
    return f"{before} {ARROW} {after}"


def failed(one: Seen) -> str:
    """The share of failures, a dash without events."""
    return "–" if one.failed_share is None else percent(one.failed_share)


def quantile(one: Seen, share: Fraction) -> str:
    """A quantile of the durations, a dash without any."""
    return latency(one.quantile_us(share))


def found(one: Difference, finding: Finding) -> str:
    """The numbers of a finding, before → after."""
    if finding.what == "failures":
        return both(failed(one.before), failed(one.after))
    share = SHARES[0] if finding.what == "usual" else SHARES[1]
    return both(quantile(one.before, share), quantile(one.after, share))


def comparison_table(differences: Sequence[Difference]) -> Table:
    """A row for each finding, or for each operation without one: its events."""
    rows = []
    for one in differences:
        name, events = one.operation or "–", both(number(one.before.events), number(one.after.events))
        if not one.findings:
            rows.append((name, _(VERDICTS[one.verdict]), events))
        for place, finding in enumerate(one.findings):
            words = _(FOUND[finding.what, finding.way])
            rows.append(
                ("" if place else name, f"{words} ({_(MEASURES[finding.what])})", found(one, finding))
            )
    return Table(
        headings(N_("operation"), N_("what changed"), N_("before → after")), tuple(rows), frozenset({2})
    )


def comparison_json(
    before: tuple[int, int], after: tuple[int, int], differences: Sequence[Difference]
) -> Json:
    """The whole comparison; shares are 0 to 1, durations milliseconds, periods half-open."""
    return {
        "before": {"from": iso_time(before[0] * 60), "to": iso_time(before[1] * 60)},
        "after": {"from": iso_time(after[0] * 60), "to": iso_time(after[1] * 60)},
        "operations": [
            {
                "source": one.source,
                "operation": one.operation,
                "verdict": one.verdict,
                "findings": [_finding_json(finding) for finding in one.findings],
                "before": _seen_json(one.before, before[1] - before[0]),
                "after": _seen_json(one.after, after[1] - after[0]),
            }
            for one in differences
        ],
    }


def _finding_json(one: Finding) -> Json:
    return {
        "what": one.what,
        "way": one.way,
        "chance": one.chance,
        "by": None if one.by is None else float(one.by),
    }


def _seen_json(one: Seen, minutes: int) -> Json:
    p50, p95, p99 = (one.quantile_us(share) for share in SHARES)
    return {
        "events": one.events,
        "events_per_minute": one.events / minutes,
        "failed": one.failed,
        "failed_share": None if one.failed_share is None else float(one.failed_share),
        "p50_ms": _milliseconds(p50),
        "p95_ms": _milliseconds(p95),
        "p99_ms": _milliseconds(p99),
    }


def _milliseconds(duration_us: int | None) -> float | None:
    return None if duration_us is None else duration_us / 1000
