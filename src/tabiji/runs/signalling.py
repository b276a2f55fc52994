"""What users say, as files, entries or words → kept; which journey each is about, by hand and by rules."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.language import _, listed
from tabiji.signals import Field, Kind, Read, Signal, TableError, faults, journey_of, read, read_entries
from tabiji.store import Store

LAST = 10**10  # seconds: the year 2286
NUMBER_MAX = 2**31  # what a table can hold


@dataclass(frozen=True, slots=True)
class Sorted:
    """What rules have changed, and how many are about no journey now."""

    changed: int
    unplaced: int


def read_table(
    site: Site, content: bytes, kind: Kind, columns: Mapping[Field, str], author: str, now: int
) -> Read:
    """The signals of a CSV file, by the site's journeys, rules and zone; nothing is kept. Raises UsageError."""
    try:
        return read(
            content,
            kind,
            columns=columns,
            journeys=spellings(site),
            rules=site.enquiries,
            author=author,
            zone=site.timezone,
            now=now,
        )
    except TableError as error:
        raise UsageError(str(error)) from None


def read_document(site: Site, entries: Sequence[object], kind: Kind, author: str, now: int) -> Read:
    """The signals of a JSON document, likewise."""
    return read_entries(
        entries,
        kind,
        journeys=spellings(site),
        rules=site.enquiries,
        author=author,
        zone=site.timezone,
        now=now,
    )


def spellings(site: Site) -> dict[str, str]:
    """What may be written for a journey: names, and titles in either language."""
    titles = {
        title: journey.name
        for journey in site.journeys
        for title in (journey.title.ja, journey.title.en)
        if title
    }
    return {**titles, **{journey.name: journey.name for journey in site.journeys}}


def voice(
    site: Site, store: Store, text: str, journey: str | None, at: int, who: str, now: int
) -> list[tuple[str, str]]:
    """Keeps what somebody heard a user say; or says what is wrong with it: the field, and what would be right.

    The same words of the same moment are the same voice: a form that is sent twice is kept once.
    """
    said = text.replace("\r\n", "\n").strip()
    digest = hashlib.sha256(f"{at}\0{said}\0{who}".encode("utf-8", "replace")).hexdigest()
    placed = journey_of(said, site.enquiries) if journey is None else journey
    one = Signal("voice", at, f"said-{digest[:32]}", 1, said, placed, journey is not None, who)
    found = faults(one, [each.name for each in site.journeys], now)
    if not found:
        store.signals.add([one], now)
    return found


def find(store: Store, number: int) -> Signal:
    """The signal of a number. Raises UsageError."""
    found = store.signals.of(number) if 0 < number < NUMBER_MAX else None
    if found is None:
        raise UsageError(
            _("there is nothing of the number {number}; `tabiji signals list` lists them", number=number)
        )
    return found


def place(site: Site, store: Store, number: int, journey: str | None) -> None:
    """Says by hand which journey a signal is about, None for none. Raises UsageError."""
    if journey is not None:
        check_journey(site, journey)
    find(store, number)
    store.signals.place(number, journey)


def check_journey(site: Site, name: str) -> None:
    """Raises UsageError where there is no journey of a name."""
    names = sorted(journey.name for journey in site.journeys)
    if name not in names:
        if not names:
            raise UsageError(_("`{name}` is not a journey; there are none", name=name))
        raise UsageError(_("`{name}` is not a journey; there are {known}", name=name, known=listed(names)))


def sort(site: Site, store: Store) -> Sorted:
    """Applies the rules to all that nobody placed by hand."""
    kept = [one for one in store.signals.between(0, LAST) if not one.by_hand]
    said = {one.number: journey_of(one.text, site.enquiries) for one in kept}
    changed = store.signals.sort(
        {one.number: said[one.number] for one in kept if said[one.number] != one.journey}
    )
    return Sorted(changed, sum(journey is None for journey in said.values()))


def remove(store: Store, number: int) -> None:
    """Forgets a signal. Raises UsageError."""
    find(store, number)
    store.signals.remove(number)
