"""Acts, incidents, policies, definitions, marks and corrections → one timeline, the newest first, page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from tabiji import definitions
from tabiji.acts import Act
from tabiji.corrections import Scope
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.incidents import Incident
from tabiji.language import _, listed
from tabiji.reports.history import KINDS, POLICY, Entry, is_told, path_of
from tabiji.runs.viewing.happened import compared
from tabiji.store import Store

MINUTE = 60  # seconds
ENTRIES = 50  # a page
TEXTS = ("text", "why", "reason", "objective", "choice", "part", "from", "to")  # of an act, that may be told
TEXT_LONGEST = 300  # characters of one
_CURSOR = re.compile(r"([0-9]{1,11})-([0-9]{1,9})")
TITLE_KEYS = ("title", "name")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: the seconds `[first, end)`; of a team, of a journey, of one kind; before some entry."""

    first: int
    end: int
    team: str | None = None
    journey: str | None = None
    kind: str | None = None
    before: tuple[int, int] | None = None  # the second and the place of the last entry that was seen


@dataclass(frozen=True, slots=True)
class Timeline:
    """The newest entries that are asked for, how many there are in all, and where the next page begins."""

    entries: tuple[Entry, ...]
    total: int
    next_before: tuple[int, int] | None


def timeline(site: Site, store: Store, asked: Asked, most: int = ENTRIES) -> Timeline:
    """What happened and what was decided in a time."""
    of_team = {one.name for one in site.journeys if one.team == asked.team}
    found = [
        one
        for one in _every(site, store, asked)
        if asked.first <= one.second < asked.end
        and asked.kind in (None, one.kind)
        and (asked.journey is None or _concerns_journey(one, asked.journey, site))
        and (asked.team is None or _concerns_team(one, asked.team, of_team))
    ]
    # what is of one second stays in the order in which it was found, the later ones first
    numbered = [replace(one, number=place) for place, one in enumerate(found)]
    numbered.sort(key=lambda one: (one.second, one.number), reverse=True)
    shown = [one for one in numbered if asked.before is None or (one.second, one.number) < asked.before]
    page = tuple(shown[:most])
    more = (page[-1].second, page[-1].number) if len(shown) > most else None
    return Timeline(page, len(numbered), more)


def _concerns_team(one: Entry, team: str, journeys: set[str]) -> bool:
    if one.team is not None:
        return one.team == team
    return not one.journeys or bool(journeys & set(one.journeys))


def _concerns_journey(one: Entry, journey: str, site: Site) -> bool:
    if one.journeys:
        return journey in one.journeys
    team = next((each.team for each in site.journeys if each.name == journey), None)
    return one.team is None or one.team == team


def _every(site: Site, store: Store, asked: Asked) -> Iterator[Entry]:
    yield from _definitions(store, asked)
    yield from _corrections(site, asked)
    yield from _marks(store, asked)
    yield from _policies(site, store, asked)
    yield from _incidents(store)
    yield from _acts(site, store, asked)


def _acts(site: Site, store: Store, asked: Asked) -> Iterator[Entry]:
    """What people decided or did. What a thing is called, and whose it is, the act says that began it."""
    policies = {one.name: one for one in site.policies}
    begun: dict[tuple[str, str], Act] = {}
    for act in store.acts.of(until_second=asked.end):
        first = begun.setdefault((act.kind, act.subject), act)
        if act.at < asked.first or not is_told(act.kind, act.what):
            continue
        title, team, journeys = _about(first)
        if act.kind == "agreement" and (policy := policies.get(act.subject)) is not None:
            title, team, journeys = policy.name, policy.team, policy.journeys
        elif act.kind == "review":
            team = act.subject.partition("/")[0]
        elif act.kind == "calm":
            journeys = (act.subject,)
        details = {key: _short(act.body[key]) for key in TEXTS if isinstance(act.body.get(key), str)}
        if act.kind == "calm":
            details |= {"first": details.pop("from", ""), "last": details.pop("to", "")}
        places = {"subject": act.subject, "team": team or ""}
        yield Entry(
            act.at, act.kind, act.what, act.subject, title, act.who, team, journeys,
            path_of(act.kind, places), details,
        )  # fmt: skip


def _about(first: Act) -> tuple[str, str | None, tuple[str, ...]]:
    """The title, the team and the journeys that the act which began a thing names."""
    said = {key: one for key, one in first.body.items() if isinstance(one, str) and one}
    title = next((_short(said[key]) for key in TITLE_KEYS if key in said), "")
    journey = said.get("journey") or said.get("objective", "").partition("/")[0]
    return title, said.get("team"), (journey,) if journey else ()


def _short(text: object) -> str:
    said = str(text)
    return said if len(said) <= TEXT_LONGEST else said[: TEXT_LONGEST - 1] + "…"


