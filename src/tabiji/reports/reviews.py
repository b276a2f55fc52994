"""Weekly reviews → words, a table, notes in Markdown for the team's chat, and JSON documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction

from tabiji.actions import Item
from tabiji.journeys import Journey
from tabiji.language import N_, _, current, headings, ngettext
from tabiji.reports import phrases
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.words import Table
from tabiji.reviews import (
    ALL,
    Choice,
    Decision,
    Finding,
    Led,
    Outcome,
    Reason,
    Review,
    Step,
    Suffered,
)

STEPS: Mapping[Step, str] = {
    "before": N_("What was decided before"),
    "dropped": N_("What dropped"),
    "why": N_("Why"),
    "users": N_("Did users suffer?"),
    "decide": N_("Decide"),
    "end": N_("Close"),
}
CHOICES: Mapping[Choice, str] = {
    "mend": N_("mend: somebody works on it"),
    "watch": N_("watch: look again on that day"),
    "loosen": N_("loosen the promise"),
    "tighten": N_("tighten the promise"),
    "correct": N_("correct: these events should not count"),
    "agree": N_("agree to the promise"),
    "drop": N_("drop the promise"),
    "nothing": N_("leave it as it is"),
}
LED: Mapping[Led, str] = {"team": N_("the team"), "sre": N_("an SRE")}
SUFFERED: Mapping[Suffered, str] = {
    "yes": N_("Users suffered."),
    "no": N_("Users did not suffer."),
    "unknown": N_("Nobody knows whether users suffered."),
}
OUTCOMES: Mapping[Outcome, str] = {
    "done": N_("it is done"),
    "carried": N_("carried over"),
    "dropped": N_("it was dropped"),
}
REASONS: Mapping[Reason, str] = {
    "spent": N_("spent more than a quarter of what a week may, and more than the week before"),
    "state": N_("its state is worse than a week ago"),
}


def objective_titles(journeys: Iterable[Journey]) -> dict[str, str]:
    """What each objective is called, with its journey."""
    return {
        one.id: _(
            "{journey}: {objective}",
            journey=journey.title.to(current()) or journey.name,
            objective=one.title.to(current()) or one.name,
        )
        for journey in journeys
        for one in journey.objectives
    }


def drop_sentence(
    title: str,
    spent: Fraction | None,
    spent_before: Fraction | None,
    left: Fraction | None,
    left_before: Fraction | None,
) -> str:
    """What dropped, and by how much."""
    return _(
        "“{objective}”: {share} of what a week may spend was spent, {before} the week before; {left} of the budget "
        "is left, {left_before} a week ago.",
        objective=title,
        share=_share(spent),
        before=_share(spent_before),
        left=_share(left),
        left_before=_share(left_before),
    )


def _share(share: Fraction | None) -> str:
    return "–" if share is None else phrases.share(share, current(), 0)


def decision_sentence(one: Decision, titles: Mapping[str, str]) -> str:
    """What was decided about what, by whom and until when."""
    what = one.decided
    title, choice = titles.get(what.objective, what.objective), _(CHOICES[what.choice])
    if not what.owner or what.due is None:
        return _("“{objective}”: {choice}.", objective=title, choice=choice)
    return _(
        "“{objective}”: {choice}; {owner}, by {day}.",
        objective=title,
        choice=choice,
        owner=what.owner,
        day=what.due.isoformat(),
    )


def finding_sentence(one: Finding, titles: Mapping[str, str]) -> str:
    """What is known of a drop."""
    title = titles.get(one.objective, one.objective)
    cause = one.cause or _("The cause is not known.")
    said = _("“{objective}”: {cause}", objective=title, cause=cause)
    more = ([_(SUFFERED[one.suffered])] if one.suffered else []) + ([one.evidence] if one.evidence else [])
    return " ".join([said, *more])


def notes(
    review: Review, drops: Sequence[str], before: Sequence[Decision], titles: Mapping[str, str], team: str
) -> str:
    """All of it as Markdown: `drops` are sentences, `before` what earlier reviews left open, `team` its title."""
    lines = [f"## {_('Review of the week of {day}: {team}', day=review.week.isoformat(), team=team)}", ""]
    if review.leader and review.led_by:
        led = _("Led by {name} ({role}).", name=review.leader, role=_(LED[review.led_by]))
        there = _("There: {names}.", names=", ".join(review.present)) if review.present else ""
        lines += [" ".join(filter(None, [led, there])), ""]
    followed = [f"{decision_sentence(one, titles)} → {_outcome(review, one)}" for one in before]
    sections = (
        (_("What was decided before"), followed),
        (_("What dropped"), list(drops)),
        (
            _("Why, and whether users suffered"),
            [finding_sentence(one, titles) for one in review.findings.values()],
        ),
        (_("Decided"), [f"{decision_sentence(one, titles)} {one.decided.why}" for one in review.standing]),
        (_("Concerns"), [_concern(one.text, one.owner, one.due) for one in review.concerns]),
    )
    for heading, said in sections:
        if said:
            lines += [f"### {heading}", "", *(f"- {_flat(one)}" for one in said), ""]
    return "\n".join(lines).rstrip() + "\n"


def _outcome(review: Review, one: Decision) -> str:
    said = review.followed.get(one.name)
    if said is None:
        return _("nothing was said of it")
    until = "" if said.due is None else _("until {day}", day=said.due.isoformat())
    return ": ".join(filter(None, [" ".join(filter(None, [_(OUTCOMES[said.outcome]), until])), said.text]))


def _concern(text: str, owner: str, due: date | None) -> str:
    who = ", ".join(filter(None, [owner, "" if due is None else due.isoformat()]))
    return f"{text} ({who})" if who else text


def _flat(text: str) -> str:
    """On one line: a list's entry ends with it."""
    return " ".join(text.split())


