"""Action items and roadmaps → sentences, tables and JSON documents, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from tabiji.actions import Item, Origin, Sort, State
from tabiji.acts import Act
from tabiji.language import N_, _, headings
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.words import Table
from tabiji.roadmaps import By, Road

SORTS: Mapping[Sort, str] = {
    "action": N_("action item"),
    "concern": N_("concern"),
    "help": N_("unplanned help wanted"),
}
STATES: Mapping[State, str] = {
    "overdue": N_("overdue"),
    "open": N_("to be done"),
    "done": N_("done"),
    "dropped": N_("dropped"),
}
ORIGINS: Mapping[Origin, str] = {
    "hand": N_("opened by hand"),
    "review": N_("review {which}"),
    "incident": N_("incident {which}"),
    "post-mortem": N_("post-mortem {which}"),
    "policy": N_("policy {which}"),
}
_SENTENCES: Mapping[
    tuple[str, bool], str
] = {  # what was done; and whether to somebody or something, or to none
    ("opened", False): N_("{who} opened it."),
    ("owned", True): N_("{who} said that {to} sees to it."),
    ("owned", False): N_("{who} said that nobody sees to it any more."),
    ("supported", True): N_("{who} said that {to} supports the owner."),
    ("supported", False): N_("{who} said that nobody supports the owner any more."),
    ("due", True): N_("{who} said that it is due on {to}."),
    ("due", False): N_("{who} said that it is due on no certain day."),
    ("handed", True): N_("{who} handed it to the team {to}."),
    ("handed", False): N_("{who} said that it belongs to no team."),
    ("serves", True): N_("{who} said that it serves the line {to} of the mission."),
    ("serves", False): N_("{who} said that it serves no line of the mission any more."),
    ("done", False): N_("{who} said that it is done."),
    ("dropped", False): N_("{who} dropped it."),
    ("reopened", False): N_("{who} reopened it."),
    ("noted", False): N_("{who} noted:"),
}
_MOVED = N_("{who} moved the day on which it is due from {before} to {to}.")


def origin_phrase(item: Item) -> str:
    """What it came from: incident 7."""
    return _(ORIGINS[item.wanted.origin], which=item.wanted.which)


def act_sentence(act: Act, day: Callable[[date], str] = date.isoformat) -> str:
    """What somebody did to an item; the reason is the act's own `text`. `day` says how a day is written."""
    to, before = act.body.get("to"), act.body.get("from")
    if act.what == "due":
        to, before = (day(date.fromisoformat(one)) if isinstance(one, str) else None for one in (to, before))
        if to and before:
            return _(_MOVED, who=act.who, before=before, to=to)
    return _(_SENTENCES[act.what, to is not None], who=act.who, to=to)


def action_table(items: Iterable[Item], today: date) -> Table:
    """One row per item."""
    return Table(
        headings("#", "due on", "state", "team", "owner", "what"),
        tuple(
            (
                str(one.number),
                "–" if one.wanted.due is None else one.wanted.due.isoformat(),
                _(STATES[one.state(today)]),
                one.wanted.team or "–",
                one.wanted.owner or "–",
                _titled(one),
            )
            for one in items
        ),
        frozenset({0}),
    )


def _titled(item: Item) -> str:
    """A concern and wanted help say what they are."""
    if item.wanted.sort == "action":
        return item.wanted.title
    return _("{sort}: {title}", sort=_(SORTS[item.wanted.sort]), title=item.wanted.title)


def roadmap_table(roads: Iterable[Road]) -> Table:
    """One row per item that is open: whose, when, what."""
    return Table(
        headings("team", "when", "#", "owner", "supporter", "what"),
        tuple(
            (
                road.team or "–",
                when,
                str(one.number),
                one.wanted.owner or "–",
                one.wanted.supporter or "–",
                _titled(one),
            )
            for road in roads
            for when, items in _places(road)
            for one in items
        ),
        frozenset({2}),
    )


def _places(road: Road) -> list[tuple[str, tuple[Item, ...]]]:
    return [
        (_("overdue"), road.overdue),
        *(
            (stretch_name(one.first.isoformat()[:7], last_day(one.end).isoformat()[:7]), one.items)
            for one in road.stretches
        ),
        (_("later"), road.later),
        (_("no day yet"), road.undated),
        (_("help wanted"), road.help),
        (_("concern"), road.concerns),
    ]


def last_day(end: date) -> date:
    """The last day before another."""
    return end - timedelta(days=1)


def stretch_name(first: str, last: str) -> str:
    """A month, or some months: 2026-04 – 2026-06."""
    return first if first == last else _("{first} – {last}", first=first, last=last)


def roadmap_json(roads: Iterable[Road], by: By, today: date) -> Json:
    """`tabiji actions roadmap --json`."""

    def told(items: Iterable[Item]) -> list[Json]:
        return [action_json(one, today) for one in items]

    return {
        "by": by,
        "teams": [
            {
                "team": road.team,
                "overdue": told(road.overdue),
                "stretches": [
                    {
                        "from": one.first.isoformat(),
                        "to": last_day(one.end).isoformat(),
                        "actions": told(one.items),
                    }
                    for one in road.stretches
                ],
                "later": told(road.later),
                "undated": told(road.undated),
                "help": told(road.help),
                "concerns": told(road.concerns),
                "done": told(road.done),
            }
            for road in roads
        ],
    }


def actions_json(items: Iterable[Item], today: date) -> Json:
    """`tabiji actions --json`."""
    return {"actions": [action_json(one, today) for one in items]}


def action_json(item: Item, today: date) -> Json:
    """One item with its history; times in UTC, days as they are where the site is."""
    wanted = item.wanted
    return {
        "action": item.number,
        "last": item.last,
        "title": wanted.title,
        "detail": wanted.detail,
        "sort": wanted.sort,
        "state": item.state(today),
        "team": wanted.team,
        "owner": wanted.owner,
        "supporter": wanted.supporter,
        "due": None if wanted.due is None else wanted.due.isoformat(),
        "line": wanted.line,
        "journey": wanted.journey,
        "from": {"origin": wanted.origin, "which": wanted.which or None},
        "opened": iso_time(item.opened.at),
        "ended": None if item.ended_at is None else iso_time(item.ended_at),
        "outcome": item.outcome or None,
        "history": [
            {
                "at": iso_time(act.at),
                "author": act.who,
                "what": act.what,
                "from": act.body.get("from"),
                "to": act.body.get("to"),
                "text": act.body.get("text"),
            }
            for act in item.acts
        ],
    }
