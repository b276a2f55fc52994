"""The fields of an objective's form, as they are written and as they are asked for → the file that would say so."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tabiji import definitions, windows
from tabiji.definitions import SITE, Site, documents, editing
from tabiji.definitions.editing import Path, UneditableError
from tabiji.definitions.templates import Item
from tabiji.errors import DefinitionError, Fault
from tabiji.journeys import Objective
from tabiji.reports import decimal_text
from tabiji.runs.viewing.standing import Pair

SIMPLE = ("target", "faster_than", "good", "exclude", "bad_minute", "for", "no_data")  # keys of an objective
TIER_KEYS = ("share", "in", "severity")
TIERS_MAX = 6


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form: what the definition says, what is asked for instead, and what is wrong with that."""

    name: str
    now: str
    asked: str
    faults: tuple[Fault, ...] = ()

    @property
    def is_changed(self) -> bool:
        return self.now != self.asked


def written(text: str, objective: Objective) -> dict[str, str]:
    """The fields of an objective's form, as they are written in its file."""
    tree: Any = documents.read("", text.encode()).tree or {}
    own: Any = tree.get("objectives", {}).get(objective.name, {})
    found = {key: str(own.get(key, "")) for key in SIMPLE}
    window = own.get("window", "")
    found["window"] = window if isinstance(window, str) else window.get("calendar", "")
    alerts = own.get("alerts", "")
    tiers = alerts.get("tiers") if isinstance(alerts, dict) else None
    if isinstance(alerts, str):
        found["alerts"] = "none" if alerts else "default"
    elif tiers:
        found["alerts"] = "own"
    else:
        found["alerts"] = "ticket_only" if alerts.get("ticket_only") in ("true", "yes", "on") else "default"
    rows = tiers or [
        {
            "share": f"{decimal_text(tier.share * 100)}%",
            "in": windows.format_minutes(tier.long_minutes),
            "severity": tier.severity,
        }
        for tier in objective.tiers
    ]
    for number, row in enumerate(rows, start=1):
        found |= {f"{key}{number}": str(row.get(key, "")) for key in TIER_KEYS}
    for name in objective.steps:
        found[f"events.{name}"] = str(tree.get("steps", {}).get(name, {}).get("events", ""))
    return found


def changes(text: str, objective: Objective, fields: Mapping[str, Field]) -> dict[Path, Item | None]:
    """What has to be edited in the file for the fields to be as asked for."""
    own: Path = ("objectives", objective.name)
    found: dict[Path, Item | None] = {}
    for key in SIMPLE:
        if fields[key].is_changed:
            found[(*own, key)] = fields[key].asked or None
    tree: Any = documents.read("", text.encode()).tree or {}
    mine = tree.get("objectives", {}).get(objective.name, {})
    if fields["window"].is_changed:
        said = fields["window"].asked
        if said not in windows.UNITS:
            found[(*own, "window")] = said or None
        elif isinstance(mine.get("window"), dict):
            found[(*own, "window", "calendar")] = said
        else:
            found[(*own, "window")] = {"calendar": said}
    found |= _alerts(own, fields)
    for name in objective.steps:
        events = fields[f"events.{name}"]
        if events.is_changed:
            found[("steps", name, "events")] = events.asked or None
    return found


