"""SRE begins to lead or support a team in a practice, or ends that → recorded as acts."""

from __future__ import annotations

from collections.abc import Collection

from tabiji import practice
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.practice import KIND, Engagement, Wanted
from tabiji.runs.practising.knowing import ALL, teams
from tabiji.store import Store


def every(store: Store, until_second: int | None = None) -> tuple[Engagement, ...]:
    """All engagements, in the order in which they began; or as they stood at a moment."""
    return practice.engagements(store.acts.of(KIND, until_second=until_second))


def find(store: Store, number: int) -> Engagement:
    """An engagement by its number. Raises UsageError where there is none."""
    for one in every(store):
        if one.number == number:
            return one
    raise UsageError(_("there is no engagement {number}; `tabiji practice` lists them", number=number))


def begin(site: Site, store: Store, wanted: Wanted, who: str, now: int) -> Engagement:
    """SRE engages. Raises UsageError with every fault of it."""
    if found := practice.faults(wanted, teams(site)):
        raise UsageError("; ".join(f"{field}: {fault}" for field, fault in found))
    try:
        act = practice.begun(wanted, every(store), who, now)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return find(store, store.acts.add(act).number)


def end(store: Store, number: int, why: str, who: str, now: int) -> Engagement:
    """An engagement is over. Raises UsageError where it was already, or why is not said; StaleAct for who is late."""
    acts = store.acts.of(KIND, subject=str(number))
    try:
        act = practice.ended(find(store, number), why, who, now)
    except ValueError as error:
        raise UsageError(str(error)) from None
    store.acts.add(act, seen=acts[-1].number)
    return find(store, number)


def may(site: Site, team: str, members_of: Collection[str]) -> bool:
    """Whether a member of these teams may say how SRE is engaged with a team: its own members, and SREs."""
    ours = {team, *(one.name for one in site.teams if one.is_sre)}
    return team == ALL or bool(ours & set(members_of))
