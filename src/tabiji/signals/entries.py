"""The entries of a JSON document → signals, and every entry that is none with what is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from tabiji.language import _, listed
from tabiji.signals.facts import Kind
from tabiji.signals.rules import Rule
from tabiji.signals.tables import FIELDS, Field, Read, Row, gathered

KNOWN = (*FIELDS, "id")  # programs call a key so


def read_entries(
    entries: Sequence[object],
    kind: Kind,
    *,
    journeys: Mapping[str, str],
    rules: Sequence[Rule],
    author: str,
    zone: str,
    now: int,
) -> Read:
    """What entries say, each an object with the fields of a CSV file; faults are by their places, from 1.

    Values are texts; `amount` and `id` may be whole numbers; null is as good as nothing. The rest: see `read`.
    """
    found, wrong = gathered(
        _rows(entries),
        kind,
        journeys=journeys,
        rules=rules,
        author=author,
        zone=zone,
        now=now,
        place="entry",
    )
    return Read(found, wrong, ())


def _rows(entries: Sequence[object]) -> Iterator[Row]:
    for number, entry in enumerate(entries, 1):
        try:
            yield number, _values(entry)
        except ValueError as error:
            yield number, str(error)


def _values(entry: object) -> Mapping[Field, str]:
    if not isinstance(entry, Mapping):
        raise ValueError(_("it is not an object; an entry has at least `at`"))
    values: dict[Field, str] = {}
    for name, value in entry.items():
        if name not in KNOWN:
            message = _("`{name}` is not known; there are {known}", name=str(name)[:100], known=listed(KNOWN))
            raise ValueError(message)
        field = cast("Field", "key" if name == "id" else name)
        if field in values:
            raise ValueError(_("`id` and `key` are the same; write one of them"))
        if isinstance(value, str):
            values[field] = value.strip()
        elif isinstance(value, int) and not isinstance(value, bool) and field in ("amount", "key"):
            values[field] = str(value)
        elif value is None:
            values[field] = ""
        else:
            raise ValueError(_("`{name}` is neither a text nor a whole number", name=name))
    return values
