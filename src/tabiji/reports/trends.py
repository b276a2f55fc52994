"""Trends of incidents → sentences on what changed and how sure that is, tables, and a JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from tabiji.incidents.trends import Change, Compared, Lost, Speed, Stretch, Told, Trend
from tabiji.language import N_, _, headings, ngettext
from tabiji.postmortems import Cause
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local, minutes, number, percent
from tabiji.reports.postmortems import CAUSES
from tabiji.reports.words import Table

DAYS = 28  # that counts of times of different lengths are told for
What = Literal["detect", "recover"]
CHANGES: Mapping[tuple[What, Told], str] = {
    ("detect", "less"): N_(
        "Incidents are noticed sooner since then: by {middle}, with 95 % confidence by {least} to {most}."
    ),
    ("detect", "more"): N_(
        "Incidents are noticed later since then: by {middle}, with 95 % confidence by {least} to {most}."
    ),
    ("detect", "unclear"): N_(
        "Whether incidents are noticed sooner since then can't be told: with 95 % confidence the difference is "
        "anything from {sooner} sooner to {later} later."
    ),
    ("detect", "too-few"): N_(
        "Whether incidents are noticed sooner since then can't be told from so few: {before} before, {after} after."
    ),
    ("recover", "less"): N_(
        "Incidents are over sooner since then: by {middle}, with 95 % confidence by {least} to {most}."
    ),
    ("recover", "more"): N_(
        "Incidents are over later since then: by {middle}, with 95 % confidence by {least} to {most}."
    ),
    ("recover", "unclear"): N_(
        "Whether incidents are over sooner since then can't be told: with 95 % confidence the difference is "
        "anything from {sooner} sooner to {later} later."
    ),
    ("recover", "too-few"): N_(
        "Whether incidents are over sooner since then can't be told from so few: {before} before, {after} after."
    ),
}
OFTEN: Mapping[Told, str] = {
    "less": N_(
        "There are fewer incidents since then: {after} instead of {before} in 28 days. Chance alone does so much in "
        "{luck} of all cases."
    ),
    "more": N_(
        "There are more incidents since then: {after} instead of {before} in 28 days. Chance alone does so much in "
        "{luck} of all cases."
    ),
    "unclear": N_(
        "Whether there are fewer incidents since then can't be told: {after} instead of {before} in 28 days, and "
        "chance alone does so much in {luck} of all cases."
    ),
    "too-few": N_(
        "Whether there are fewer incidents since then can't be told: {after} instead of {before} in 28 days are too "
        "few of them."
    ),
}
HOW = N_(
    "An incident counts for the time in which it began. Sooner or later is told by the order of all times, with a test "
    "of Mann and Whitney and the median of all differences, for single long incidents pull a mean. With four "
    "incidents on each side something can be told at the earliest."
)


def cause_name(cause: Cause | None) -> str:
    """What a kind of cause is called, or that nobody has said."""
    return _("nobody has said yet") if cause is None else _(CAUSES[cause])


def changes(compared: Compared) -> tuple[str, str, str]:
    """What changed after a date, as far as it can be told: when they are noticed, when they are over, how often."""
    before, after = compared.before, compared.after
    return (
        _change("detect", compared.detect, before.detect, after.detect),
        _change("recover", compared.recover, before.recover, after.recover),
        _(
            OFTEN[compared.often],
            before=times(before.each(DAYS)[0]),
            after=times(after.each(DAYS)[0]),
            luck=percent(Fraction(compared.luck), 0),
        ),
    )


def _change(what: What, change: Change, before: Speed, after: Speed) -> str:
    shift = change.shift
    message = CHANGES[what, change.told]
    if shift is None or shift.low is None or shift.high is None:
        return _(message, before=number(before.incidents), after=number(after.incidents))
    least, most = sorted((abs(shift.low), abs(shift.high)))
    return _(
        message,
        middle=minutes(abs(shift.middle)),
        least=minutes(least),
        most=minutes(most),
        sooner=minutes(max(-shift.low, 0)),
        later=minutes(max(shift.high, 0)),
    )


def times(count: Fraction) -> str:
    """How many in a time, cut off to one decimal: 1.5."""
    whole, tenths = divmod(int(count * 10), 10)
    return f"{number(whole)}.{tenths}" if tenths else number(whole)


def length(one: Fraction | None) -> str:
    """A mean or a median, or that there is none."""
    return "–" if one is None else minutes(one)


def between(speed: Speed) -> str | None:
    """What the median of a time lies between; None where there are too few."""
    if speed.between is None:
        return None
    low, high = speed.between
    return _("{low} to {high}", low=minutes(low), high=minutes(high))


def goes_on(stretch: Stretch) -> str | None:
    """That incidents that go on are not in the mean time to recover yet."""
    if not stretch.open:
        return None
    return ngettext(
        "{n} incident goes on: how long it takes is not known yet, and does not count.",
        "{n} incidents go on: how long they take is not known yet, and does not count.",
        stretch.open,
        n=number(stretch.open),
    )


# Tables


def month_table(trend: Trend, zone: str) -> Table:
    """A row a month."""
    return Table(
        headings("month", "incidents", "MTTD", "MTTR", "budget lost", "missed", "false"),
        tuple(
            (
                local(one.start, zone)[:7],
                number(one.incidents),
                length(one.detect.mean),
                length(one.recover.mean),
                percent(one.budget, 0),
                number(one.missed),
                number(one.false),
            )
            for one in trend.months
        ),
        frozenset({1, 2, 3, 4, 5, 6}),
    )


def cause_table(lost: tuple[Lost, ...]) -> Table:
    """What incidents of each kind of cause cost."""
    return Table(
        headings("cause", "incidents", "budget lost"),
        tuple(
            (cause_name(one.cause), number(one.incidents), percent(one.budget, 0))
            for one in sorted(lost, key=lambda one: -one.budget)
        ),
        frozenset({1, 2}),
    )


def side_table(compared: Compared) -> Table:
    """Before and after, beside each other."""
    sides = (compared.before, compared.after)
    rows = [
        (_("Incidents"), *(number(one.incidents) for one in sides)),
        (_("Incidents in 28 days"), *(times(one.each(DAYS)[0]) for one in sides)),
        (_("MTTD"), *(length(one.detect.mean) for one in sides)),
        *_medians(compared.before.detect, compared.after.detect),
        (_("MTTR"), *(length(one.recover.mean) for one in sides)),
        *_medians(compared.before.recover, compared.after.recover),
        (_("Budget lost in 28 days"), *(percent(one.each(DAYS)[1], 0) for one in sides)),
    ]
    return Table((" ", *headings("before", "after")), tuple(rows), frozenset({1, 2}))


def _medians(*sides: Speed) -> list[tuple[str, ...]]:
    """The medians, and where there are enough for that, what they lie between."""
    found: list[tuple[str, ...]] = [(_("the median"), *(length(one.median) for one in sides))]
    near = [between(one) for one in sides]
    if any(near):
        found.append((_("95 % sure"), *(one or "–" for one in near)))
    return found


# JSON


def trend_json(trend: Trend) -> Json:
    """`tabiji incidents trend --json`: budgets are shares of a whole one, lengths are minutes, times are in UTC."""
    compared = trend.compared
    return {
        "from": iso_time(trend.whole.start * 60),
        "to": iso_time(trend.whole.end * 60),
        "whole": _stretch(trend.whole),
        "months": [_stretch(one) for one in trend.months],
        "before_after": None
        if compared is None
        else {
            "at": iso_time(compared.at * 60),
            "before": _stretch(compared.before),
            "after": _stretch(compared.after),
            "ttd": _shift(compared.detect),
            "ttr": _shift(compared.recover),
            "incidents": {"told": compared.often, "p": compared.luck},
        },
    }


def _stretch(one: Stretch) -> Json:
    often, budget = one.each(DAYS)
    return {
        "from": iso_time(one.start * 60),
        "to": iso_time(one.end * 60),
        "incidents": one.incidents,
        "open": one.open,
        "missed": one.missed,
        "false": one.false,
        "ttd": _speed(one.detect),
        "ttr": _speed(one.recover),
        "budget_lost": float(one.budget),
        "incidents_in_28_days": float(often),
        "budget_lost_in_28_days": float(budget),
        "causes": [
            {"cause": lost.cause, "incidents": lost.incidents, "budget_lost": float(lost.budget)}
            for lost in one.lost
        ],
    }


def _speed(one: Speed) -> Json:
    low, high = one.between or (None, None)
    return {
        "incidents": one.incidents,
        "mean_minutes": None if one.mean is None else float(one.mean),
        "median_minutes": None if one.median is None else float(one.median),
        "median_low_minutes": low,
        "median_high_minutes": high,
    }


def _shift(one: Change) -> Json:
    shift = one.shift
    return {
        "told": one.told,
        "difference_minutes": None if shift is None else float(shift.middle),
        "low_minutes": None if shift is None else shift.low,
        "high_minutes": None if shift is None else shift.high,
    }
