"""What happened and what was decided → a sentence and a JSON document, as plain values.

A new kind of act needs one entry in KINDS: its name, the page of one, and what is said of which of its acts. Acts that
are not named there (a vote among hundreds) are not told; a kind that has no entry is told in the words of its acts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from tabiji.agreements import PART_WORDS
from tabiji.language import N_, _, listed
from tabiji.policies import ACTIONS as POLICY_ACTIONS
from tabiji.reports.agreements import ACTIONS, CATEGORIES
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.marks import KINDS as MARKS
from tabiji.reports.numbers import minutes, percent
from tabiji.reports.reviews import CHOICES


class Kind(NamedTuple):
    """What a kind is called, where one of it is shown, and what is said of which of its acts."""

    title: str
    path: str
    said: Mapping[str, str]


KINDS: Mapping[str, Kind] = {
    "review": Kind(
        N_("reviews"),
        "/reviews/{subject}",
        {
            "begun": N_("{who} began the weekly review {subject}."),
            "decided": N_("{who} decided in review {subject} about {objective}: {choice}. {why}"),
            "raised": N_("{who} raised a concern in review {subject}: {text}"),
            "held": N_("{who} closed the weekly review {subject}."),
        },
    ),
    "agreement": Kind(
        N_("agreements"),
        "/policies/{subject}",
        {
            "signed": N_("{who} signed the policy “{title}” {part}."),
            "asked": N_("{who} asked for a change of the policy “{title}”: {why}"),
            "withdrawn": N_("{who} took back what they had said of the policy “{title}”: {why}"),
            "excepted": N_("{who} granted an exception from the policy “{title}”: {why}"),
            "resumed": N_("{who} ended an exception from the policy “{title}”: {why}"),
        },
    ),
    "action": Kind(
        N_("action items"),
        "/actions/{subject}",
        {
            "opened": N_("{who} opened the action item “{title}”."),
            "done": N_("{who} said that the action item “{title}” is done: {text}"),
            "dropped": N_("{who} dropped the action item “{title}”: {text}"),
            "reopened": N_("{who} reopened the action item “{title}”: {text}"),
        },
    ),
    "result": Kind(
        N_("key results"),
        "/results/{subject}",
        {
            "opened": N_("{who} opened the key result “{title}”."),
            "changed": N_("{who} changed the key result “{title}”: {text}"),
            "closed": N_("{who} closed the key result “{title}”: {text}"),
        },
    ),
    "board": Kind(
        N_("workshops"),
        "/workshops/{subject}",
        {
            "opened": N_("{who} opened the workshop “{title}”."),
            "ended": N_("{who} ended the workshop “{title}”."),
        },
    ),
    "calm": Kind(
        N_("calm days"),
        "/journeys/{subject}",
        {
            "calm": N_("{who} said that {first} to {last} were calm days of {subject}: {why}"),
            "not-calm": N_("{who} said that {first} to {last} were no calm days of {subject}: {why}"),
            "as-found": N_("{who} left {first} to {last} of {subject} to what the data say: {why}"),
        },
    ),
    "mission": Kind(N_("mission"), "/mission", {"written": N_("{who} wrote a new version of the mission.")}),
    "engagement": Kind(
        N_("engagements of SRE"),
        "/practice/{team}",
        {
            "begun": N_("{who} began an engagement of SRE with {team}: {why}"),
            "ended": N_("{who} ended an engagement of SRE with {team}: {why}"),
        },
    ),
    "postmortem": Kind(
        N_("post-mortems"),
        "/postmortems/{subject}",
        {
            "drafted": N_("{who} began post-mortem {subject}."),
            "submitted": N_("{who} handed post-mortem {subject} in for review."),
            "returned": N_("{who} handed post-mortem {subject} back: {reason}"),
            "published": N_("{who} published post-mortem {subject}."),
        },
    ),
    "incident-cause": Kind(
        N_("kinds of causes"),
        "/incidents/{subject}",
        {"said": N_("{who} said what kind of cause incident {subject} had. {text}")},
    ),
    # what are no acts
    "incident": Kind(
        N_("incidents"),
        "/incidents/{subject}",
        {
            "began": N_("Incident {subject} of {journey} began."),
            "over": N_("Incident {subject} of {journey} is over, after {length}."),
            "cost": N_(
                "Incident {subject} of {journey} is over, after {length}. It cost {share} of the budget."
            ),
            "missed": N_("{journey} suffered for {length} without any alert: incident {subject}."),
            "false": N_("Incident {subject} of {journey} was a false alarm."),
        },
    ),
    "policy": Kind(
        N_("what policies did"),
        "/policies/{subject}",
        {
            "acts": N_("The policy “{title}” acted for {objective}: {actions}."),
            "suspended": N_("An exception held the policy “{title}” back for {objective}: {reason}"),
            "resumed": N_(
                "The exception was over, and the policy “{title}” was in force again for {objective}."
            ),
            "ended": N_("The policy “{title}” asked for nothing any more for {objective}."),
        },
    ),
    "definitions": Kind(
        N_("changes of definitions"),
        "",
        {
            "added": N_("Journeys were defined: {names}."),
            "changed": N_("The definitions of these journeys changed: {names}."),
            "gone": N_("The definitions of these journeys are gone: {names}."),
            "others": N_("Settings, policies or corrections changed."),
        },
    ),
    "mark": Kind(N_("marks"), "", dict.fromkeys(MARKS, "{mark}: {title} ({who})")),
    "correction": Kind(
        N_("corrections"),
        "",
        {
            "once": N_("Correction, {category}: {reason} ({who})"),
            "again": N_("Correction, {category}, {n} times in this period: {reason} ({who})"),
        },
    ),
}
POLICY = "policy "  # before the names of policies, in titles
OTHER = N_("{who}: {kind}, {what}. {title}")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened or was decided, at a second since the epoch.

    `subject` names the thing within its kind, `title` is what people call it. Without `journeys` and `team` it
    concerns all. `path` is the page of it, `details` what its sentence is made of. `number` orders what is of one
    second.
    """

    second: int
    kind: str
    what: str
    subject: str
    title: str = ""
    who: str = ""
    team: str | None = None
    journeys: tuple[str, ...] = ()
    path: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    number: int = 0


