"""A moment → the definitions that it was judged by, what fired then, and the standings that go with it; the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tabiji import alerts, definitions
from tabiji.alerts import Standing
from tabiji.definitions import SITE, Site
from tabiji.errors import DefinitionError, UsageError
from tabiji.journeys import Journey, Objective, Tier
from tabiji.language import _
from tabiji.reports.ledger import Entry, Told, episodes
from tabiji.runs import correcting, judging, minutes
from tabiji.runs.judging import Judged
from tabiji.runs.recording import texts_of
from tabiji.runs.replaying import longest_minutes, replay
from tabiji.store import Definitions, Kept, Store
from tabiji.windows import Window

_VARIABLE = re.compile(r"\$\{([^}]*)\}")

Pair = tuple[Journey, Objective]


def site_at(site: Site, store: Store, minute: int, environment: Mapping[str, str]) -> Site:
    """The definitions that a moment was judged by; those of now for one that was not judged yet.

    Raises UsageError where they can't be read any more.
    """
    until = store.judging().until_minute
    if until is None or minute > until:
        return site
    then = store.definitions_at(minute)
    return site if then is None else _read(site, then, environment)


def _read(site: Site, then: Definitions, environment: Mapping[str, str]) -> Site:
    if then.hash == texts_of(site).hash:
        return site
    return replace(read(site.folder, then, environment), store=site.store)


def read(folder: Path, then: Definitions, environment: Mapping[str, str]) -> Site:
    """The definitions of then, but for what they say of the store. Raises UsageError where they can't be read."""
    # what a variable held then is nobody's business now, for the store is the one that is open
    unset = dict.fromkeys(_VARIABLE.findall(then.files.get(SITE, "")), "sqlite:///tabiji.db")
    try:
        return definitions.load(folder, unset | {**environment}, then.files)
    except DefinitionError as error:
        message = _("the definitions of then can't be read any more; look with `--definitions now`")
        raise UsageError(f"{message}\n{error}") from None


def ledger(site: Site, store: Store, environment: Mapping[str, str]) -> tuple[Told, ...]:
    """What policies did, by episode, each with the policy as it was agreed then.

    As it is agreed now, where nothing is known of then; without it, where that can't be read any more.
    """
    sites: dict[str, Site | None] = {}
    entries = []
    for recorded in store.policy_ledger():
        then, name = store.definitions_at(recorded.change.minute), recorded.change.episode.policy
        agreed: Site | None = None
        if then is not None:
            if then.hash not in sites:
                try:
                    sites[then.hash] = _read(site, then, environment)
                except UsageError:
                    sites[then.hash] = None
            agreed = sites[then.hash]
        found = next(
            (one for some in (agreed, site) if some for one in some.policies if one.name == name), None
        )
        entries.append(Entry(recorded.number, recorded.recorded_at, recorded.change, found))
    return episodes(entries)


def judge(
    site: Site, store: Store, at_minute: int, wanted: Sequence[Pair], viewed: Sequence[Window] = ()
) -> Judged:
    """`judging.judge`, with tiers that know whether they fired before: what was judged at that moment."""
    judged = judging.judge(site, store, at_minute, wanted, viewed)
    open_to_both = [
        pair
        for pair, standing in zip(wanted, judged.standings, strict=True)
        if any(tier.reason in ("few-events", "no-data") for tier in standing.tiers)
    ]
    if not open_to_both:
        return judged
    fired = fired_at(site, store, at_minute, open_to_both)
    standings = (alerts.held(one, fired.get(one.objective.id, frozenset())) for one in judged.standings)
    return replace(judged, standings=tuple(standings))


def counted(kept: Kept, first_minute: int | None, standing: Standing) -> tuple[int, int]:
    """The minutes that a standing is really of, where not all minutes of its window are kept.

    Of events, whole hours or days at its edges; of minutes, those that are there. Before `first_minute`, that of
    the first event of all, nothing is missing.
    """
    start, now = standing.start_minute, standing.now_minute
    if standing.objective.slices is None:
        return start if first_minute is None or start <= first_minute else kept.cut(start), kept.cut(now)
    if kept.minutes_from is None or first_minute is None or kept.minutes_from <= first_minute:
        return start, now
    return min(max(start, kept.minutes_from), now), now


def fired_at(site: Site, store: Store, minute: int, wanted: Sequence[Pair]) -> dict[str, frozenset[Tier]]:
    """The tiers that fire at a moment, by objective: as recorded, or as judging would go on from there.

    An objective that was never judged is taken to have had no alert when the longest of its windows began.
    """
    known = store.judging()
    recorded = store.alerts([objective.id for _, objective in wanted], minute, minute + 1)
    found: dict[str, frozenset[Tier]] = {}
    rest: dict[int, list[Pair]] = {}
    for journey, objective in wanted:
        progress = known.objectives.get(objective.id)
        if progress is not None and minute <= progress.until_minute:
            tiers = (one.tier for one in recorded if one.objective == objective.id and one.open_at(minute))
            found[objective.id] = frozenset(tiers)
        else:
            begin = minute - longest_minutes([objective]) if progress is None else progress.until_minute
            rest.setdefault(begin, []).append((journey, objective))
    lasts = [one.last_minute for one in known.sources.values() if one.last_minute is not None]
    for begin, pairs in rest.items():
        longest = longest_minutes(objective for _, objective in pairs)
        # once all windows are empty, silence changes nothing any more
        end = max(min(minute, max(lasts, default=begin) + 1 + longest), begin)
        corrected = correcting.corrected(site, store, pairs, begin - longest, end)
        dense = minutes.of(site, store, pairs, begin - longest, end, corrected)
        for _journey, objective in pairs:
            fired = [one for one in known.alerts if one.objective == objective.id]
            now = replay(objective, dense[objective.id], begin, end, fired)
            found[objective.id] = frozenset(one.tier for one in now if one.closed_minute is None)
    return found