def _incidents(store: Store) -> Iterator[Entry]:
    for one in store.incidents():
        if one.merged_into is not None:
            continue
        number, path = str(one.number), f"/incidents/{one.number}"
        begun = Entry(
            one.started_minute * MINUTE, "incident", "began", number, journeys=(one.journey,), path=path,
            details={"journey": one.journey},
        )  # fmt: skip
        if one.verdict is None:
            yield begun
        if (end := one.over_minute or one.closed_minute) is not None:
            details = {"journey": one.journey, "length": end - one.started_minute, "share": one.share}
            yield replace(begun, second=end * MINUTE, what=_how_over(one), details=details)
        elif one.verdict is not None:
            yield begun


def _how_over(one: Incident) -> str:
    return one.verdict or ("over" if one.share is None else "cost")


def _policies(site: Site, store: Store, asked: Asked) -> Iterator[Entry]:
    known = {one.name: one for one in site.policies}
    for recorded in store.policy_ledger(asked.first // MINUTE, -(-asked.end // MINUTE)):
        change, episode = recorded.change, recorded.change.episode
        policy = known.get(episode.policy)
        yield Entry(
            change.minute * MINUTE,
            "policy",
            change.kind,
            episode.policy,
            episode.policy,
            "" if change.exception is None else change.exception.by,
            None if policy is None else policy.team,
            (episode.objective.partition("/")[0],),
            f"/policies/{episode.policy}" if policy is not None else "",
            {
                "objective": episode.objective,
                "step": episode.step,
                "actions": change.actions,
                "reason": "" if change.exception is None else change.exception.reason,
            },
        )


def _definitions(store: Store, asked: Asked) -> Iterator[Entry]:
    """What other definitions came into force, with the journeys that became others; the first of all are no news."""
    texts: dict[str, Mapping[str, str]] = {}
    for before, after in pairwise(store.defined.in_force()):
        if not asked.first <= after.since < asked.end:
            continue
        for one in (before, after):
            if one.definition not in texts:
                texts[one.definition] = store.defined.texts(one.definition)
        news = compared(texts[before.definition], texts[after.definition], after.since // MINUTE)
        for what, names in (("added", news.added), ("changed", news.changed), ("gone", news.gone)):
            if names:
                path = f"/journeys/{names[0]}" if len(names) == 1 and what != "gone" else ""
                yield Entry(
                    after.since, "definitions", what, after.definition[:12], journeys=names, path=path,
                    details={"names": names},
                )  # fmt: skip
        if news.others:
            yield Entry(after.since, "definitions", "others", after.definition[:12])


def _marks(store: Store, asked: Asked) -> Iterator[Entry]:
    for one in store.marks.between(asked.first, asked.end):
        yield Entry(
            one.from_second, "mark", one.kind, str(one.number), one.title, one.author, None, one.journeys,
            one.link or "", {"mark": one.kind},
        )  # fmt: skip


def _corrections(site: Site, asked: Asked) -> Iterator[Entry]:
    """Those of the definitions of now; one that recurs is told once, when it first was in this time."""
    for dated in definitions.dated(site.corrections, asked.first // MINUTE, -(-asked.end // MINUTE)):
        one, often = dated.correction, len(dated.spans)
        journeys = _scope(site, one.scope)
        path = f"/journeys/{journeys[0]}" if len(journeys) == 1 else ""
        yield Entry(
            max(dated.spans[0][0] * MINUTE, asked.first),
            "correction",
            "once" if often == 1 else "again",
            one.name,
            one.name,
            one.author,
            None,
            journeys,
            path,
            {"category": one.category, "reason": _short(one.reason), "n": often},
        )


def _scope(site: Site, scope: Scope) -> tuple[str, ...]:
    """The journeys that a correction is for; none where it is for all, or for sources."""
    of_objectives = {one.partition("/")[0] for one in scope.objectives}
    return tuple(
        one.name
        for one in site.journeys
        if one.name in scope.journeys or one.name in of_objectives or one.team in scope.teams
    )


def cursor(text: str | None) -> tuple[int, int] | None:
    """Where a page begins, as it was given out. Raises UsageError for what never was."""
    if not text:
        return None
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise UsageError(
            _("`{text}` is no place in the history; take `before` of the page that you have", text=text[:60])
        )
    return int(match[1]), int(match[2])


def cursor_text(place: tuple[int, int] | None) -> str | None:
    """The same as text; None where nothing comes after."""
    return None if place is None else f"{place[0]}-{place[1]}"


def known_kind(text: str | None) -> str | None:
    """A kind that can be asked for. Raises UsageError for any other."""
    if not text or text in KINDS:
        return text or None
    raise UsageError(
        _(
            "`{name}` is nothing that the history tells of; there are {known}",
            name=text[:60],
            known=listed(KINDS),
        )
    )


def titles(site: Site, language: str) -> dict[str, str]:
    """What journeys, objectives, teams and policies are called in a language, by their names."""
    found: dict[str, str] = {one.name: one.title.to(language) for one in site.teams}
    found |= {f"{POLICY}{one.name}": one.title.to(language) for one in site.policies}
    for journey in site.journeys:
        found[journey.name] = journey.title.to(language)
        found |= {
            one.id: f"{journey.title.to(language)} / {one.title.to(language)}" for one in journey.objectives
        }
    return {name: title for name, title in found.items() if title}