def review_table(found: Iterable[Review]) -> Table:
    """One row per review."""
    rows = tuple(
        (
            one.week.isoformat(),
            one.team,
            standing_words(one),
            one.leader or "–",
            str(len(one.standing)),
        )
        for one in found
    )
    return Table(headings("week", "team", "state", "led by", "decisions"), rows, frozenset({4}))


def standing_words(one: Review) -> str:
    """Whether it was held, and how long it took."""
    minutes = one.lasted_minutes
    if minutes is not None:
        return ngettext("held, {n} minute", "held, {n} minutes", minutes, n=minutes)
    return _("not begun") if one.began_at is None else _("going on")


def reviews_json(found: Iterable[Review], items: Mapping[str, Item]) -> Json:
    """`tabiji reviews --json`; `items` as `review_json` takes them."""
    return {"reviews": [review_json(one, items) for one in found]}


def review_json(one: Review, items: Mapping[str, Item]) -> Json:
    """One review with all that was said in it; times in UTC, days as they are where the site is.

    `items` are the action items that reviews opened, by the names of decisions (`learning/2026-06-01#2`) and of
    concerns (`learning/2026-06-01#c1`).
    """
    return {
        "review": one.subject,
        "team": one.team,
        "all_teams": one.team == ALL,
        "week": one.week.isoformat(),
        "leader": one.leader,
        "led_by": one.led_by,
        "present": list(one.present),
        "began": None if one.began_at is None else iso_time(one.began_at),
        "held": None if one.held_at is None else iso_time(one.held_at),
        "lasted_minutes": one.lasted_minutes,
        "step": one.step,
        "findings": [
            {
                "objective": each.objective,
                "cause": each.cause or None,
                "users_suffered": each.suffered,
                "evidence": each.evidence or None,
            }
            for each in one.findings.values()
        ],
        "decisions": [_decision_json(each, items) for each in one.decisions],
        "concerns": [
            {
                "concern": each.ordinal,
                "text": each.text,
                "owner": each.owner or None,
                "due": None if each.due is None else each.due.isoformat(),
                "author": each.word.who,
                "at": iso_time(each.word.at),
                "action": _action(items.get(f"{one.subject}#c{each.ordinal}")),
            }
            for each in one.concerns
        ],
        "followed": [
            {
                "decision": each.name,
                "outcome": each.outcome,
                "text": each.text or None,
                "due": None if each.due is None else each.due.isoformat(),
                "author": each.word.who,
                "at": iso_time(each.word.at),
            }
            for each in one.followed.values()
        ],
    }


def _action(item: Item | None) -> int | None:
    return None if item is None else item.number


def _decision_json(one: Decision, items: Mapping[str, Item]) -> Json:
    what = one.decided
    return {
        "decision": one.ordinal,
        "name": one.name,
        "objective": what.objective,
        "choice": what.choice,
        "why": what.why,
        "owner": what.owner or None,
        "due": None if what.due is None else what.due.isoformat(),
        "author": one.word.who,
        "at": iso_time(one.word.at),
        "changed": one.changed or None,
        "withdrawn": one.withdrawn,
        "action": _action(items.get(one.name)),
    }
