"""A few moments → the alerts that they change: sums over the windows, moved on from one moment to the next.

Decides what `replaying` decides of a long stretch. The windows of the next moment are those before with one minute
more, and for each length without the one that has left: whoever goes on judging reads only these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tabiji import alerts, windows
from tabiji.alerts import Alert
from tabiji.budgets import Tally
from tabiji.counting import Integers
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective, Tier
from tabiji.runs import asking
from tabiji.runs.asking import Asked
from tabiji.runs.replaying import ENDINGS
from tabiji.runs.selecting import columns, selected, table
from tabiji.store import Store
from tabiji.windows import Window

Going = dict[int, Alert]  # those that fire, by the place of what is watched


@dataclass(frozen=True, slots=True)
class _Watched:
    """A tier of an objective, and where it looks: its questions, total and good, and its windows, by place.

    A window is reached where bad · `above` ≥ total · `below` · P.
    """

    objective: Objective
    tier: Tier
    total: int
    good: int
    long: int
    short: int
    above: int
    below: int


class Stepping:
    """Objectives about events, judged moment by moment. Remembers the windows of the last one."""

    def __init__(self, site: Site, pairs: Sequence[tuple[Journey, Objective]]) -> None:
        self._columns = columns(site)
        self._pairs = pairs
        tiers = [tier for _, objective in pairs for tier in objective.tiers]
        lengths = {tier.long_minutes for tier in tiers} | {alerts.short_minutes(tier) for tier in tiers}
        self._lengths = sorted(lengths, reverse=True)
        self._series: tuple[int, ...] | None = None
        self._asked: Asked | None = None
        self._watched: list[_Watched] = []
        self._places: dict[object, int] = {}  # of subjects of alerts
        self._moment = 0
        self._sums: Integers | None = None  # `[question, length]` before the moment

    def replay(
        self,
        store: Store,
        first: int,
        until: int,
        fired: Mapping[str, Sequence[Alert]],
        definitions: Mapping[str, str],
    ) -> dict[str, list[Alert]] | None:
        """As `replaying.replay`, for all objectives: the alerts of each, and the hash of each definition, by id.

        None where the windows are not kept minute by minute any more.
        """
        asked = self._prepared(store)
        found: dict[str, list[Alert]] = {objective.id: [] for _, objective in self._pairs}
        going: Going = {}
        for name in found:
            for alert in fired.get(name, ()):
                place = self._places.get(alert.subject)
                if place is None:
                    found[name].append(alert.closed(first + 1, "tier-gone"))
                else:
                    going[place] = alert
        for moment in range(first + 1, until + 1):
            sums = self._moved(store, asked, moment)
            if sums is None:
                return None
            for alert in self._decided(sums.tolist(), moment, going, definitions):
                found[alert.objective].append(alert)
        for alert in going.values():
            found[alert.objective].append(alert)
        return found

    def _prepared(self, store: Store) -> Asked:
        """What is asked, anew where there are other series."""
        stored = store.series()
        if self._asked is None or self._series != tuple(stored):
            self._series, self._sums = tuple(stored), None
            rows = table(stored.values())
            chosen = [selected(journey, objective, rows, self._columns) for journey, objective in self._pairs]
            objectives = [objective for _, objective in self._pairs]
            self._asked = asking.asked(objectives, chosen, self._series)
            self._watched = [
                self._watch(objective, tier, of)
                for objective, of in zip(objectives, self._asked.of, strict=True)
                for tier in dict.fromkeys(objective.tiers)
            ]
            self._places = {(one.objective.id, one.tier): place for place, one in enumerate(self._watched)}
        return self._asked

    def _watch(self, objective: Objective, tier: Tier, of: Sequence[int]) -> _Watched:
        total, good = of
        target, share = objective.target, tier.share
        return _Watched(
            objective,
            tier,
            total,
            good,
            self._lengths.index(tier.long_minutes),
            self._lengths.index(alerts.short_minutes(tier)),
            target.denominator * share.denominator * tier.long_minutes,
            share.numerator * (target.denominator - target.numerator),
        )

    def _moved(self, store: Store, asked: Asked, moment: int) -> Integers | None:
        """The windows before a moment; None where they are not kept any more."""
        kept = store.kept().minutes_from
        is_kept = kept is None or self._moment - max(self._lengths, default=0) >= kept
        if self._sums is not None and self._moment + 1 == moment and is_kept:
            left = [self._moment - length for length in self._lengths]
            single = [asking.sums(store, asked, minute, 1) for minute in (self._moment, *left)]
            answers = asked.answered(np.concatenate(single, axis=2))
            self._sums += answers[:, :1] - answers[:, 1:]
        else:
            read = asking.sums_until(store, asked, [moment - length for length in self._lengths], moment)
            self._sums = None if read is None else asked.answered(read)
        self._moment = moment
        return self._sums

    def _decided(
        self, sums: Sequence[Sequence[int]], moment: int, going: Going, definitions: Mapping[str, str]
    ) -> list[Alert]:
        """The alerts that close; those that fire are `going`."""
        closed = []
        whole: dict[Window, int] = {}
        for place, one in enumerate(self._watched):
            objective = one.objective
            length = whole.get(objective.window)
            if length is None:
                length = whole[objective.window] = windows.length_minutes(objective.window, moment)
            total, good = sums[one.total], sums[one.good]
            in_long, in_short = total[one.long], total[one.short]
            heard, enough = in_long and in_short, one.below * length
            reached = (
                heard
                and (in_short - good[one.short]) * one.above >= enough * in_short
                and (in_long - good[one.long]) * one.above >= enough * in_long
            )
            before = going.get(place)
            if not reached if before is None else reached or not heard:
                continue  # nothing changes, nearly always
            judged = alerts.judge(
                one.tier,
                objective.target,
                length,
                Tally(good[one.long], in_long),
                Tally(good[one.short], in_short),
                fired=before is not None,
            )
            if before is not None:
                closed.append(going.pop(place).closed(moment, ENDINGS[judged.reason]))
            elif judged.firing:
                provisional = objective.state == "provisional"
                definition = definitions[objective.id]
                going[place] = Alert(objective.id, one.tier, provisional, definition, moment, judged)
        return closed
