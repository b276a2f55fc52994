"""A report as it was issued, and as it is now → what differs, number by number: old → new, with whose number it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tabiji.language import N_, _, pgettext
from tabiji.reports.numbers import number
from tabiji.reports.periodic import packing, phrases
from tabiji.reports.periodic.facts import Report

UNTOLD = {"bars", "definition", "version"}  # what is drawn of the sums that are told; what is no number
KEYS = ("id", "name", "number", "key")  # by which things of a list are the same
MOST = 20  # that are told
FIELDS: Mapping[str, str] = {
    "period.bad": N_("failed in this period"),
    "period.total": N_("tried in this period"),
    "before.bad": N_("failed in the period before"),
    "before.total": N_("tried in the period before"),
    "budget.bad": N_("failed in its window"),
    "budget.total": N_("tried in its window"),
    "budget_before.bad": N_("failed in its window, a period before"),
    "budget_before.total": N_("tried in its window, a period before"),
    "state": N_("state"),
    "pages": N_("alerts that call somebody"),
    "tickets": N_("alerts that open a ticket"),
    "started": N_("since"),
    "recovered": N_("until"),
    "detected": N_("noticed"),
    "verdict": N_("verdict"),
    "bad": N_("failed"),
    "total": N_("tried"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A value of the document, where it stands, and what it was and is; None: it was, or is, not there."""

    path: tuple[str, ...]
    old: str | None
    new: str | None


def differences(old: Report, new: Report) -> tuple[Difference, ...]:
    """All that differs, in the order of the document."""
    return tuple(_differing(packing.document(old), packing.document(new), ()))


def _differing(old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            if key not in UNTOLD:
                yield from _differing(old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        before, after = _keyed(old), _keyed(new)
        for key in dict.fromkeys((*before, *after)):
            yield from _differing(before.get(key), after.get(key), (*path, key))
    else:
        yield Difference(path, _text(old), _text(new))


def _keyed(some: list[Any]) -> dict[str, Any]:
    """The things of a list by what they are called, or by their places."""
    found: dict[str, Any] = {}
    for place, one in enumerate(some):
        name = next((one[key] for key in KEYS if key in one), None) if isinstance(one, dict) else None
        if name is None and isinstance(one, dict):
            name = " ".join(
                str(one[key]) for key in ("at", "from", "source", "operation", "title") if one.get(key)
            )
        key = str(name or place)
        found[key if key not in found else f"{key} {place}"] = one
    return found


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool | dict | list):
        return "…"
    return number(value) if isinstance(value, int) else str(value)


def sentences(report: Report, found: tuple[Difference, ...]) -> tuple[str, ...]:
    """What differs, told; no more than some of it."""
    said = [_sentence(report, one) for one in found[:MOST]]
    more = len(found) - MOST
    if more > 0:
        said.append(_("and {n} more numbers", n=more))
    return tuple(said)


def _sentence(report: Report, one: Difference) -> str:
    whose, field = _named(report, one.path)
    none = pgettext("a number", "nothing")
    return _(
        "{whose}: {field} {old} → {new}", whose=whose, field=field, old=one.old or none, new=one.new or none
    )


def _named(report: Report, path: tuple[str, ...]) -> tuple[str, str]:
    """Whose number it is, and which."""
    match path:
        case ("journeys", _journey, "promises", promise, *rest):
            whose = phrases.promise_title(report, promise)
        case ("journeys", journey, *rest):
            whose = phrases.journey_title(report, journey)
        case ("incidents", incident, *rest):
            whose = _("incident {number}", number=incident)
        case ("actions", action, *rest):
            whose = _("action item {number}", number=action)
        case (part, *rest):
            whose = part
        case _:
            whose, rest = "", []
    name = ".".join(rest)
    field = FIELDS.get(name)
    return whose, name if field is None else _(field)
