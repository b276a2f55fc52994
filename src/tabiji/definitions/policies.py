"""The shape of a policy → the policy: what was agreed, by whom, and what may make an exception."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

from tabiji.definitions import meanings, shapes, sites
from tabiji.definitions.documents import Document, Loc
from tabiji.definitions.known import Known, check_names, check_teams, moment, required
from tabiji.definitions.meanings import MistakeError
from tabiji.definitions.shaping import nearest
from tabiji.definitions.sites import Site
from tabiji.journeys import Text
from tabiji.language import _
from tabiji.policies import (
    BACK,
    TRIGGERS,
    BudgetBelow,
    Condition,
    Exemption,
    Exhausted,
    Happens,
    Policy,
    Step,
)

_BELOW = re.compile(r"budget\s+below\s+(.*)")
_BACK = re.compile(r"budget\s+back\s+at\s+(.*)")
_CONDITIONS = ("budget below 50%", "budget exhausted", "page fires", "ticket fires", "drop found")


def policy(document: Document, name: str, shape: shapes.Policy, known: Known) -> Policy:
    loc: Loc = ("policies", name)
    sites.check_name(document, loc, name, _("a policy"))
    required(document, loc, shape, ("agreed", "owners", "steps"), "a policy")
    agreed = shape.agreed
    if agreed is not None:
        required(document, (*loc, "agreed"), agreed, ("by", "on"), "`agreed`")
    journeys = _journeys_of(document, loc, shape, known)
    steps: list[Step] = []
    for step_name, step in (shape.steps or {}).items():
        found = _step(document, (*loc, "steps", step_name), step_name, step, tuple(shape.owners or ()))
        if found is None:
            continue
        same = next((one.name for one in steps if one.when == found.when), None)
        if same is not None:
            message = _("step `{step}` has the same condition; put what both do into one", step=same)
            document.blame((*loc, "steps", step_name, "when"), message)
        _check_can_happen(document, (*loc, "steps", step_name, "when"), found.when, journeys, known)
        steps.append(found)
    exceptions = [
        _exception(document, (*loc, "exceptions", i), one, shape, journeys, known.site)
        for i, one in enumerate(shape.exceptions or ())
    ]
    return Policy(
        name=name,
        title=sites.text(document, (*loc, "title"), shape.title) or Text(name, name),
        team=shape.team,
        journeys=journeys,
        agreed_by=tuple(agreed.by or ()) if agreed is not None else (),
        agreed_on=_day(document, (*loc, "agreed", "on"), agreed.on if agreed is not None else None),
        steps=tuple(steps),
        exceptions=tuple(one for one in exceptions if one is not None),
    )


def _journeys_of(document: Document, loc: Loc, shape: shapes.Policy, known: Known) -> tuple[str, ...]:
    """The journeys that a policy is for: those it names, its team's, or all of them."""
    check_teams(document, (*loc, "team"), [shape.team] if shape.team is not None else [], known)
    named = shape.journeys
    if known.journeys is None:
        return tuple(named or ())
    teams = {journey.name: journey.team for journey in known.journeys}
    if named is None:
        return tuple(name for name, team in teams.items() if shape.team in (None, team))
    if not named:
        message = _("name at least one journey, or leave `journeys` out")
        document.blame((*loc, "journeys"), message, key=True)
    check_names(document, (*loc, "journeys"), named, list(teams), _("a journey"))
    for i, name in enumerate(named):
        if shape.team is not None and name in teams and teams[name] != shape.team:
            owner = teams[name]
            if owner is None:
                message = _("`{name}` has no team, not to `{team}`", name=name, team=shape.team)
            else:
                message = _(
                    "`{name}` belongs to team `{owner}`, not to `{team}`",
                    name=name,
                    owner=owner,
                    team=shape.team,
                )
            document.blame((*loc, "journeys", i), message)
    return tuple(named)


def _step(
    document: Document, loc: Loc, name: str, shape: shapes.PolicyStep, owners: tuple[str, ...]
) -> Step | None:
    sites.check_name(document, loc, name, _("a step"))
    title = sites.text(document, (*loc, "title"), shape.title) or Text(name, name)
    complete = required(document, loc, shape, ("when", "then"), "a step")
    for i, action in enumerate(shape.then or ()):
        if action in (shape.then or ())[:i]:
            document.blame((*loc, "then", i), _("`{name}` is here twice", name=action))
    if not complete or shape.when is None:
        return None
    key = "when"
    try:
        when = condition(shape.when)
        key = "until"
        if shape.until is not None:
            when = _until(when, shape.until)
    except MistakeError as mistake:
        document.blame((*loc, key), mistake.message, offset=mistake.offset)
        return None
    return Step(name, title, when, tuple(shape.then or ()), tuple(shape.owners or owners))