def _alerts(own: Path, fields: Mapping[str, Field]) -> dict[Path, Item | None]:
    """Tiers that are changed are one's own, whatever is chosen beside them."""
    alerts, place = fields["alerts"], (*own, "alerts")
    tiers = {name: field for name, field in fields.items() if is_tier(name)}
    edited = any(one.is_changed for one in tiers.values())
    mode = "own" if edited and alerts.asked == alerts.now else alerts.asked
    if mode != "own":
        modes: dict[str, Item | None] = {"none": "none", "ticket_only": {"ticket_only": True}}
        return {place: modes.get(mode)} if alerts.is_changed else {}
    rows: list[dict[str, Item]] = [
        {key: tiers[f"{key}{number}"].asked for key in TIER_KEYS if f"{key}{number}" in tiers}
        for number in range(1, TIERS_MAX + 1)
    ]
    filled: list[Item] = [{key: said for key, said in row.items() if said} for row in rows]
    if alerts.now != "own":
        return {place: {"tiers": [row for row in filled if row]}}
    known = [number for number in range(1, TIERS_MAX + 1) if fields.get(f"share{number}", _NOTHING).now]
    if edited and [number for number, row in enumerate(filled, start=1) if row] == known:
        return {
            (*place, "tiers", number - 1, key): tiers[f"{key}{number}"].asked
            for number in known
            for key in TIER_KEYS
            if tiers[f"{key}{number}"].is_changed
        }
    return {(*place, "tiers"): [row for row in filled if row]} if edited else {}


_NOTHING = Field("", "", "")


def is_tier(name: str) -> bool:
    return any(name in {f"{key}{number}" for number in range(1, TIERS_MAX + 1)} for key in TIER_KEYS)


# A draft of the definitions


@dataclass(frozen=True, slots=True)
class Draft:
    """The file as it would be; the journey and the objective, where it has no faults."""

    text: str
    fields: Mapping[str, Field]
    faults: tuple[Fault, ...] = ()
    refused: str | None = None
    pair: Pair | None = None


def drafted(
    site: Site,
    path: str,
    text: str,
    objective: Objective,
    fields: Mapping[str, Field],
    environment: Mapping[str, str],
) -> Draft:
    """What the file would be, and mean, if its objective were as the fields say."""
    try:
        new = editing.edited(text, changes(text, objective, fields))
    except UneditableError as error:
        return Draft(text, fields, refused=str(error))
    try:
        return Draft(new, fields, pair=promised(site, path, new, objective.name, environment))
    except DefinitionError as error:
        beside, others = _beside(error.faults, new, objective, fields)
        placed = {name: replace(one, faults=tuple(beside.get(name, ()))) for name, one in fields.items()}
        return Draft(new, placed, tuple(others))


def promised(site: Site, path: str, text: str, name: str, environment: Mapping[str, str]) -> Pair:
    """The journey of a file with its objective alone; of the other files only tabiji.yaml is read."""
    files = {SITE: dict(site.files)[SITE], path: text}
    (journey,) = definitions.load(site.folder, environment, files, partial=True).journeys
    objective = next(one for one in journey.objectives if one.name == name)
    return replace(journey, objectives=(objective,)), objective


def _beside(
    faults: Sequence[Fault], text: str, objective: Objective, fields: Mapping[str, Field]
) -> tuple[dict[str, list[Fault]], list[Fault]]:
    """Faults by the field that they belong to, and the others."""
    known = [(place, key) for key, place in editing.places(text, ("objectives", objective.name)).items()] + [
        (place, f"events.{name}")
        for name in objective.steps
        for key, place in editing.places(text, ("steps", name)).items()
        if key == "events"
    ]
    known.sort()
    changed = [name for name, field in fields.items() if field.is_changed]
    emptied = [name for name in changed if not fields[name].asked]
    found: dict[str, list[Fault]] = {}
    others: list[Fault] = []
    for fault in faults:
        before = [key for place, key in known if place <= (fault.line, fault.column)]
        name = before[-1] if before else ""
        name = name if name in changed else emptied[0] if emptied and name not in ("alerts",) else name
        if name in fields:
            found.setdefault(name, []).append(fault)
        else:
            others.append(fault)
    return found, others


def difference(path: str, old: str, new: str) -> list[str]:
    """A unified diff, line by line, as `git apply` takes it."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    found: list[str] = []
    for line in lines:
        found.append(line.rstrip("\r\n"))
        if not line.endswith("\n"):
            found.append("\\ No newline at end of file")
    return found
