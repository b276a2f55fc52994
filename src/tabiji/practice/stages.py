"""What happened in the last 90 days → at which stage a team practises what, why, and what is missing for the next.

Stages, after the talk of Money Forward's product SREs: 0 not practised, 1 with SRE, 2 with SRE's support, 3 without
SRE. Nobody claims a stage. An *occasion* is a moment at which a practice was due, or a thing that it was due for: a
week for its review, an incident for its post-mortem. With n occasions, d of them taken, and of those s led by SRE,
h led by the team with SRE's help and t by the team alone:

- no stage where n = 0: nothing was due, so nothing can be said;
- 0 where d / n is below the practice's `due` share;
- 1 where (h + t) / d is below 3/4: SRE leads more than a quarter of it;
- 2 where t / d is below 3/4: SRE helps with more than a quarter of it;
- 3 otherwise.

All shares are exact; an edge belongs to the higher stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

Practice = Literal[
    "slo-kept",
    "alerts-answered",
    "reviews-held",
    "post-mortems",
    "policy-acted-on",
    "targets-reviewed",
    "coverage",
    "load-tests",
]
PRACTICES: tuple[Practice, ...] = get_args(Practice)
By = Literal["team", "supported", "sre"]
DAYS = 90  # of evidence
MOST = Fraction(3, 4)

DUE: Mapping[Practice, Fraction] = {
    "slo-kept": Fraction(1, 2),  # of the agreed objectives, the promise kept on most days
    "alerts-answered": Fraction(3, 4),  # of the incidents that paged, taken note of while they lasted
    "reviews-held": Fraction(3, 4),  # of the full weeks
    "post-mortems": Fraction(3, 4),  # of the incidents that cost a tenth of a budget or more, published
    "policy-acted-on": Fraction(3, 4),  # of the episodes with something due
    "targets-reviewed": Fraction(3, 4),  # of the agreed objectives, looked at and decided upon
    "coverage": Fraction(4, 5),  # of the operations' events, seen by at least one objective
    "load-tests": Fraction(1, 3),  # of the months, with a load test in them
}


# What was found of an occasion; the first of each practice is what was due
How = Literal[
    "kept",
    "not-kept",
    "answered",
    "not-answered",
    "held",
    "not-held",
    "published",
    "not-published",
    "acted",
    "deployed",
    "no-review",
    "no-action",
    "decided",
    "described",
    "changed",
    "signed",
    "called",
    "not-reviewed",
    "seen",
    "unseen",
    "tested",
    "not-tested",
]


@dataclass(frozen=True, slots=True)
class Occasion:
    """A practice was due: whether it was taken, by whom, and where that can be looked up.

    `at` is in seconds since the epoch; `weight` counts where an occasion stands for many things (events). `what` names
    the thing, `how` says what was found of it, `via` the thing that shows it where that is another, `who` the person.
    """

    at: int
    taken: bool
    by: By = "team"
    what: str = ""
    weight: int = 1
    how: How | None = None
    via: str = ""
    who: str = ""


Missing = Literal["occasions", "taken", "led-by-team", "without-sre"]


@dataclass(frozen=True, slots=True)
class Stage:
    """At which stage a team practises something; None: nothing was due.

    `taken` of `due` occasions by weight; of the taken ones `by_sre`, `supported` and `by_team`. `missing` says what
    the next stage needs, and `more` how much more of that weight, occasions being as they are; nothing at stage 3.
    """

    practice: Practice
    stage: int | None
    due: int
    taken: int
    by_sre: int
    supported: int
    by_team: int
    missing: Missing | None
    more: int
    occasions: tuple[Occasion, ...]


def stage(practice: Practice, occasions: Iterable[Occasion], now: int) -> Stage:
    """The stage of a practice by the occasions of the last 90 days; `now` is in seconds since the epoch."""
    some = tuple(
        sorted((one for one in occasions if now - DAYS * 86_400 <= one.at < now), key=lambda one: one.at)
    )
    due, taken = sum(one.weight for one in some), sum(one.weight for one in some if one.taken)
    led = {by: sum(one.weight for one in some if one.taken and one.by == by) for by in get_args(By)}
    reached, missing, more = _reached(due, taken, led, DUE[practice])
    return Stage(
        practice,
        reached,
        due,
        taken,
        led["sre"],
        led["supported"],
        led["team"],
        missing,
        more,
        some,
    )


def _reached(
    due: int, taken: int, led: Mapping[str, int], share: Fraction
) -> tuple[int | None, Missing | None, int]:
    if due == 0:
        return None, "occasions", 1
    if taken < share * due or taken == 0:
        return 0, "taken", max(_ceiling(share * due) - taken, 1)
    team_leads, alone = led["supported"] + led["team"], led["team"]
    if team_leads < MOST * taken:
        return 1, "led-by-team", _ceiling(MOST * taken) - team_leads
    if alone < MOST * taken:
        return 2, "without-sre", _ceiling(MOST * taken) - alone
    return 3, None, 0


def _ceiling(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
