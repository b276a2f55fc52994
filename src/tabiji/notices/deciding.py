"""Matters, what each receiver knows of them, and the clock → what to tell whom, and what they know then.

One message tells of a matter; further ones only what has changed since. The rate is bounded:

- of one matter, a receiver is told that it is worse or better at most every 10 minutes; besides, once each that it
  opened, that somebody took note, and that it is over; and reminded of a page as often as was agreed;
- of at most 20 matters that open within 10 minutes a receiver is told one by one; beyond that, those that open in
  one look (a minute) are one message, which names them all, and goes on as one.

Deciding again, with what receivers know then, changes nothing. Nothing here reads a clock that jumps: what was told
ages by `Telling.elapsed`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from tabiji.alerts import LIVE_MINUTES
from tabiji.notices.facts import Stage, Urgency
from tabiji.notices.knowing import Knows
from tabiji.notices.matters import Ending, Matter
from tabiji.notices.quiet import is_quiet

APART_SECONDS = 600  # between messages that a matter is worse, or better
SINGLY_MAX = 20  # matters that open in so long, and are told one by one

Reason = Literal[
    # told
    "opens",
    "missed",  # it was over before anybody looked
    "late",  # only late events showed it, and it was over
    "drop",  # no alert told of it
    "more-objectives",
    "budget-spent",
    "fires-again",
    "calmer",
    "acknowledged",
    "unacknowledged",
    "over",
    "closed-by-hand",
    "merged",
    "split",
    "withdrawn",
    "over-in-quiet-hours",
    # not told
    "unchanged",
    "too-soon",
    "quiet-hours",
    "summed-up",  # with others
    "known",  # it was over when it was last looked at
    "past",  # of logs of the past
    "untold",  # nothing has come of it yet
    "nobody",  # no receiver for what is as urgent
]
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True, slots=True)
class Decision:
    """What one receiver is told of a matter, or of several in one message; or that it is told nothing, and why.

    `stage` None: nothing. `knows` is what the receiver knows of the topic then, None: what it knew before. `over`:
    nothing follows. `news` are the objectives that it did not know of. `receiver` is empty where nobody is there to
    be told.
    """

    receiver: str
    topic: str
    stage: Stage | None
    reason: Reason
    urgency: Urgency
    matters: tuple[Matter, ...]
    knows: Knows | None = None
    over: bool = False
    news: tuple[str, ...] = ()

    @property
    def acknowledged(self) -> bool:
        """Whether somebody took note of all of it."""
        return all(one.acknowledged for one in self.matters)


@dataclass(frozen=True, slots=True)
class Clock:
    """When it is: `now` in seconds, for quiet hours only; `elapsed` of the clock that does not jump; the round.

    `until_minute` is the last moment that was judged; `live`: that is not long ago.
    """

    now: int
    elapsed: int
    round: int
    until_minute: int
    live: bool = True


def decide(
    matters: Sequence[Matter],
    known: Mapping[tuple[str, str], Knows],
    receivers: Collection[str],
    clock: Clock,
) -> list[Decision]:
    """What to tell whom of all matters, in the order in which each receiver is to be told.

    `known` has, by (receiver, topic), what more may follow of; `receivers` are all that there are.
    """
    decisions: list[Decision] = []
    for matter in matters:
        audience = _audience(matter, known, receivers)
        for receiver, urgency in audience.items():
            knows = known.get((receiver, matter.topic))
            decisions.append(_decided(matter, receiver, urgency, knows, clock))
        if not audience:
            decisions.append(Decision("", matter.topic, None, "nobody", matter.urgency, (matter,)))
    decisions = _in_one(decisions, known, clock)
    return _summed_up(decisions, known, clock)


def _audience(
    matter: Matter, known: Mapping[tuple[str, str], Knows], receivers: Collection[str]
) -> dict[str, Urgency]:
    """Those who know of it, as they do; and those who are to be told of what is as urgent."""
    missed = matter.urgency == "page" and matter.ended_minute is not None
    found: dict[str, Urgency] = {}
    for name in matter.receivers(matter.urgency):
        found[name] = "information" if missed else matter.urgency
    if matter.kind == "policy" and matter.urgency == "ticket":
        for name in matter.receivers("information"):
            found.setdefault(name, "information")
    for name in sorted(receivers):
        knows = known.get((name, matter.topic))
        if knows is not None:
            paged = "page" in (knows.urgency, found.get(name, knows.urgency))
            found[name] = "page" if paged else knows.urgency
    return {name: urgency for name, urgency in found.items() if name in receivers}


def _decided(matter: Matter, receiver: str, urgency: Urgency, knows: Knows | None, clock: Clock) -> Decision:
    def nothing(reason: Reason, then: Knows | None = None, *, over: bool = False) -> Decision:
        return Decision(receiver, matter.topic, None, reason, urgency, (matter,), then, over)

    def told(stage: Stage, reason: Reason, then: Knows) -> Decision:
        over = matter.ended_minute is not None
        return Decision(receiver, matter.topic, stage, reason, urgency, (matter,), then, over)

    if knows is None or knows.held:
        fresh = Knows(
            urgency,
            matter.began_minute,
            clock.elapsed,
            clock.elapsed,
            matter.numbers,
            matter.objectives,
            matter.mark,
            matter.calm,
            matter.acknowledged,
        )
        reason = _silent(matter, knows, clock)
        if reason is not None:
            return nothing(reason)
        if urgency != "page" and is_quiet(matter.duty.quiet, clock.now):
            held = replace(fresh, held=True)
            if knows is not None:
                held = replace(knows, numbers=tuple(sorted({*knows.numbers, *matter.numbers})))
            return nothing("quiet-hours", None if held == knows else held)
        if matter.ended_minute is None:
            return told("opened", "opens", fresh)
        return told("over", _found(matter, knows), fresh)
    if urgency != "page" and is_quiet(matter.duty.quiet, clock.now):
        return nothing("quiet-hours")
    return _further(matter, receiver, urgency, knows, clock)


def _silent(matter: Matter, knows: Knows | None, clock: Clock) -> Reason | None:
    """Why a receiver that knows nothing of a matter is told nothing of it."""
    if matter.untold:
        return "untold"
    if knows is not None:
        return None
    ended = matter.ended_minute
    if ended is not None and not matter.found:
        return "known"
    long_over = ended is not None and clock.until_minute - ended > LIVE_MINUTES
    return "past" if long_over or not clock.live else None


def _found(matter: Matter, knows: Knows | None) -> Reason:
    """Why something is told that is over already."""
    if matter.drop:
        return "drop"
    if matter.late:
        return "late"
    return "missed" if knows is None else "over-in-quiet-hours"


def _further(matter: Matter, receiver: str, urgency: Urgency, knows: Knows, clock: Clock) -> Decision:
    """What a receiver is told of a matter that it knows to be open."""
    then, over = _then(matter, urgency, knows, clock), matter.ended_minute is not None
    stage, reason = _change(matter, urgency, knows, clock)
    after: Knows | None = then
    if knows.within is not None and stage is not None:
        # the message that summed it up goes on in its stead
        stage, reason, after = None, "summed-up", then if over else None
    elif stage is None:
        after = replace(knows, numbers=then.numbers)
    after = None if after == knows and not over else after
    news = tuple(sorted({*matter.objectives} - {*knows.parts}))
    return Decision(receiver, matter.topic, stage, reason, urgency, (matter,), after, over, news)


def _then(matter: Matter, urgency: Urgency, knows: Knows, clock: Clock) -> Knows:
    """What a receiver knows once it was told how the matter stands."""
    return replace(
        knows,
        urgency=urgency,
        numbers=tuple(sorted({*knows.numbers, *matter.numbers})),
        parts=tuple(sorted({*knows.parts, *matter.objectives})),
        mark=max(knows.mark, matter.mark),
        calm=matter.calm,
        acknowledged=knows.acknowledged or matter.acknowledged,
        said_at=clock.elapsed,
    )


def _change(matter: Matter, urgency: Urgency, knows: Knows, clock: Clock) -> tuple[Stage | None, Reason]:
    ending: Ending = matter.ending
    if matter.ended_minute is not None:
        return "over", ending
    if matter.acknowledged and not knows.acknowledged:
        return "acknowledged", "acknowledged"
    waited = clock.elapsed - knows.said_at
    change = _worse_or_better(matter, knows)
    if change is not None and waited >= APART_SECONDS:
        return change
    remind = matter.duty.remind_minutes
    reminds = urgency == "page" and remind is not None and not (matter.calm or matter.acknowledged)
    if reminds and remind is not None and waited >= remind * 60:
        return "reminder", "unacknowledged"
    return None, "too-soon" if change is not None else "unchanged"


def _worse_or_better(matter: Matter, knows: Knows) -> tuple[Stage, Reason] | None:
    if {*matter.objectives} - {*knows.parts}:
        return "worse", "more-objectives"
    if matter.mark > knows.mark:
        return "worse", "budget-spent"
    if knows.calm and not matter.calm:
        return "worse", "fires-again"
    if matter.calm and matter.lasts and not knows.calm:
        return "better", "calmer"
    return None


# Several in one message


def _in_one(
    decisions: Sequence[Decision], known: Mapping[tuple[str, str], Knows], clock: Clock
) -> list[Decision]:
    """Of what opens, more than is told one by one becomes one message; and so does what ended in quiet hours."""
    opening: dict[tuple[str, Urgency], list[Decision]] = {}
    ended: dict[tuple[str, Urgency], list[Decision]] = {}
    for one in decisions:
        if one.stage == "opened":
            opening.setdefault((one.receiver, one.urgency), []).append(one)
        elif one.stage == "over" and ((was := known.get((one.receiver, one.topic))) is None or was.held):
            ended.setdefault((one.receiver, one.urgency), []).append(one)
    summed: dict[tuple[str, str], str] = {}
    added: list[Decision] = []
    for (receiver, urgency), some in opening.items():
        recent = sum(
            name == receiver
            and one.urgency == urgency
            and not (one.held or one.within or one.members)
            and clock.elapsed - one.opened_at < APART_SECONDS
            for (name, _), one in known.items()
        )
        if len(some) > 1 and recent + len(some) > SINGLY_MAX:
            topic = f"summary:{clock.round}:{urgency}"
            summed |= {(receiver, one.topic): topic for one in some}
            added.append(_summary(receiver, topic, "opened", "opens", urgency, some, clock))
    for (receiver, urgency), some in ended.items():
        was_held = any((receiver, one.topic) in known for one in some)
        if len(some) > (1 if was_held else SINGLY_MAX):
            topic = f"ended:{clock.round}:{urgency}"
            summed |= {(receiver, one.topic): topic for one in some}
            reason: Reason = "over-in-quiet-hours" if was_held else "missed"
            added.append(_summary(receiver, topic, "over", reason, urgency, some, clock))
    kept = []
    for one in decisions:
        within = summed.get((one.receiver, one.topic))
        if within is not None and one.knows is not None and one.stage in ("opened", "over"):
            one = replace(one, stage=None, reason="summed-up", knows=replace(one.knows, within=within))
        kept.append(one)
    return kept + added


def _summary(
    receiver: str,
    topic: str,
    stage: Stage,
    reason: Reason,
    urgency: Urgency,
    some: Sequence[Decision],
    clock: Clock,
) -> Decision:
    matters = tuple(matter for one in some for matter in one.matters)
    knows = Knows(
        urgency,
        min(one.began_minute for one in matters),
        clock.elapsed,
        clock.elapsed,
        members=tuple(one.topic for one in matters),
        acknowledged=all(one.acknowledged for one in matters),
    )
    return Decision(receiver, topic, stage, reason, urgency, matters, knows, stage == "over")


def _summed_up(
    decisions: Sequence[Decision], known: Mapping[tuple[str, str], Knows], clock: Clock
) -> list[Decision]:
    """What is told of those that were summed up in one message before: that goes on as one."""
    own = {(one.receiver, one.topic): one for one in decisions}
    added: list[Decision] = []
    for (receiver, topic), knows in known.items():
        if not knows.members:
            continue
        some = [own[receiver, member] for member in knows.members if (receiver, member) in own]
        some = [one for one in some if (receiver, one.topic) in known]
        going = [one for one in some if one.matters[0].ended_minute is None]
        if not some and any((receiver, member) in known for member in knows.members):
            continue  # they were not looked at
        stage, reason, about = _of_several(going, some, known, knows, clock)
        if stage is None:
            continue
        if stage == "worse":  # now that it is told, it is known
            for one in about:
                then = _then(one.matters[0], one.urgency, known[receiver, one.topic], clock)
                own[receiver, one.topic] = replace(one, knows=then)
        then = replace(
            knows, said_at=clock.elapsed, acknowledged=knows.acknowledged or stage == "acknowledged"
        )
        matters = tuple(matter for one in about for matter in one.matters)
        over = stage == "over"
        added.append(Decision(receiver, topic, stage, reason, knows.urgency, matters, then, over))
    return [*own.values(), *added]


def _of_several(
    going: Sequence[Decision],
    some: Sequence[Decision],
    known: Mapping[tuple[str, str], Knows],
    knows: Knows,
    clock: Clock,
) -> tuple[Stage | None, Reason, Sequence[Decision]]:
    duty = some[0].matters[0].duty if some else None
    if knows.urgency != "page" and duty is not None and is_quiet(duty.quiet, clock.now):
        return None, "quiet-hours", ()
    if not going:
        return "over", "over", some
    if not knows.acknowledged and all(one.matters[0].acknowledged for one in going):
        return "acknowledged", "acknowledged", going
    waited = clock.elapsed - knows.said_at
    worse = [
        one
        for one in going
        if (change := _worse_or_better(one.matters[0], known[one.receiver, one.topic]))
        and change[0] == "worse"
    ]
    if worse and waited >= APART_SECONDS:
        return "worse", "budget-spent", worse
    remind = None if duty is None else duty.remind_minutes
    open_ = [one for one in going if not (one.matters[0].acknowledged or one.matters[0].calm)]
    if knows.urgency == "page" and open_ and remind is not None and waited >= remind * 60:
        return "reminder", "unacknowledged", open_
    return None, "unchanged", ()
