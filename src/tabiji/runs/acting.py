"""What somebody says of action items → recorded, with who, when and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, get_args

from tabiji import actions, missions
from tabiji.actions import Item, Wanted, Word
from tabiji.acts import Act
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.store import Action, Store

What = Literal["own", "support", "due", "hand", "serve", "done", "drop", "reopen", "note"]
WHATS: tuple[What, ...] = get_args(What)
AUDITED: Mapping[What, Action] = {
    "own": "action-owned",
    "support": "action-supported",
    "due": "action-postponed",
    "hand": "action-handed",
    "serve": "action-served",
    "done": "action-done",
    "drop": "action-dropped",
    "reopen": "action-reopened",
    "note": "action-noted",
}


def every(store: Store, until_second: int | None = None) -> list[Item]:
    """All action items in the order in which they were opened; or as they stood at a moment."""
    return actions.items(store.acts.of(actions.KIND, until_second=until_second))


def find(store: Store, number: int) -> Item:
    """An action item by its number. Raises UsageError where there is none."""
    acts = store.acts.of(actions.KIND, subject=str(number))
    if not acts:
        raise UsageError(_("there is no action item {number}; `tabiji actions` lists them", number=number))
    return actions.item(acts)


def teams(site: Site) -> list[str]:
    """The teams that an item can belong to, sorted."""
    return sorted({one.name for one in site.teams} | {one.team for one in site.journeys if one.team})


def known_team(site: Site, team: str | None) -> None:
    """Raises UsageError for a team that there is not; None asks for none."""
    known = teams(site)
    if team is not None and team not in known:
        raise UsageError(actions.unknown_team(team, known))


def lines(store: Store) -> list[str]:
    """The lines of the mission that an item can serve, by id, the first being the most important."""
    written = missions.versions(store.acts.of(missions.KIND))
    return [one.id for one in written[-1].lines] if written else []


def faults(site: Site, store: Store, wanted: Wanted) -> list[tuple[str, str]]:
    """What is wrong with an item that somebody wants to open: the field, and what would be right."""
    known = [] if wanted.line is None else lines(store)
    return actions.faults(wanted, teams(site), [one.name for one in site.journeys], known)


def open_(site: Site, store: Store, wanted: Wanted, who: str, at: int) -> Item:
    """Opens an action item. Raises UsageError with every fault of it."""
    if found := faults(site, store, wanted):
        raise UsageError("; ".join(f"{field}: {fault}" for field, fault in found))
    return find(store, store.acts.add(actions.opening(wanted, who, at)).number)


def change(
    site: Site, store: Store, number: int, what: What, value: str | None, word: Word, seen: int | None = None
) -> Item:
    """Does something to an item, and gives it as it is then. `value` is whom, which day, team or line; None for none.

    `seen` is the number of the last act that whoever decides has seen. Raises StaleAct where there is a newer one, but
    for notes; UsageError where it makes no sense.
    """
    item = find(store, number)
    try:
        if what == "serve":
            act = actions.serving(item, value, lines(store), word)
        else:
            act = _CHANGES[what](site, item, value, word)
    except ValueError as error:
        raise UsageError(str(error)) from None
    store.acts.add(act, seen=None if what == "note" else item.last if seen is None else seen)
    return find(store, number)


def day(text: str) -> date:
    """A day as people write it. Raises UsageError."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise UsageError(_("`{text}` is not a day; write for example `2026-06-30`", text=text[:60]))


def came_from(text: str | None) -> tuple[actions.Origin, str]:
    """What an item came from, as people write it: `incident:7`, `review:2026-06-01`. Raises UsageError."""
    if not text:
        return "hand", ""
    name, _colon, which = text.partition(":")
    origin = next((one for one in actions.ORIGINS if one == name.strip()), None)
    if origin is None:
        raise UsageError(actions.unknown_origin(name))
    return origin, which.strip()


def _due(site: Site, item: Item, value: str | None, word: Word) -> Act:
    return actions.postponed(item, None if value is None else day(value), word)


_CHANGES: Mapping[What, Callable[[Site, Item, str | None, Word], Act]] = {
    "own": lambda site, item, value, word: actions.owned(item, value, word),
    "support": lambda site, item, value, word: actions.supported(item, value, word),
    "due": _due,
    "hand": lambda site, item, value, word: actions.handed(item, value, teams(site), word),
    "done": lambda site, item, value, word: actions.done(item, word),
    "drop": lambda site, item, value, word: actions.dropped(item, word),
    "reopen": lambda site, item, value, word: actions.reopened(item, word),
    "note": lambda site, item, value, word: actions.noted(item, word),
}
