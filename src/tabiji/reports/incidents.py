"""Incidents → sentences, tables and a JSON document, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Literal

from tabiji import windows
from tabiji.incidents import Detector, Incident, Means, Part, Spent
from tabiji.journeys import Objective
from tabiji.language import N_, _, headings, ngettext, pgettext
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local, minutes, number, percent, percents
from tabiji.reports.words import Table

PERIODS: Mapping[windows.Unit | Literal["whole", "days"], str] = {
    "day": N_("day's"),
    "week": N_("week's"),
    "month": N_("month's"),
    "quarter": N_("quarter's"),
    "year": N_("year's"),
    "whole": N_("whole"),
    "days": N_("{n}-day"),
}
NOTICED: Mapping[Detector, str] = {
    "alert": N_("an alert"),
    "enquiry": N_("an enquiry"),
    "human": N_("a person"),
}
STATES: Mapping[str, str] = {
    "open": N_("open"),
    "closed": N_("closed"),
    "missed": N_("missed"),
    "false": N_("false"),
}
STAGES: Mapping[str, str] = {
    "opened": N_("Told that it began"),
    "worse": N_("Told that it got worse"),
    "better": N_("Told that it got better"),
    "acknowledged": N_("Told who is on it"),
    "reminder": N_("Reminded that nobody has taken note"),
    "over": N_("Told that it is over"),
    "test": N_("Tested"),
    "report": N_("Sent a report"),
}
FACTS: Mapping[str, str] = {
    "opened": N_("{author} opened it as of {at}, noticed by {by}"),
    "detected": N_("{author} said that {by} noticed it on {at}"),
    "closed": N_("{author} closed it as of {at}"),
    "merged": N_("{author} merged it"),
    "split": N_("{author} split it on {at}"),
    "noted": "{author}",
    "acknowledged": N_("{author} took note of it"),
    "reopened": N_("{author} took its closing back"),
    "commands": N_("{author} said who is in charge"),
    "helps": N_("{author} said who helps"),
    "leaves": N_("{author} said who has no part in it any more"),
}
SENTENCES: Mapping[str, str] = {
    "over": N_("{what} from {start} to {end}"),
    "calming": N_("{what} from {start} to {end} (not yet calm for 15 minutes)"),
    "lasting": N_("{what} since {start}"),
    "failed": N_("{title}: {share} failed"),
    "slow": N_("{title}: {share} failed or took too long"),
    "minutes": N_("{title} was bad for {bad} of {total} minutes"),
    "unseen": N_("{title}: nothing that the logs show"),
    "all": N_("all attempts"),
    "one-in": N_("1 in {n} attempts"),
    "share": N_("{share} of all attempts"),
    "few": N_("fewer than 1 in 1,000 attempts"),
    "noticed": N_("noticed after {length} by {by}"),
    "at-once": N_("noticed at once by {by}"),
    "unnoticed": N_("nobody noticed"),
    "spent": N_("{share} of the {window} budget"),
    "rolling": "{length}",
    "missed": N_("MISSED: no alert told of it."),
    "false": N_("FALSE ALERT: less than 1 % of the budget was spent."),
    "merged": N_("It is part of incident {number}."),
    "means": N_(
        "Noticed after {detect} on average (MTTD; median {detect_median}), over after {recover} "
        "(MTTR; median {recover_median}), in {incidents}."
    ),
    "marks": N_(
        "Missed: more than 5 % of a budget spent without an alert. "
        "False: an alert, and less than 1 % spent. Neither counts for MTTD and MTTR."
    ),
}


def sentence(incident: Incident, title: str, objectives: Mapping[str, Objective], zone: str) -> str:
    """What happened, for somebody who has never heard of an SLO."""
    said = [_when(incident, _what(incident, title, objectives), zone)]
    if incident.measured is not None:
        detected = incident.to_detect
        by = incident.measured.times.by
        if detected is None or by is None:
            said.append(_(SENTENCES["unnoticed"]))
        else:
            key = "noticed" if detected else "at-once"
            said.append(_(SENTENCES[key], length=minutes(detected), by=_(NOTICED[by])))
    worst = incident.worst
    if worst is not None and worst.share is not None and worst.bad:
        said.append(_(SENTENCES["spent"], share=percent(worst.share, 0), window=_window(worst, objectives)))
    return _("{parts}.", parts=pgettext("between the parts of a sentence", "; ").join(said))


def _what(incident: Incident, title: str, objectives: Mapping[str, Objective]) -> str:
    worst = incident.worst
    if worst is None or not worst.bad:
        return _(SENTENCES["unseen"], title=title)
    objective = objectives.get(worst.objective)
    if objective is not None and objective.slices is not None:
        return _(SENTENCES["minutes"], title=title, bad=number(worst.bad), total=number(worst.total))
    slow = objective is not None and objective.faster_than_us is not None
    return _(SENTENCES["slow" if slow else "failed"], title=title, share=attempts(worst.bad, worst.total))


def attempts(bad: int, total: int) -> str:
    """How much failed, as people say it: 1 in 3 attempts. `bad` is not 0."""
    if bad == total:
        return _(SENTENCES["all"])
    if 2 * bad > total:
        return _(SENTENCES["share"], share=percent(Fraction(bad, total), 0))
    if bad * 1000 < total:
        return _(SENTENCES["few"])
    return _(SENTENCES["one-in"], n=total // bad)


def _window(spent: Spent, objectives: Mapping[str, Objective]) -> str:
    objective = objectives.get(spent.objective)
    if objective is None:
        return _(PERIODS["whole"])
    if isinstance(objective.window, windows.Calendar):
        return _(PERIODS[objective.window.unit])
    days, rest = divmod(objective.window.minutes, windows.DAY)
    return minutes(objective.window.minutes) if rest else _(PERIODS["days"], n=days)


def _when(incident: Incident, what: str, zone: str) -> str:
    times = incident.measured.times if incident.measured else None
    start = times.started if times else incident.opened_minute
    end = (times.calm if times.recovered is None else times.recovered) if times else incident.closed_minute
    shown = local(start, zone)
    if end is None:
        return _(SENTENCES["lasting"], what=what, start=shown)
    key = "over" if times is None or times.recovered is not None else "calming"
    return _(SENTENCES[key], what=what, start=shown, end=_short(end, start, zone))


def verdict(incident: Incident) -> str | None:
    """What is to be said of it beside what happened."""
    if incident.merged_into is not None:
        return _(SENTENCES["merged"], number=incident.merged_into)
    return None if incident.verdict is None else _(SENTENCES[incident.verdict])


def fact_sentence(kind: str, author: str, minute: int | None, text: str, zone: str) -> str:
    """What a person did to an incident, and why. `text` begins with who noticed, where that was said."""
    by, reason = text.split(": ", 1) if ": " in text else (text, "")
    noticed = next((words for name, words in NOTICED.items() if name == by), None)
    if kind not in ("opened", "detected") or noticed is None:
        reason = text
    said = _(
        FACTS.get(kind, FACTS["noted"]),
        author=author,
        at=None if minute is None else local(minute, zone),
        by=None if noticed is None else _(noticed),
    )
    return f"{said}: {reason}" if reason else said


def means_sentence(means: Means) -> str | None:
    """MTTD and MTTR in one line; None where nothing is known."""
    if means.to_detect is None and means.to_recover is None:
        return None
    count = ngettext("1 incident", "{n} incidents", means.incidents, n=number(means.incidents))
    return _(
        SENTENCES["means"],
        detect=_length(means.to_detect),
        detect_median=_length(means.to_detect_median),
        recover=_length(means.to_recover),
        recover_median=_length(means.to_recover_median),
        incidents=count,
    )


def incident_table(incidents: Iterable[Incident], zone: str) -> Table:
    """One row per incident; `state` says whether it is open, was missed, or was a false alert."""
    return Table(
        headings("#", "journey", "from", "to", "noticed", "budget", "state"),
        tuple(_row(incident, zone) for incident in incidents),
        frozenset({0, 4, 5}),
    )


def _row(incident: Incident, zone: str) -> tuple[str, ...]:
    times = incident.measured.times if incident.measured else None
    start = times.started if times else incident.opened_minute
    end = times.recovered if times else incident.closed_minute
    state = _(STATES[incident.verdict or ("open" if incident.closed_minute is None else "closed")])
    if incident.merged_into is not None:
        state = f"→ {incident.merged_into}"
    return (
        str(incident.number),
        incident.journey,
        local(start, zone),
        "–" if end is None else _short(end, start, zone),
        _length(None if incident.to_detect is None else Fraction(incident.to_detect)),
        "–" if incident.share is None else percent(incident.share, 0),
        state,
    )


def part_table(name: str, parts: Sequence[Part]) -> Table:
    """Steps or operations with their shares of all that was bad."""
    shares = percents([part.bad for part in parts])
    return Table(
        (name, *headings("bad", "of", "share")),
        tuple(
            (part.name, number(part.bad), number(part.total), share)
            for part, share in zip(parts, shares, strict=True)
        ),
        frozenset({1, 2, 3}),
    )


def _short(minute: int, after: int, zone: str) -> str:
    """Without the date where it is the same."""
    day, clock = local(minute, zone).split()
    return clock if local(after, zone).startswith(day) else f"{day} {clock}"


def _length(length: Fraction | None) -> str:
    return "–" if length is None else minutes(length)


def incidents_json(incidents: Iterable[Incident], means: Means) -> Json:
    """`tabiji incidents --json`."""
    return {
        "incidents": [incident_json(incident) for incident in incidents],
        "means": {
            "incidents": means.incidents,
            "mttd_minutes": _number(means.to_detect),
            "mttd_median_minutes": _number(means.to_detect_median),
            "mttr_minutes": _number(means.to_recover),
            "mttr_median_minutes": _number(means.to_recover_median),
            "missed": means.missed,
            "false": means.false,
        },
    }


def incident_json(incident: Incident) -> Json:
    """One incident; times in UTC, shares in full."""
    measured = incident.measured
    times = measured.times if measured else None
    worst = incident.worst
    return {
        "incident": incident.number,
        "journey": incident.journey,
        "cause": incident.cause,
        "state": "merged" if incident.merged_into else "open" if incident.closed_minute is None else "closed",
        "verdict": incident.verdict,
        "merged_into": incident.merged_into,
        "opened": _time(incident.opened_minute),
        "closed": _time(incident.closed_minute),
        "closing": incident.closing,
        "started": _time(times.started if times else None),
        "detected": _time(times.detected if times else None),
        "detected_by": times.by if times else None,
        "recovered": _time(times.recovered if times else None),
        "calm_since": _time(times.calm if times else None),
        "ttd_minutes": incident.to_detect,
        "ttr_minutes": incident.to_recover,
        "budget_spent": _number(incident.share),
        "objective": worst.objective if worst else None,
        "objectives": [
            {
                "objective": one.objective,
                "bad": one.bad,
                "total": one.total,
                "allowed": _number(one.allowed),
                "budget_spent": _number(one.share),
            }
            for one in (measured.spent if measured else ())
        ],
        "steps": parts_json("step", measured.steps if measured else ()),
        "operations": parts_json("operation", measured.operations if measured else ()),
        "alerts": list(incident.alerts),
    }


def parts_json(name: str, parts: Sequence[Part]) -> list[Json]:
    """What each step or operation (as `name` says) has of all that failed in these parts."""
    bad = sum(part.bad for part in parts)
    return [
        {
            name: part.name,
            "bad": part.bad,
            "total": part.total,
            "share_of_bad": part.bad / bad if bad else None,
        }
        for part in parts
    ]


def _time(minute: int | None) -> str | None:
    return None if minute is None else iso_time(minute * 60)


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
