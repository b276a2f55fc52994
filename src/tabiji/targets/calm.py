"""Enquiries and cancellations by day, incidents, and what people say of days → which days were calm, and why not.

The rule, for one journey, by days of the site's time zone that are over:

1. Enquiries and cancellations that are about the journey, or of which nobody knows what they are about, are added up by
   day, each kind by itself. A kind is *known* from the day of its first signal on until its last one, and after that as
   long as there ever were days without one between two of them (at most 7 days).
2. What is usual on a day are the counts of the same weekday in the 8 weeks before; where fewer than 8 of these are
   known, the weeks after it fill up. With fewer than 4 nothing is usual.
3. A day is a **rise** where a kind has at least `Usual.rise` of it (`rises.usual` has the formula). It is **unknown**
   where a kind that is used is not known, has nothing that is usual, or has none at all though 7 or more are usual.
4. What somebody says of a day takes the place of what the counts say.
5. **Calm** are the days of a run of at least 7 days without a rise. A single unknown day does not end a run, two in a
   row do; it is not calm itself. A day that somebody called calm needs no run.

Without any enquiry and cancellation in all that time, calm are the days that no incident of the journey touches: a
weaker ground, for it says what was noticed, not what users minded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal, get_args

from tabiji.acts import Act
from tabiji.language import _, listed
from tabiji.targets.rises import Usual, quiet_unlikely, usual

Ground = Literal["signals", "incidents"]
Kind = Literal["enquiry", "churn"]
Reason = Literal["rise", "unknown", "short", "incident", "said"]  # why a day is not calm
Word = Literal["calm", "not-calm", "as-found"]  # the last one takes back what was said
KINDS: tuple[Kind, ...] = get_args(Kind)
WORDS: tuple[Word, ...] = get_args(Word)

RUN_DAYS = 7
WEEKS = 8
WEEKS_MIN = 4
REACH_DAYS = WEEKS * 7  # before the first day asked for, of which signals are of use
BRIDGED_DAYS = 1
OVERHANG_DAYS_MAX = 7
WHY_LONGEST = 500  # characters
SAID_DAYS_MAX = 400


@dataclass(frozen=True, slots=True)
class Hand:
    """What somebody said of a day."""

    word: Word
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Heard:
    """How many of a kind there were on a day; `usual` is None where too few days are known to tell."""

    count: int | None  # None: not known
    usual: Usual | None = None

    @property
    def is_rise(self) -> bool:
        return self.count is not None and self.usual is not None and self.count >= self.usual.rise

    @property
    def is_unknown(self) -> bool:
        if self.count is None or self.usual is None:
            return True
        return not self.count and quiet_unlikely(self.usual.median)


@dataclass(frozen=True, slots=True)
class Day:
    """A day: calm, or the reason why it is not. `heard` has each kind that is used, `hand` what somebody said."""

    day: date
    reason: Reason | None
    heard: Mapping[Kind, Heard] = field(default_factory=dict)
    hand: Hand | None = None
    incidents: tuple[int, ...] = ()

    @property
    def is_calm(self) -> bool:
        return self.reason is None


Counts = Mapping[date, int]  # of days that have any


def calm_days(
    first: date,
    end: date,
    counts: Mapping[Kind, Counts],
    touched: Mapping[date, Sequence[int]],
    said: Mapping[date, Hand],
) -> tuple[Ground, tuple[Day, ...]]:
    """The days of [first, end), each calm or not, and on what ground.

    `counts` may reach back and on as far as they like, `touched` has the numbers of the incidents of days.
    """
    days = [first + timedelta(days=number) for number in range((end - first).days)]
    used = {kind: some for kind, some in counts.items() if any(some.values())}
    base = [Day(day, None, {}, _standing(said.get(day)), tuple(touched.get(day, ()))) for day in days]
    if not used:
        found = [replace(one, reason="incident" if one.incidents else None) for one in base]
        return "incidents", tuple(_overruled(one) for one in found)
    heard = {kind: _heard(some, days, end) for kind, some in used.items()}
    judged = []
    for place, one in enumerate(base):
        of_day = {kind: some[place] for kind, some in heard.items()}
        judged.append(_overruled(replace(one, heard=of_day, reason=_reason(of_day.values()))))
    return "signals", tuple(_in_runs(judged))


def _standing(hand: Hand | None) -> Hand | None:
    return None if hand is None or hand.word == "as-found" else hand


def _overruled(day: Day) -> Day:
    if day.hand is None:
        return day
    return replace(day, reason=None if day.hand.word == "calm" else "said")


def _reason(heard: Iterable[Heard]) -> Reason | None:
    some = list(heard)
    if any(one.is_rise for one in some):
        return "rise"
    return "unknown" if any(one.is_unknown for one in some) else None


def _heard(counts: Counts, days: Sequence[date], end: date) -> list[Heard]:
    """A kind on each day, with what is usual then."""
    spoken = sorted(day for day, count in counts.items() if count)
    first, last = spoken[0], min(spoken[-1] + _overhang(spoken), end - timedelta(days=1))
    last = max(last, spoken[-1])

    def count(day: date) -> int | None:
        return counts.get(day, 0) if first <= day <= last else None

    return [Heard(count(day), _usual_on(day, count)) for day in days]


def _overhang(spoken: Sequence[date]) -> timedelta:
    """So long there was nothing between two days with signals, and so long there may be nothing at the end."""
    gaps = [(after - before).days - 1 for before, after in pairwise(spoken)]
    return timedelta(days=min(max(gaps, default=0), OVERHANG_DAYS_MAX))


def _usual_on(day: date, count: Callable[[date], int | None]) -> Usual | None:
    around = [*range(-1, -WEEKS - 1, -1), *range(1, WEEKS + 1)]
    known = [found for weeks in around if (found := count(day + timedelta(weeks=weeks))) is not None]
    return usual(known[:WEEKS]) if len(known) >= WEEKS_MIN else None


def _in_runs(days: Sequence[Day]) -> Iterator[Day]:
    """Days of runs that are too short are not calm."""
    long_enough: set[int] = set()
    for run in _runs(days):
        if run[-1] - run[0] + 1 >= RUN_DAYS:
            long_enough.update(run)
    for place, day in enumerate(days):
        by_hand = day.hand is not None
        yield day if by_hand or not day.is_calm or place in long_enough else replace(day, reason="short")


def _runs(days: Sequence[Day]) -> Iterator[list[int]]:
    """The places of days without a rise, as far as at most one unknown day parts them."""
    run: list[int] = []
    for place, day in enumerate(days):
        if day.reason in ("rise", "said"):
            if run:
                yield run
            run = []
        elif day.is_calm:
            if run and place - run[-1] - 1 > BRIDGED_DAYS:
                yield run
                run = []
            run.append(place)
    if run:
        yield run


# What people say


def hands(acts: Iterable[Act]) -> dict[date, Hand]:
    """What was said last of each day, by acts of the kind `calm` in their order."""
    found: dict[date, Hand] = {}
    for act in acts:
        word = next((one for one in WORDS if one == act.what), None)
        if word is None:
            continue
        hand = Hand(word, act.who, str(act.body.get("why", "")))
        first = date.fromisoformat(str(act.body["from"]))
        last = date.fromisoformat(str(act.body["to"]))
        for number in range((last - first).days + 1):
            found[first + timedelta(days=number)] = hand
    return found


def faults(
    first: date, last: date, word: str, why: str, known: tuple[date, date] | None
) -> list[tuple[str, str]]:
    """What is wrong with what somebody wants to say of the days from `first` to `last`: the field, and what to do.

    `known` are the first and the last day that can be said something of.
    """
    found = []
    if word not in WORDS:
        message = _("`{word}` can't be said of a day; say {known}", word=word, known=listed(WORDS))
        found.append(("word", message))
    if last < first:
        found.append(("to", _("the last day is before the first")))
    elif (last - first).days >= SAID_DAYS_MAX:
        found.append(("to", _("that are too many days; {n} are the most", n=SAID_DAYS_MAX)))
    elif known is not None and (first < known[0] or last > known[1]):
        message = _("only days from {first} to {last} can be judged", first=known[0], last=known[1])
        found.append(("from", message))
    if not why.strip():
        found.append(("why", _("say why; it is kept with the day")))
    elif not why.replace("\N{IDEOGRAPHIC SPACE}", "").isprintable():
        message = _(
            "the {field} holds characters that can't be printed, such as a line break; leave them out",
            field="why",
        )
        found.append(("why", message))
    elif len(why) > WHY_LONGEST:
        found.append(("why", _("that is too long; {n} characters are the most", n=WHY_LONGEST)))
    return found
