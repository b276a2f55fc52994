"""Acts on key results, and what was measured → how each stands: from where it came, how far, and whether it holds.

A key result is bound to one objective and one of three measures, all of them shares, so that "from 97 % to 99 %" is
said of each alike. People say what they want and until when; how far it has come is measured, never typed in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal, get_args

from tabiji import windows
from tabiji.acts import Act
from tabiji.language import _, listed

KIND = "result"  # of the acts
Measure = Literal["sli", "days-kept", "budget-left"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
Missing = Literal["not-begun", "no-data", "not-kept", "gone"]
State = Literal["not-begun", "no-data", "on-track", "behind", "out-of-reach", "reached", "missed"]
STATES: tuple[State, ...] = get_args(State)
TITLE_LONGEST = 200  # characters
NAME_LONGEST = 60
TEXT_LONGEST = 4000
DAYS_MAX = 400
_FIRST, _LAST = date(1971, 1, 1), date(2286, 1, 1)
CHANGEABLE = ("title", "owner", "target")
_LOWEST = -100  # of what is left of a budget: overspent a hundredfold
_SHARE = re.compile(r"([-−]?[0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(%?)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to reach, from the first day to the last, both whole days of `zone`.

    `objective` is `journey/objective`. `start` is where it was when it was wanted, said or measured; `target` where
    it is to be at the end. Both are shares: of good events, of days on which the promise was kept, of the budget.
    """

    title: str
    owner: str
    team: str | None
    objective: str
    measure: Measure
    start: Fraction
    target: Fraction
    first: date
    last: date
    zone: str

    @property
    def journey(self) -> str:
        """The name of its journey."""
        return self.objective.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Measured:
    """What the data say, of the time up to a minute: a share, or why there is none.

    `part` of `whole`: good events of all; days kept of the whole days with data; neither for a budget. `days_left`
    are whole days of the period that are not over yet.
    """

    until_minute: int
    value: Fraction | None
    missing: Missing | None = None
    part: int = 0
    whole: int = 0
    days_left: int = 0