def is_told(kind: str, what: str) -> bool:
    """Whether an act is told at all: all of a kind that nobody has listed, of others those that have a sentence."""
    known = KINDS.get(kind)
    return known is None or what in known.said


def path_of(kind: str, places: Mapping[str, str]) -> str:
    """The page of a thing; empty where there is none."""
    known = KINDS.get(kind)
    return "" if known is None else known.path.format_map(_Places(places))


def kind_title(kind: str) -> str:
    """What a kind is called."""
    return _(KINDS[kind].title) if kind in KINDS else kind


def sentence(entry: Entry, titles: Mapping[str, str]) -> str:
    """What happened, in a sentence. `titles` are those of journeys, objectives and teams, by their names."""
    places: dict[str, str] = {"kind": kind_title(entry.kind), "what": entry.what}
    for name, found in (
        *entry.details.items(),
        ("subject", entry.subject),
        ("title", entry.title),
        ("who", entry.who),
        ("team", entry.team or ""),
    ):
        places[name] = _WORDS[name](found, titles) if name in _WORDS else _flat(found)
    known = KINDS.get(entry.kind)
    message = OTHER if known is None else known.said.get(entry.what, OTHER)
    return _(message, **_all_places(message, places)).strip()


class _Places(dict[str, str]):
    """What is not known is nothing."""

    def __missing__(self, name: str) -> str:
        return ""


def _all_places(message: str, places: Mapping[str, str]) -> dict[str, str]:
    names = {part.partition("}")[0] for part in message.split("{")[1:]}
    return {name: places.get(name, "") for name in names}


def _flat(found: object) -> str:
    return " ".join(str(found).split()) if isinstance(found, str | int) else ""


def _named(found: object, titles: Mapping[str, str]) -> str:
    return titles.get(str(found), str(found))


def _names(found: object, titles: Mapping[str, str]) -> str:
    return listed(titles.get(str(one), str(one)) for one in found) if isinstance(found, list | tuple) else ""


_WORDS: Mapping[str, Callable[[object, Mapping[str, str]], str]] = {
    "objective": _named,
    "journey": _named,
    "team": _named,
    "names": _names,
    "subject": _named,
    "title": lambda found, titles: titles.get(f"{POLICY}{found}", _flat(found)),
    "part": lambda found, _titles: _(next(said for part, said in PART_WORDS.items() if part == found)),
    "choice": lambda found, _titles: _(next(said for one, said in CHOICES.items() if one == found)),
    "category": lambda found, _titles: _(next(said for one, said in CATEGORIES.items() if one == found)),
    "mark": lambda found, _titles: _(next(said for one, said in MARKS.items() if one == found)),
    "actions": lambda found, _titles: listed(
        _(ACTIONS[one]) for one in POLICY_ACTIONS if isinstance(found, list | tuple) and one in found
    ),
    "length": lambda found, _titles: minutes(found) if isinstance(found, int) else "",
    "share": lambda found, _titles: percent(found, 0) if isinstance(found, Fraction) else "",
}


def history_json(
    entries: Iterable[Entry], total: int, period: tuple[int, int], next_before: str | None
) -> Json:
    """`tabiji history --json`: in no language. `before` asks for what comes after these."""
    return {
        "from": iso_time(period[0]),
        "to": iso_time(period[1]),
        "total": total,
        "before": next_before,
        "entries": [_entry_json(one) for one in entries],
    }


def _entry_json(one: Entry) -> Json:
    return {
        "at": iso_time(one.second),
        "kind": one.kind,
        "what": one.what,
        "subject": one.subject,
        "title": one.title or None,
        "who": one.who or None,
        "team": one.team,
        "journeys": list(one.journeys),
        "path": one.path or None,
        "details": {name: _plain(found) for name, found in one.details.items()},
    }


def _plain(found: object) -> object:
    if isinstance(found, Fraction):
        return float(found)
    return list(found) if isinstance(found, tuple) else found
