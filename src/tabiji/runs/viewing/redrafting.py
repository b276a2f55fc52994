"""The fields of a policy's form → the file that would say so, and what both would have done in the past."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tabiji import definitions
from tabiji.definitions import Site, documents, editing
from tabiji.definitions.editing import Path, UneditableError
from tabiji.definitions.templates import Item
from tabiji.errors import DefinitionError, Fault
from tabiji.policies import Policy
from tabiji.runs import signing, simulating, trying
from tabiji.runs.trying import Tried
from tabiji.runs.viewing import drafting
from tabiji.runs.viewing.drafting import Field
from tabiji.store import Store

KEYS = ("when", "until", "then", "owners")  # of a step, as texts
LISTS = ("then", "owners")
STEPS_MAX = 20
_SEPARATOR = re.compile("[,、,]")
_FIELD = re.compile(rf"(?:name|{'|'.join(KEYS)})(?:[1-9]|1[0-9]|20)")


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of a step, and its number in their names; the last row is for a new one, and its `step` is empty."""

    number: int
    step: str
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Redraft:
    """A policy, what is asked for instead, and what both would have done; `tried` is None where nothing was counted.

    `path` is the file, `old_text` and `new_text` what is in it; `refused` says why it can't be edited.
    """

    policy: Policy
    draft: Policy | None
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    refused: str | None
    path: str
    old_text: str
    new_text: str
    tried: Tried | None

    @property
    def is_changed(self) -> bool:
        return any(one.is_changed for row in self.rows for one in row.fields.values())

    @property
    def difference(self) -> list[str]:
        """The change of the file as a unified diff."""
        return drafting.difference(self.path, self.old_text, self.new_text)


def is_field(name: str) -> bool:
    """Whether a name is that of a field."""
    return _FIELD.fullmatch(name) is not None


def redraft(
    site: Site,
    store: Store,
    name: str,
    asked: Mapping[str, str],
    period: tuple[int | None, int | None],
    environment: Mapping[str, str],
) -> Redraft:
    """What the policy of a name would have done, and what it would have if its steps were as the fields say.

    The period's ends are None for the last 90 days. Raises UsageError where there is no such policy.
    """
    signed = signing.one_of(site, store, name)
    path = signed.terms.path
    text = dict(site.files).get(path, "")
    rows = _rows(text, name, asked)
    new, draft, refused = text, None, None
    faults: Sequence[Fault] = ()
    changes = _changes(name, rows)
    if changes:
        try:
            new = editing.edited(text, changes)
            loaded = definitions.load(site.folder, environment, {**dict(site.files), path: new})
            draft = next(one for one in loaded.policies if one.name == name)
        except UneditableError as error:
            refused = str(error)
        except DefinitionError as error:
            faults = error.faults
    minutes = simulating.within(store, *period)
    found = None if minutes is None else trying.tried(site, store, signed.policy, draft, *minutes)
    return Redraft(signed.policy, draft, rows, tuple(faults), refused, path, text, new, found)


def _rows(text: str, name: str, asked: Mapping[str, str]) -> tuple[Row, ...]:
    tree: Any = documents.read("", text.encode()).tree or {}
    steps: Any = tree.get("policies", {}).get(name, {}).get("steps", {})
    rows = []
    for number, (step, own) in enumerate([*steps.items(), ("", {})][:STEPS_MAX], start=1):
        fields = {}
        for key in KEYS if step else ("name", *KEYS):
            value = own.get(key) or ""
            now = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            said = asked.get(f"{key}{number}")
            same = said is None or said.split() == now.split()
            fields[key] = Field(f"{key}{number}", now, now if same or said is None else said.strip())
        rows.append(Row(number, step, fields))
    return tuple(rows)


def _changes(name: str, rows: tuple[Row, ...]) -> dict[Path, Item | None]:
    found: dict[Path, Item | None] = {}
    for row in rows:
        place: Path = ("policies", name, "steps", row.step)
        said = {key: _item(key, field.asked) for key, field in row.fields.items() if key != "name"}
        if not row.step:
            new = row.fields["name"].asked if "name" in row.fields else ""
            filled: dict[str, Item] = {key: one for key, one in said.items() if one is not None}
            if new or filled:
                found[("policies", name, "steps", new or "new")] = filled
        elif said["when"] is None and said["then"] is None:
            found[place] = None
        else:
            found |= {(*place, key): said[key] for key, field in row.fields.items() if field.is_changed}
    return found


def _item(key: str, said: str) -> Item | None:
    if key not in LISTS:
        return said or None
    parts: list[Item] = [one.strip() for one in _SEPARATOR.split(said) if one.strip()]
    return parts or None