@dataclass(frozen=True, slots=True)
class Closing:
    """Somebody closed it: who, when and why, and what was measured then."""

    who: str
    at: int
    text: str
    measured: Measured
    state: State


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody wants something else by now: who, since when and why, and what was wanted before and after."""

    who: str
    at: int
    text: str
    before: Wanted
    after: Wanted


@dataclass(frozen=True, slots=True)
class Result:
    """A key result as it stands by its acts, the oldest first: `wanted` is what is wanted after all changes."""

    number: int
    wanted: Wanted
    acts: tuple[Act, ...]
    closing: Closing | None = None
    changes: tuple[Change, ...] = ()

    @property
    def opened(self) -> Act:
        """The act that began it."""
        return self.acts[0]

    @property
    def last(self) -> int:
        """The number of its newest act."""
        return self.acts[-1].number


def minutes(wanted: Wanted) -> tuple[int, int]:
    """The period: from the first minute of its first day to the end of its last."""
    return day_start(wanted.first, wanted.zone), day_start(wanted.last + timedelta(days=1), wanted.zone)


def day_start(day: date, zone: str) -> int:
    """The first minute of a day of a zone."""
    return -(-windows.parse_time(day.isoformat(), 0, zone) // 60)


def days(wanted: Wanted) -> list[int]:
    """The beginnings of all its days, and the end of the last."""
    length = (wanted.last - wanted.first).days + 1
    return [day_start(wanted.first + timedelta(days=n), wanted.zone) for n in range(length + 1)]


def progress(wanted: Wanted, value: Fraction | None) -> Fraction | None:
    """How much of the way was gone: 0 at the start, 1 at the target; below 0 and above 1 where it is so."""
    return None if value is None else (value - wanted.start) / (wanted.target - wanted.start)


def state(wanted: Wanted, found: Measured) -> State:
    """How it stands by what was measured. While the period goes on, "on-track" is at or above the target.

    Days that are kept stay kept: with them it can be reached, or out of reach, before the period is over.
    """
    if found.missing == "not-begun":
        return "not-begun"
    over = found.until_minute >= minutes(wanted)[1]
    if wanted.measure == "days-kept" and found.value is not None and found.days_left and not over:
        every = found.whole + found.days_left
        if Fraction(found.part, every) >= wanted.target:
            return "reached"
        if Fraction(found.part + found.days_left, every) < wanted.target:
            return "out-of-reach"
    if found.value is None:
        return "no-data"
    if over:
        return "reached" if found.value >= wanted.target else "missed"
    return "on-track" if found.value >= wanted.target else "behind"


# What people do: each gives the act, or raises ValueError where it makes no sense


def share(text: str) -> Fraction:
    """A share as people write it: `99.9%`, `0.999`, `-20%`; full-width digits too. Raises ValueError."""
    match = _SHARE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        raise ValueError(_not_a_share(text))
    found = Fraction(match[1].replace("−", "-"))
    if match[2]:
        return found / 100
    if abs(found) > 1:
        raise ValueError(_not_a_share(text))
    return found


def _not_a_share(text: str) -> str:
    return _("`{text}` is not a share; write for example `99.9%`", text=text[:NAME_LONGEST])


def faults(wanted: Wanted, teams: Collection[str], objectives: Collection[str]) -> list[tuple[str, str]]:
    """What is wrong with a key result that somebody wants to open: the field, and what would be right."""
    found = [
        (field, fault)
        for field, text, longest in (
            ("title", wanted.title, TITLE_LONGEST),
            ("owner", wanted.owner, NAME_LONGEST),
        )
        if (fault := _line_fault(text, longest))
    ]
    if wanted.team is not None and wanted.team not in teams:
        name, known = wanted.team[:NAME_LONGEST], listed(sorted(teams))
        found.append(
            (
                "team",
                _("`{name}` is not a team; there are {known}", name=name, known=known)
                if teams
                else _("`{name}` is not a team; there are none", name=name),
            )
        )
    if wanted.objective not in objectives:
        message = _("`{name}` is not an objective", name=wanted.objective[:TITLE_LONGEST])
        found.append(("objective", message))
    if wanted.measure not in MEASURES:
        message = _(
            "`{name}` is nothing that is measured; there are {known}",
            name=wanted.measure[:NAME_LONGEST],
            known=listed(MEASURES),
        )
        found.append(("measure", message))
    lowest = _LOWEST if wanted.measure == "budget-left" else 0
    for field, one in (("start", wanted.start), ("target", wanted.target)):
        if not lowest <= one <= 1:
            found.append((field, _("that can't be: it is more than all, or less than nothing")))
    if wanted.target <= wanted.start:
        found.append(("target", _("the target is not above the start: there is no way to go")))
    return found + [(field, fault) for field, fault in _period_faults(wanted.first, wanted.last)]


def _period_faults(first: date, last: date) -> list[tuple[str, str]]:
    if not (_FIRST <= first < _LAST and _FIRST <= last < _LAST):
        return [("from", _("the time is before 1970 or after 2286"))]
    if last < first:
        return [("to", _("the last day is before the first"))]
    if (last - first).days >= DAYS_MAX:
        return [("to", _("that is too long: {n} days are the most", n=DAYS_MAX))]
    return []


def opening(wanted: Wanted, who: str, at: int, *, start_measured: bool = False) -> Act:
    """The act that opens one; the store gives it its number. `start_measured`: nobody said where it starts."""
    body: dict[str, object] = {
        "title": wanted.title.strip(),
        "owner": wanted.owner.strip(),
        "team": wanted.team,
        "objective": wanted.objective,
        "measure": wanted.measure,
        "start": str(wanted.start),
        "start_measured": start_measured,
        "target": str(wanted.target),
        "from": wanted.first.isoformat(),
        "to": wanted.last.isoformat(),
        "zone": wanted.zone,
    }
    return Act(KIND, "", "opened", at, who, {key: one for key, one in body.items() if one is not None})


def changed(result: Result, wanted: Wanted, who: str, at: int, text: str) -> Act:
    """Somebody wants another title, owner or target from now on, and says why; what was said before stays."""
    _expect_open(result, text, _("why? Say it in a sentence; it is kept"))
    before, after = _changeable(result.wanted), _changeable(wanted)
    body = {key: one for key, one in after.items() if one != before[key]}
    if not body:
        raise ValueError(_("that is what is wanted already; change the title, the owner or the target"))
    return Act(KIND, str(result.number), "changed", at, who, {**body, "text": text.strip()})


def _changeable(wanted: Wanted) -> dict[str, object]:
    return {"title": wanted.title.strip(), "owner": wanted.owner.strip(), "target": str(wanted.target)}


def closed(result: Result, found: Measured, who: str, at: int, text: str) -> Act:
    """Somebody closes it, and says what was learnt; what is measured then is kept with it."""
    _expect_open(result, text, _("what was learnt? Say it in a sentence; it is kept"))
    body: dict[str, object] = {
        "text": text.strip(),
        "state": state(result.wanted, found),
        "until_minute": found.until_minute,
        "value": None if found.value is None else str(found.value),
        "missing": found.missing,
        "part": found.part,
        "whole": found.whole,
        "days_left": found.days_left,
    }
    return Act(KIND, str(result.number), "closed", at, who, body)


def _expect_open(result: Result, text: str, question: str) -> None:
    """Raises ValueError where it is closed already, or where the question is not answered in few words."""
    if result.closing is not None:
        raise ValueError(_("key result {number} is closed already", number=result.number))
    if not text.strip():
        raise ValueError(question)
    if len(text) > TEXT_LONGEST:
        raise ValueError(_("that is too long; {n} characters are the most", n=TEXT_LONGEST))


def _line_fault(text: str, longest: int) -> str | None:
    if not text.strip():
        return _("it is empty")
    if len(text) > longest:
        return _("that is too long; {n} characters are the most", n=longest)
    if not text.replace("\N{IDEOGRAPHIC SPACE}", "").isprintable():
        return _("it holds characters that can't be printed, such as a line break; leave them out")
    return None


# How they stand


def results(acts: Iterable[Act]) -> list[Result]:
    """All key results that these acts made, in the order in which they were opened."""
    found: dict[str, list[Act]] = {}
    for act in acts:
        if act.kind == KIND:
            found.setdefault(act.subject, []).append(act)
    return [result(some) for some in found.values()]


def result(acts: Sequence[Act]) -> Result:
    """The key result that these acts made, at least the one that opened it."""
    closing = next((_closing(act) for act in acts if act.what == "closed"), None)
    said, changes = dict(acts[0].body), []
    for act in acts:
        if act.what == "changed":
            before, said = said, {**said, **{key: one for key, one in act.body.items() if key in CHANGEABLE}}
            changes.append(Change(act.who, act.at, str(act.body["text"]), _wanted(before), _wanted(said)))
    return Result(int(acts[0].subject), _wanted(said), tuple(acts), closing, tuple(changes))


def _wanted(body: Mapping[str, object]) -> Wanted:
    said = {key: str(one) for key, one in body.items()}
    return Wanted(
        said["title"],
        said["owner"],
        said.get("team"),
        said["objective"],
        next(one for one in MEASURES if one == said["measure"]),
        Fraction(said["start"]),
        Fraction(said["target"]),
        date.fromisoformat(said["from"]),
        date.fromisoformat(said["to"]),
        said["zone"],
    )


def _closing(act: Act) -> Closing:
    body, value = act.body, act.body.get("value")
    counts = [int(str(body[key])) for key in ("until_minute", "part", "whole", "days_left")]
    until, part, whole, left = counts
    missing = next((one for one in get_args(Missing) if one == body.get("missing")), None)
    measured = Measured(until, None if value is None else Fraction(str(value)), missing, part, whole, left)
    how = next(one for one in STATES if one == body["state"])
    return Closing(act.who, act.at, str(body["text"]), measured, how)
