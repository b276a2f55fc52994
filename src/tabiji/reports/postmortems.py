"""Post-mortems → what their parts are called and ask for, a table and JSON documents, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tabiji.language import N_, _, headings
from tabiji.postmortems import SECTIONS, Cause, Postmortem, Section, Stage, Users, Version, Words
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local, number
from tabiji.reports.words import Table

HEADINGS: Mapping[Section, str] = {
    "summary": N_("Summary"),
    "users": N_("What users met"),
    "timeline": N_("What happened besides"),
    "why": N_("How it came about"),
    "well": N_("What went well"),
    "lucky": N_("Where we were lucky"),
    "change": N_("What we change"),
}
QUESTIONS: Mapping[Section, str] = {
    "summary": N_("What happened, in three sentences that somebody of another team understands?"),
    "users": N_("What could users not do, and what did they see instead? Who was hit more than others?"),
    "timeline": N_(
        "What else happened when? One line each, such as `20:52 we rolled back`: it joins the timeline."
    ),
    "why": N_(
        "How did it come about? What made it possible, and what made what was done look right at that time? "
        "Systems and circumstances, not persons."
    ),
    "well": N_("What helped us to notice it, to understand it, to mend it?"),
    "lucky": N_("What could have made it worse, and did not by chance?"),
    "change": N_(
        "What do we change, so that it does not come again, is noticed sooner, or hurts fewer users?"
    ),
}
CAUSES: Mapping[Cause, str] = {
    "deployment": N_("a deployment"),
    "configuration": N_("a change of configuration"),
    "capacity": N_("too little capacity"),
    "dependency": N_("something that we depend on"),
    "data": N_("unexpected data"),
    "bug": N_("a bug that was there before"),
    "operation": N_("a manual operation"),
    "unknown": N_("not understood yet"),
    "other": N_("something else"),
}
STAGES: Mapping[Stage, str] = {
    "draft": N_("draft"),
    "review": N_("in review"),
    "published": N_("published"),
}
USERS: Mapping[str, str] = {
    "counted": N_(
        "{users} users: so many different values `{field}` had in {named} of the {failed} failures "
        "whose lines were read."
    ),
    "no-ids": N_(
        "How many users were hit is not known: no field of the {failed} failures whose lines were read "
        "says whose they are."
    ),
    "nothing-failed": N_("How many users were hit is not known: no line of the logs shows a failure."),
    "too-much": N_("How many users were hit was not counted: there are too many lines to read."),
    "gone": N_("How many users were hit can't be counted any more: the lines are gone."),
    "untried": N_("How many users were hit was not counted."),
}


def users_sentence(users: Users | None) -> str:
    """How many users an incident hit, or why that is not known."""
    if users is None:
        return _(USERS["untried"])
    return _(
        USERS[users.reason],
        users="–" if users.users is None else number(users.users),
        field=users.field,
        failed=number(users.failed),
        named=number(users.named),
    )


def field_name(field: str) -> str:
    """What a field of a post-mortem is called."""
    section = next((one for one in SECTIONS if one == field), None)
    if section is not None:
        return _(HEADINGS[section])
    return {"cause": _("kind of cause"), "lead": _("lead"), "title": _("title")}.get(field, field)


def words_json(words: Words) -> Json:
    """What people say in it; texts that are not there are empty."""
    return {
        "title": words.title,
        "cause": words.cause,
        "lead": words.lead,
        **{name: words.of(name) for name in SECTIONS},
    }


def postmortem_json(one: Postmortem, *, drafts: bool = True) -> Json:
    """How a post-mortem stands; `words` are those that are worked on; without `drafts` those published last."""
    words = one.words if drafts or one.published is None else one.published.words
    return {
        "incident": one.incident,
        "stage": one.stage,
        "words": words_json(words),
        "users": None
        if one.users is None
        else {
            "reason": one.users.reason,
            "users": one.users.users,
            "field": one.users.field or None,
            "failures": one.users.failed,
            "failures_with_field": one.users.named,
        },
        "drafted": {"at": iso_time(one.drafted_at), "by": one.drafted_by},
        "changed": {"at": iso_time(one.changed_at), "by": one.changed_by},
        "versions": [_version_json(version) for version in one.versions],
        "seen": one.seen,
    }


def _version_json(version: Version) -> Json:
    return {
        "version": version.number,
        "at": iso_time(version.at),
        "by": version.who,
        "words": words_json(version.words),
    }


def postmortem_table(rows: Iterable[tuple[Postmortem, Words, str, int]], zone: str) -> Table:
    """One row for each: the post-mortem, the words that may be shown, the journey, and when it began."""
    return Table(
        headings("#", "journey", "from", "stage", "cause", "title"),
        tuple(
            (
                str(one.incident),
                journey,
                local(minute, zone),
                _(STAGES[one.stage]),
                "–" if words.cause is None else _(CAUSES[words.cause]),
                words.title or _first_line(words.of("summary")),
            )
            for one, words, journey, minute in rows
        ),
        frozenset({0}),
    )


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
