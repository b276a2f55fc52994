"""What was counted since judging → alerts and silences, decided minute by minute and recorded in one transaction.

A moment is judged once, up to the last minute that is complete: the one of the newest event may still fill, until
the clock has left it. Events of the future wait for their time. What comes later for a moment that was judged lets it
be judged again, from the earliest late minute on, but only as far back as its objective has the definition that it has
now; `alerts.merged` says what becomes of what was told. When a definition changes, the moments after the last judged
one are judged by the new one, those before are not.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tabiji import alerts, corrections
from tabiji.alerts import LIVE_MINUTES, Alert, Silence
from tabiji.definitions import SITE, Site
from tabiji.journeys import Journey, Objective, Text
from tabiji.language import _
from tabiji.runs import correcting, minutes, silences
from tabiji.runs.judging import uncollected
from tabiji.runs.replaying import longest_minutes, replay
from tabiji.runs.selecting import columns, selected, table
from tabiji.runs.stepping import Stepping
from tabiji.store import Definitions, Judging, Progress, StaleRound, Store, Verdict
from tabiji.windows import DAY

CELLS = 1 << 22  # numbers of objectives' minutes that are held at once: some 100 MB
TOGETHER = 512  # objectives whose minutes are held at once
SETTLE_SECONDS = 5  # that the last lines of a minute are given to arrive
AHEAD_MINUTES = 2  # that the clock of whoever judged before may have been ahead of ours
STEPS_MAX = 30  # moments that are judged one by one; more of them cost less together
TRIES = 5  # rounds that somebody else may record in between

_PASSWORD = re.compile(r"(://[^:/@\s'\"]*):[^@\s'\"]*@")

Pair = tuple[Journey, Objective]


@dataclass(frozen=True, slots=True)
class Round:
    """What a round of judging recorded: moments up to `until_minute`, alerts that are new or closed by it.

    `late_minute` is the earliest minute, before the moments judged already, in which events have come since.
    """

    until_minute: int
    late_minute: int | None = None
    alerts: tuple[Alert, ...] = ()
    silences: tuple[Silence, ...] = ()


def judge_until(site: Site, store: Store, now: int) -> Round | None:
    """Judges all that was counted since, once; see `Judge.until`."""
    return Judge(site, store).until(now)


@dataclass(frozen=True, slots=True)
class _Plan:
    """An objective to be judged at the moments after `first`; those up to `progress.until_minute` again."""

    pair: Pair
    progress: Progress
    first: int

    @property
    def id(self) -> str:
        return self.pair[1].id


class Judge:
    """Judges a site again and again. What a process has read for one moment it need not read for the next."""

    def __init__(self, site: Site, store: Store) -> None:
        self._site = site
        self._store = store
        self._wanted = [(journey, objective) for journey in site.journeys for objective in journey.objectives]
        self._texts = texts_of(site)
        self._definitions = {
            objective.id: definition_of(journey, objective) for journey, objective in self._wanted
        }
        self._round: int | None = None  # that this process recorded
        self._steps: dict[tuple[str, ...], Stepping] = {}  # by the objectives that go together

    @uncollected()
    def until(self, now: int) -> Round | None:
        """Judges all that was counted since, and records it; None where there is nothing new.

        `now` is in seconds. Judging again changes nothing. Raises StaleRound where others keep judging meanwhile.
        """
        for _try in range(TRIES):
            stored = self._store.judging()
            judging = _set_back(stored, now)
            if judging is not stored:
                self._steps.clear()
            found = self._judged(judging, now)
            if found is None:
                return None
            verdict, late = found
            try:
                self._store.record(verdict)
            except StaleRound:
                continue
            self._round = judging.round + 1
            return Round(verdict.until_minute, late, verdict.alerts, verdict.silences)
        raise StaleRound(_("others are judging at the same time; run this again"))

    def _judged(self, judging: Judging, now: int) -> tuple[Verdict, int | None] | None:
        lasts = [one.last_minute for one in judging.sources.values() if one.last_minute is not None]
        firsts = [one.first_minute for one in judging.sources.values() if one.first_minute is not None]
        if not lasts:
            return None
        until = max(_complete(max(lasts), now), judging.until_minute or 0)
        begin = min(*firsts, until) if judging.until_minute is None else judging.until_minute
        news = {
            name: one.unjudged_minute
            for name, one in judging.sources.items()
            if one.unjudged_minute is not None
        }
        if judging.round != self._round or any(minute < begin for minute in news.values()):
            self._steps.clear()  # the past is not what it was
        plans, late = self._plans(judging, news, begin)
        gone = [one for one in judging.alerts if one.objective not in self._definitions]
        quiet = silences.judge(self._site, self._store, judging, until, now)
        moved = [
            plan for plan in plans if plan.first < until or plan.progress != judging.objectives.get(plan.id)
        ]
        if not (moved or gone or news or quiet.moved or self._texts.hash != judging.definition):
            return None
        found = [one.closed(max(until, one.opened_minute), "objective-gone") for one in gone]
        by_first: dict[int, list[_Plan]] = {}
        for plan in plans:
            if plan.first < until:
                by_first.setdefault(plan.first, []).append(plan)
        for first, some in by_first.items():
            found += self._changes(judging, some, first, until)
        verdict = Verdict(
            round=judging.round,
            until_minute=until,
            now=now,
            definitions=self._texts,
            from_minute=begin,
            objectives={plan.id: replace(plan.progress, until_minute=until) for plan in moved},
            sources={name: judging.sources[name].commits for name in news},
            alerts=tuple(found),
            silences=tuple(quiet.silences),
            quiet_until=quiet.until,
            quiet_hours=quiet.hours,
        )
        return verdict, late

    def _plans(self, judging: Judging, news: Mapping[str, int], begin: int) -> tuple[list[_Plan], int | None]:
        """From where on each objective is to be judged, and the earliest late minute of all."""
        plans = []
        kept = self._store.kept().minutes_from
        complete = 0 if kept is None else kept + longest_minutes(objective for _, objective in self._wanted)
        sources = _sources(self._site, self._store, self._wanted) if _any_late(judging, news) else {}
        lates = []
        for journey, objective in self._wanted:
            definition = self._definitions[objective.id]
            before = judging.objectives.get(objective.id)
            if before is None:
                plans.append(_Plan((journey, objective), Progress(definition, begin, begin), begin))
                continue
            if before.definition != definition:
                before = Progress(definition, before.until_minute, before.until_minute)
            came = [news[source] for source in sources.get(objective.id, ()) if source in news]
            late = min(came, default=before.until_minute)
            if late < before.until_minute:
                lates.append(late)
            # before `complete` some minutes of the windows are not kept any more
            first = max(min(late, before.until_minute), before.from_minute, complete)
            first = min(first, before.until_minute)
            plans.append(_Plan((journey, objective), before, first))
        return plans, min(lates, default=None)

    def _changes(self, judging: Judging, plans: Sequence[_Plan], first: int, until: int) -> list[Alert]:
        """The alerts that are new or closed once these objectives are judged at the moments of `(first, until]`."""
        recorded: dict[str, list[Alert]] = {plan.id: [] for plan in plans}
        known: Iterable[Alert] = judging.alerts
        if first < (judging.until_minute or 0):  # judged again: those that have closed since matter as well
            known = self._store.alerts(list(recorded) if len(recorded) <= TOGETHER else None, first)
        for alert in known:
            if alert.objective in recorded:
                recorded[alert.objective].append(alert)
        fired = {
            name: [
                one if one.closed_minute is None else replace(one, closed_minute=None, ending=None)
                for one in some
                if one.open_at(first)
            ]
            for name, some in recorded.items()
        }
        found = self._stepped(plans, first, until, fired) if until - first <= STEPS_MAX else {}
        rest = [plan for plan in plans if plan.id not in found]
        for start in range(0, len(rest), TOGETHER):
            found |= _replayed(self._site, self._store, rest[start : start + TOGETHER], first, until, fired)
        changed: list[Alert] = []
        for plan in plans:
            if found[plan.id] == recorded[plan.id]:
                continue
            before = plan.progress.until_minute
            marked = [_marked(one, before) for one in sorted(found[plan.id], key=_opened)]
            changed += alerts.merged(recorded[plan.id], marked, before, until)
        return changed

    def _stepped(
        self, plans: Sequence[_Plan], first: int, until: int, fired: Mapping[str, Sequence[Alert]]
    ) -> dict[str, list[Alert]]:
        """A few moments: those objectives about events that no correction touches, where all is still kept."""
        pairs = [plan.pair for plan in plans if plan.pair[1].slices is None]
        back = longest_minutes(objective for _, objective in pairs)
        corrected = correcting.corrected(self._site, self._store, pairs, first - back, until)
        pairs = [pair for pair in pairs if not corrected.get(pair[1].id)]
        ids = tuple(objective.id for _, objective in pairs)
        stepping = self._steps.pop(ids, None) or Stepping(self._site, pairs)
        self._steps = {ids: stepping}
        definitions = {plan.id: plan.progress.definition for plan in plans}
        return stepping.replay(self._store, first, until, fired, definitions) or {}


def _set_back(judging: Judging, now: int) -> Judging:
    """Where judging stands, no later than now: what a clock that was ahead has judged is judged when its time comes."""
    live = now // 60
    reached = [one.until_minute for one in judging.objectives.values()]
    if max([judging.until_minute or 0, *reached]) <= live + AHEAD_MINUTES:
        return judging
    until = min(judging.until_minute or live, live)
    objectives = {
        name: replace(one, until_minute=min(one.until_minute, until), from_minute=min(one.from_minute, until))
        for name, one in judging.objectives.items()
    }
    return replace(judging, until_minute=until, objectives=objectives)


def _complete(newest: int, now: int) -> int:
    """The last moment to be judged, when the newest event is of the minute `newest`; `now` is in seconds.

    With logs of long ago nobody waits for their last minute.
    """
    live = (now - SETTLE_SECONDS) // 60
    return newest + 1 if newest < live <= newest + LIVE_MINUTES else min(newest, live)


def _any_late(judging: Judging, news: Mapping[str, int]) -> bool:
    until = max((one.until_minute for one in judging.objectives.values()), default=0)
    return any(minute < until for minute in news.values())


def _sources(site: Site, store: Store, wanted: Sequence[Pair]) -> dict[str, set[str]]:
    """The sources whose events each objective counts."""
    stored = list(store.series().values())
    rows, known = table(stored), columns(site)
    found = {}
    for journey, objective in wanted:
        counts = selected(journey, objective, rows, known).counts
        found[objective.id] = {one.source for place, one in enumerate(stored) if counts >> place & 1}
    return found


def _replayed(
    site: Site,
    store: Store,
    plans: Sequence[_Plan],
    first: int,
    until: int,
    fired: Mapping[str, Sequence[Alert]],
) -> dict[str, list[Alert]]:
    """The alerts of many moments: each objective minute by minute."""
    found: dict[str, list[Alert]] = {plan.id: [] for plan in plans}
    going = {plan.id: list(fired[plan.id]) for plan in plans}
    pairs = [plan.pair for plan in plans]
    longest = longest_minutes(objective for _, objective in pairs)
    step = max(CELLS // len(plans) - longest, DAY)
    for start, end in _stretches(store, first, until, longest, step):
        corrected = correcting.corrected(site, store, pairs, start - longest, end)
        dense = minutes.of(site, store, pairs, start - longest, end, corrected)
        for plan in plans:
            judged = replay(
                plan.pair[1], dense[plan.id], start, end, going[plan.id], definition=plan.progress.definition
            )
            found[plan.id] += [one for one in judged if one.closed_minute is not None]
            going[plan.id] = [one for one in judged if one.closed_minute is None]
    return {name: [*some, *going[name]] for name, some in found.items()}


def _stretches(store: Store, first: int, until: int, longest: int, step: int) -> Iterator[tuple[int, int]]:
    """The parts of `(first, until]` to be judged, each of at most `step` moments.

    Where there was no event for longer than all windows, nothing changes: a stray event of long ago costs little.
    """
    spans = [(first, until)]
    if until - first > step:
        busy = {
            int(day)
            for rows in store.rows("day", first - longest - DAY, until, latencies=False)
            for day in set(rows.minute.tolist())
        }
        near = ((day, day + DAY + longest + 1) for day in busy)
        spans = corrections.merged(near, first, until)
    for begin, end in spans:
        for start in range(begin, end, step):
            yield start, min(start + step, end)


def _marked(alert: Alert, judged_until: int) -> Alert:
    """A new alert of moments that were judged before, when it was none, is late if it is over by now."""
    late = alert.number is None and alert.opened_minute <= judged_until and alert.closed_minute is not None
    return replace(alert, late=True) if late else alert


def _opened(alert: Alert) -> int:
    return alert.opened_minute


# What is judged by


def definition_of(journey: Journey, objective: Objective) -> str:
    """A hash of all that decides about an objective; titles do not."""
    steps = [(step.name, step.events) for step in journey.steps if step.name in objective.steps]
    meant = repr((replace(objective, title=Text(), target_text=""), steps))
    return hashlib.blake2b(meant.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def texts_of(site: Site) -> Definitions:
    """The texts of a site's definitions under the hash of their content; a password of the store is left out."""
    files = {path: _PASSWORD.sub(r"\1:***@", text) if path == SITE else text for path, text in site.files}
    content = json.dumps(sorted(files.items()))
    return Definitions(hashlib.blake2b(content.encode(), digest_size=16).hexdigest(), files)
