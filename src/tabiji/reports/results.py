"""Key results and how they stand → sentences, a table and a JSON document, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Protocol

from tabiji.language import N_, _, headings
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import exact_percent, number, percent
from tabiji.reports.words import Table
from tabiji.results import Change, Measure, Measured, Missing, Result, State, Wanted

MEASURES: Mapping[Measure, str] = {
    "sli": N_("share of good events over the period (SLI)"),
    "days-kept": N_("share of days on which the promise was kept"),
    "budget-left": N_("share of the error budget that is left at the end"),
}
SHORT: Mapping[Measure, str] = {
    "sli": N_("SLI"),
    "days-kept": N_("days kept"),
    "budget-left": N_("budget left"),
}
STATES: Mapping[State, str] = {
    "not-begun": N_("not yet begun"),
    "no-data": N_("no data"),
    "on-track": N_("on track"),
    "behind": N_("behind"),
    "out-of-reach": N_("out of reach"),
    "reached": N_("reached"),
    "missed": N_("not reached"),
}
_MISSING: Mapping[Missing, str] = {
    "not-begun": N_("Its period has not begun yet."),
    "no-data": N_("There are no data of its period so far."),
    "not-kept": N_("The minutes of that time are not kept any more, so nothing exact can be said."),
    "gone": N_("Its objective is not defined any more, so nothing can be measured."),
}
_MEASURED: Mapping[Measure, str] = {
    "sli": N_("{part} of {whole} were good: {value}."),
    "days-kept": N_("The promise was kept on {part} of {whole} days: {value}."),
    "budget-left": N_("{value} of the error budget is left."),
}


class Standing(Protocol):
    """A key result, what was measured of it, and how it stands by that."""

    @property
    def result(self) -> Result: ...
    @property
    def measured(self) -> Measured: ...
    @property
    def state(self) -> State: ...
    @property
    def progress(self) -> Fraction | None: ...


def value_words(value: Fraction | None) -> str:
    """A share that was measured, cut off; a dash for none."""
    return "–" if value is None else percent(value)


def way_words(wanted: Wanted) -> str:
    """From where to where: 97 % → 99 %."""
    return _("{start} → {target}", start=percent(wanted.start), target=exact_percent(wanted.target))


def measured_sentence(stand: Standing) -> str:
    """What was measured, or why nothing was."""
    found = stand.measured
    if found.value is None:
        return _(_MISSING[found.missing or "no-data"])
    return _(
        _MEASURED[stand.result.wanted.measure],
        part=number(found.part),
        whole=number(found.whole),
        value=percent(found.value),
    )


def progress_sentence(stand: Standing) -> str | None:
    """How much of the way was gone; None where nothing was measured."""
    found = stand.progress
    if found is None:
        return None
    return _("That is {share} of the way from start to target.", share=percent(found, 0))


def change_words(change: Change) -> list[str]:
    """What was changed, each with what it was and what it is: Owner: Sato → Ito."""
    before, after = change.before, change.after
    said = (
        (_("What is to be reached"), before.title, after.title),
        (_("Owner"), before.owner, after.owner),
        (_("Target"), exact_percent(before.target), exact_percent(after.target)),
    )
    return [
        _("{field}: {old} → {new}", field=field, old=old, new=new) for field, old, new in said if old != new
    ]


def results_table(stands: Iterable[Standing]) -> Table:
    """One row per key result."""
    return Table(
        headings("#", "until", "state", "now", "target", "progress", "what"),
        tuple(
            (
                str(one.result.number),
                one.result.wanted.last.isoformat(),
                _("closed") if one.result.closing else _(STATES[one.state]),
                value_words(one.measured.value),
                exact_percent(one.result.wanted.target),
                "–" if one.progress is None else percent(one.progress, 0),
                one.result.wanted.title,
            )
            for one in stands
        ),
        frozenset({0, 3, 4, 5}),
    )


def facts(stand: Standing) -> list[tuple[str, str]]:
    """What it is about: names and words, in the order in which they are read."""
    wanted = stand.result.wanted
    return [
        (_("Objective"), wanted.objective),
        (_("What is measured"), _(MEASURES[wanted.measure])),
        (_("From where to where"), way_words(wanted)),
        (_("Period"), _("{first} to {last}", first=wanted.first.isoformat(), last=wanted.last.isoformat())),
        (_("Owner"), wanted.owner),
        (_("Team"), wanted.team or "–"),
        (_("State"), _(STATES[stand.state])),
    ]


def results_json(stands: Iterable[Standing], at_minute: int) -> Json:
    """`tabiji results --json`."""
    return {"at": iso_time(at_minute * 60), "results": [result_json(one) for one in stands]}


def result_json(stand: Standing) -> Json:
    """One key result; shares in full, None for what nobody can tell."""
    wanted, found, closing = stand.result.wanted, stand.measured, stand.result.closing
    return {
        "result": stand.result.number,
        "title": wanted.title,
        "owner": wanted.owner,
        "team": wanted.team,
        "journey": wanted.journey,
        "objective": wanted.objective,
        "measure": wanted.measure,
        "from": _day(wanted.first),
        "to": _day(wanted.last),
        "start": float(wanted.start),
        "target": float(wanted.target),
        "value": _number(found.value),
        "progress": _number(stand.progress),
        "missing": found.missing,
        "part": found.part,
        "whole": found.whole,
        "days_left": found.days_left,
        "until": iso_time(found.until_minute * 60),
        "state": stand.state,
        "opened": {"at": iso_time(stand.result.opened.at), "by": stand.result.opened.who},
        "changes": [_change_json(one) for one in stand.result.changes],
        "closed": None
        if closing is None
        else {"at": iso_time(closing.at), "by": closing.who, "text": closing.text},
        "last": stand.result.last,
    }


def _change_json(change: Change) -> Json:
    """Who changed what when and why: what it was and what it is, of that which was changed."""
    before, after = (
        {"title": one.title, "owner": one.owner, "target": float(one.target)}
        for one in (change.before, change.after)
    )
    differing = [key for key, one in after.items() if one != before[key]]
    return {
        "at": iso_time(change.at),
        "by": change.who,
        "text": change.text,
        "from": {key: before[key] for key in differing},
        "to": {key: after[key] for key in differing},
    }


def _day(one: date) -> str:
    return one.isoformat()


def _number(share: Fraction | None) -> float | None:
    return None if share is None else float(share)
