"""Definitions that followed on each other → since when each journey and objective is known, agreed, and as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.journeys import Journey, Objective, Text
from tabiji.runs import recalling
from tabiji.store import Definitions, Store

VERSIONS_MAX = 200  # the newest, and the first of all
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Past:
    """An objective's past, in seconds since the epoch: described, agreed (None: on trial), and each change of it."""

    described: int
    agreed: int | None
    changed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """Since when journeys and objectives are known, by their names; each from the first minute judged by it on."""

    journeys: Mapping[str, int]
    objectives: Mapping[str, Past]


def described(site: Site, store: Store, until_second: int, environment: Mapping[str, str]) -> Described:
    """What the definitions of the past say of those of the site, before a moment.

    What was never judged by yet is described from that moment on. Definitions that can't be read any more are left
    out, and so are those before the last 200 versions but for the first.
    """
    journeys: dict[str, int] = {}
    objectives: dict[str, Past] = {}
    last: dict[str, Objective] = {}
    in_force = [one for one in store.defined.in_force() if one.from_minute * SECONDS < until_second]
    for one in [*in_force[:1], *in_force[1:][-VERSIONS_MAX:]]:
        at = one.from_minute * SECONDS
        files = tuple(sorted(store.defined.texts(one.definition).items()))
        for journey in _journeys(site.folder, one.definition, files, tuple(sorted(environment.items()))):
            journeys.setdefault(journey.name, at)
            for objective in journey.objectives:
                objectives[objective.id] = _after(
                    objectives.get(objective.id), last.get(objective.id), objective, at
                )
                last[objective.id] = objective
    for journey in site.journeys:
        journeys.setdefault(journey.name, until_second - 1)
        for objective in journey.objectives:
            if last.get(objective.id) is None or _meant(last[objective.id]) != _meant(objective):
                objectives[objective.id] = _after(
                    objectives.get(objective.id), last.get(objective.id), objective, until_second - 1
                )
    return Described(journeys, objectives)


def _after(past: Past | None, before: Objective | None, now: Objective, at: int) -> Past:
    is_agreed = now.state == "agreed"
    if past is None or before is None:
        return Past(at, at if is_agreed else None)
    changed = past.changed if _meant(before) == _meant(now) else (*past.changed, at)
    agreed = None if not is_agreed else at if past.agreed is None else past.agreed
    return Past(past.described, agreed, changed)


def _meant(objective: Objective) -> Objective:
    """What is promised; how it is called and written is not."""
    return replace(objective, title=Text(), target_text="")


@lru_cache(maxsize=512)
def _journeys(
    folder: Path,
    definition: str,
    files: tuple[tuple[str, str], ...],
    environment: tuple[tuple[str, str], ...],
) -> tuple[Journey, ...]:
    """The journeys of definitions of the past; they do not change any more, so they are read once."""
    try:
        return recalling.read(folder, Definitions(definition, dict(files)), dict(environment)).journeys
    except UsageError:
        return ()