def condition(text: str) -> Condition:
    """What a step's `when` means. Raises MistakeError."""
    words = " ".join(text.split())
    if words == "budget exhausted":
        return Exhausted(BACK)
    for trigger in TRIGGERS:
        if words == f"{trigger} {'found' if trigger == 'drop' else 'fires'}":
            return Happens(trigger)
    share = _BELOW.fullmatch(text)
    if not share:
        hint = nearest(words, _CONDITIONS)
        raise MistakeError(_("`{written}` is not a condition{hint}", written=text, hint=hint))
    below = _budget(share[1], share.start(1))
    if below == 0:
        raise MistakeError(_("nothing left is `budget exhausted`"), share.start(1))
    return BudgetBelow(below, min(below + BACK, Fraction(1)))


def _until(when: Condition, text: str) -> Condition:
    """The condition with the end that was agreed."""
    share = _BACK.fullmatch(text)
    if not share:
        message = _("`{written}` is not an end; write for example `budget back at 10%`", written=text)
        raise MistakeError(message)
    until = _budget(share[1], share.start(1))
    match when:
        case Happens():
            message = _("`until` goes with a budget; alerts and drops are over after a quiet hour")
            raise MistakeError(message)
        case BudgetBelow(share=below) if until < below:
            shown = meanings.decimal(below * 100)
            message = _("`when` begins below {share}%: the end is not before that", share=shown)
            raise MistakeError(message, share.start(1))
        case BudgetBelow(share=below):
            return BudgetBelow(below, until)
        case Exhausted():
            return Exhausted(until)


def _budget(text: str, offset: int) -> Fraction:
    try:
        share = meanings.share(text, _("a share of the budget"))
    except MistakeError as mistake:
        raise MistakeError(mistake.message, offset) from None
    if share > 1:
        raise MistakeError(_("there is never more than 100% of a budget"), offset)
    return share


def _check_can_happen(
    document: Document, loc: Loc, when: Condition, journeys: tuple[str, ...], known: Known
) -> None:
    """A step that waits for an alert that nobody sends would wait for ever."""
    if not isinstance(when, Happens) or when.trigger == "drop" or not known.sound:
        return
    tiers = [
        tier
        for journey in known.journeys or ()
        if journey.name in journeys
        for objective in journey.objectives
        for tier in objective.tiers
    ]
    if journeys and all(tier.severity != when.trigger for tier in tiers):
        if when.trigger == "page":
            message = _("this can never happen: no objective of these journeys pages")
        else:
            message = _("this can never happen: no objective of these journeys opens tickets")
        document.blame(loc, message)


def _exception(
    document: Document,
    loc: Loc,
    shape: shapes.PolicyException,
    policy: shapes.Policy,
    journeys: tuple[str, ...],
    site: Site,
) -> Exemption | None:
    complete = required(document, loc, shape, ("by", "reason", "until"), "an exception")
    start = moment(document, (*loc, "from"), shape.start, site.timezone)
    until = moment(document, (*loc, "until"), shape.until, site.timezone)
    steps = list(policy.steps or ())
    if steps:
        check_names(document, (*loc, "steps"), shape.steps or (), steps, _("a step of this policy"))
    if journeys:
        noun = _("a journey of this policy")
        check_names(document, (*loc, "journeys"), shape.journeys or (), journeys, noun)
    if start is not None and until is not None and until <= start:
        document.blame((*loc, "until"), _("an exception ends after it begins"))
    if not complete or until is None:
        return None
    return Exemption(
        by=shape.by or "",
        reason=shape.reason or "",
        start=start,
        until=until,
        steps=tuple(shape.steps or ()),
        journeys=tuple(shape.journeys or ()),
    )


def _day(document: Document, loc: Loc, written: str | None) -> str:
    if written is None:
        return ""
    try:
        return date.fromisoformat(written).isoformat()
    except ValueError:
        message = _("`{written}` is not a day; write for example `2026-04-01`", written=written)
        document.blame(loc, message)
        return ""
