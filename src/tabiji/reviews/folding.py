"""Acts on weekly reviews → how each stands; what earlier ones left open, and which weeks had none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from tabiji.acts import Act
from tabiji.reviews.values import (
    CHOICES,
    KIND,
    LED,
    OUTCOMES,
    STEPS,
    SUFFERED,
    Choice,
    Concern,
    Decided,
    Decision,
    Finding,
    Followed,
    Outcome,
    Review,
    Word,
)


def reviews(acts: Iterable[Act]) -> list[Review]:
    """All reviews that these acts made, by week and team."""
    found: dict[str, list[Act]] = {}
    for act in acts:
        if act.kind == KIND:
            found.setdefault(act.subject, []).append(act)
    made = [_named(name, some) for name, some in found.items()]
    return sorted(made, key=lambda one: (one.week, one.team))


def _named(name: str, acts: Sequence[Act]) -> Review:
    team, _slash, week = name.rpartition("/")
    return review(team, date.fromisoformat(week), acts)


def review(team: str, week: date, acts: Sequence[Act] = ()) -> Review:
    """The review that these acts made, in the order of their numbers; one that nobody has begun, without any."""
    one = Review(team, week, tuple(acts))
    for act in acts:
        one = _after(one, act)
    return one


def _after(one: Review, act: Act) -> Review:
    body, word = act.body, Word(act.who, act.at)
    match act.what:
        case "begun":
            led_by = next((led for led in LED if led == body.get("led_by")), None)
            present = body.get("present")
            return replace(
                one,
                leader=_said(body, "leader"),
                led_by=led_by,
                present=tuple(str(name) for name in present) if isinstance(present, list) else (),
                began_at=act.at if one.began_at is None else one.began_at,
            )
        case "reached":
            return replace(one, step=next((step for step in STEPS if step == body.get("step")), one.step))
        case "noted":
            return replace(one, findings={**one.findings, _said(body, "objective"): _found(one, body)})
        case "decided":
            made = Decision(one.subject, len(one.decisions) + 1, _decided(body), word)
            return replace(one, decisions=(*one.decisions, made))
        case "changed" | "withdrawn":
            return replace(one, decisions=tuple(_revised(each, act) for each in one.decisions))
        case "raised":
            due = _date(body.get("due"))
            text, owner = _said(body, "text"), _said(body, "owner")
            made_concern = Concern(len(one.concerns) + 1, text, owner, due, word)
            return replace(one, concerns=(*one.concerns, made_concern))
        case "followed":
            name = _said(body, "name")
            outcome: Outcome = next((each for each in OUTCOMES if each == body.get("outcome")), "carried")
            said = Followed(name, outcome, _said(body, "text"), word, _date(body.get("due")))
            return replace(one, followed={**one.followed, name: said})
        case "held":
            return replace(one, held_at=act.at, step="end")
        case "reopened":
            return replace(one, held_at=None)
    return one


def _found(one: Review, body: Mapping[str, object]) -> Finding:
    name = _said(body, "objective")
    before = one.findings.get(name, Finding(name))
    suffered = next((each for each in SUFFERED if each == body.get("suffered")), before.suffered)
    return Finding(
        name, _said(body, "cause") or before.cause, suffered, _said(body, "evidence") or before.evidence
    )


def _revised(one: Decision, act: Act) -> Decision:
    if one.ordinal != act.body.get("ordinal"):
        return one
    if act.what == "withdrawn":
        return replace(one, withdrawn=_said(act.body, "text"))
    return replace(one, decided=_decided(act.body), changed=_said(act.body, "text"))


def _decided(body: Mapping[str, object]) -> Decided:
    choice: Choice = next((each for each in CHOICES if each == body.get("choice")), "nothing")
    why, owner = _said(body, "why"), _said(body, "owner")
    return Decided(_said(body, "objective"), choice, why, owner, _date(body.get("due")))


def _said(body: Mapping[str, object], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def _date(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


def open_before(found: Iterable[Review], team: str, week: date) -> list[Decision]:
    """What earlier reviews of a team decided and no later one called done or dropped: the next one begins with it.

    What is to stay as it is asks for nothing. What was carried over to another day is due then.
    """
    waiting: dict[str, Decision] = {}
    for one in sorted((each for each in found if each.team == team), key=lambda each: each.week):
        if one.week >= week:
            break
        for name, said in one.followed.items():
            if said.outcome != "carried":
                waiting.pop(name, None)
            elif said.due is not None and name in waiting:
                before = waiting[name]
                waiting[name] = replace(before, decided=replace(before.decided, due=said.due))
        waiting |= {each.name: each for each in one.standing if each.decided.choice != "nothing"}
    return list(waiting.values())


def missed(found: Iterable[Review], team: str, first: date, end: date) -> list[date]:
    """The weeks in `[first, end)`, both Mondays, in which a team held no review; the oldest first."""
    held = {one.week for one in found if one.team == team and one.held_at is not None}
    weeks = ((end - first).days + 6) // 7
    return [week for n in range(weeks) if (week := first + timedelta(weeks=n)) not in held]
