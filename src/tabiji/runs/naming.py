"""What is asked for in words → the objectives, windows and percentiles that are meant, or what may have been meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from tabiji import windows
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.journeys import Journey, Objective
from tabiji.language import _, listed
from tabiji.windows import Window


def wanted(site: Site, names: Sequence[str], team: str | None = None) -> list[tuple[Journey, Objective]]:
    """Objectives by `journey` or `journey/objective`, all where none is named. Raises UsageError for unknown ones."""
    every = [(journey, objective) for journey in site.journeys for objective in journey.objectives]
    if team is not None:
        teams = {journey.team for journey in site.journeys if journey.team}
        if team not in teams:
            hint = _near(team, teams, teams)
            raise UsageError(_("no journey belongs to team `{team}`{hint}", team=team, hint=hint))
        every = [(journey, objective) for journey, objective in every if journey.team == team]
    for name in names:
        if not any(name in (journey.name, objective.id) for journey, objective in every):
            journeys = {journey.name for journey, _ in every}
            known = journeys | {objective.id for _, objective in every}
            hint = _near(name, known, journeys)
            message = _("`{name}` is neither a journey nor an objective{hint}", name=name, hint=hint)
            raise UsageError(message)
    return [
        (journey, objective)
        for journey, objective in every
        if not names or journey.name in names or objective.id in names
    ]


def one(site: Site, name: str) -> tuple[Journey, Objective]:
    """The objective `journey/objective`. Raises UsageError where it is none."""
    found = wanted(site, [name])
    if len(found) != 1 or found[0][1].id != name:
        message = _(
            "`{name}` is a journey; name one of its objectives, such as `{example}`",
            name=name,
            example=found[0][1].id,
        )
        raise UsageError(message)
    return found[0]


def journeys(site: Site, names: Sequence[str], team: str | None) -> list[str]:
    """The journeys of names and of a team, in the order of the definitions. Raises UsageError for unknown ones."""
    if not names and team is None:
        raise UsageError(_("whose deployment? Name journeys, or a team with `--team`"))
    chosen = {journey.name for journey, _ in wanted(site, names, team)}
    return [journey.name for journey in site.journeys if journey.name in chosen]


def window(text: str, zone: str) -> Window:
    """A window as people write it; calendars are those of the zone. Raises UsageError."""
    for unit in windows.UNITS:
        if text == unit:
            return windows.Calendar(unit, zone)
    try:
        minutes = windows.parse_minutes(text)
    except ValueError:
        message = _(
            "`{text}` is not a window; write for example `7d`, or {known}",
            text=text,
            known=listed(windows.UNITS),
        )
        raise UsageError(message) from None
    if not windows.ROLLING_MINUTES_MIN <= minutes <= windows.ROLLING_MINUTES_MAX:
        raise UsageError(_("a rolling window is from `1h` to `400d`"))
    return windows.Rolling(minutes)


def percentiles(text: str) -> list[Fraction]:
    """Percentiles such as `50,95,99.9`. Raises UsageError."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?", part) or not 0 < Fraction(part) <= 100:
            message = _("--quantiles: `{text}` is not a percentile; write for example 50,95,99.9", text=part)
            raise UsageError(message)
        found.append(Fraction(part))
    return found


def _near(name: str, known: Iterable[str], few: Iterable[str]) -> str:
    """What may have been meant: the nearest of the known names; or else, which few there are."""
    near = difflib.get_close_matches(name, sorted(known), 1)
    if near:
        return _("; did you mean `{near}`?", near=near[0])
    there_are = sorted(few)
    return _("; there are {known}", known=listed(there_are)) if there_are else ""
