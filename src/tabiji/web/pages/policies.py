"""`/policies`: what was agreed about budgets: terms, signatures, what is in force; and a person's word on each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from tabiji import policies
from tabiji.actions import State
from tabiji.agreements import EXCEPTION_DAYS_MAX, PART_WORDS, PARTS, TEXT_LONGEST, Granted
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.journeys import Text
from tabiji.language import N_, _, current
from tabiji.policies import Policy
from tabiji.reports.actions import STATES as TICKET_STATES
from tabiji.reports.agreements import ACTIONS, end_words
from tabiji.reports.ledger import history_sentences
from tabiji.reports.signatures import STATES, WHO, missing_sentence, step_sentence
from tabiji.runs import signing, simulating
from tabiji.runs.signing import Seen, Signed
from tabiji.runs.viewing import policies as viewing
from tabiji.runs.viewing import redrafting
from tabiji.store import StaleAct
from tabiji.web.context import Context
from tabiji.web.pages.journeys import day_of
from tabiji.web.pages.moments import minute_of
from tabiji.web.rendering import DAYS_MAX, Page

Act = Literal["sign", "ask", "withdraw", "except", "resume"]
SAID: Mapping[str, str] = {
    "signed": N_("{who} signed {part}."),
    "asked": N_("{who} asked for a change: {why}"),
    "withdrawn": N_("{who} took back what they had said: {why}"),
    "excepted": N_("{who} granted an exception: {why}"),
    "resumed": N_("{who} ended an exception: {why}"),
}
LOOKS: Mapping[str, str] = {  # of chips
    "agreed": "healthy",
    "changed": "at-risk",
    "waiting": "at-risk",
    "unsigned": "no-data",
}
TICKET_LOOKS: Mapping[State, str] = {
    "overdue": "exhausted",
    "open": "at-risk",
    "done": "healthy",
    "dropped": "no-data",
}
TOLD_SHOWN = 10
HINT_WORDS: Mapping[str, str] = {
    "name": "",
    "when": "budget below 25%",
    "until": "budget back at 10%",
    "then": "notify, review",
    "owners": "",
}
CONDITION_WORDS = (
    "budget below 50%",
    "budget below 25%",
    "budget exhausted",
    "page fires",
    "ticket fires",
    "drop found",
)
EXAMPLE = N_(
    "# policies/error-budgets.yaml\n"
    "policies:\n"
    "  budget-spent:\n"
    "    title: When an error budget is used up\n"
    "    agreed: {by: [Sato (product owner), Ito (development)], on: 2026-04-01}\n"
    "    owners: [Sato]\n"
    "    steps:\n"
    "      half-spent: {when: budget below 50%, then: [notify]}\n"
    "      spent: {when: budget exhausted, until: budget back at 10%, then: [stop-risky-deployments, review]}"
)


@dataclass(frozen=True)
class Typed:
    """What somebody typed into one of the forms; and why it was not done."""

    act: Act
    part: str = ""
    text: str = ""
    fault: str | None = None
    until: str = ""
    steps: tuple[str, ...] = ()
    number: str = ""


def routes(context: Context) -> APIRouter:
    """All policies, each of them, and the forms on its page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/policies")
    def listed(request: Request, team: str = "") -> Response:
        page = Page(context, request)
        found, teams = viewing.listing(page.site, context.store, page.now // 60), _teams(page.site)
        return page.html(
            "policies.html",
            _words(page),
            found=[one for one in found if not team or one.signed.policy.team == team],
            any_at_all=bool(found),
            team=team,
            teams=teams,
            example=EXAMPLE,
            teams_said=[(name, title.to(page.language) or name) for name, title in teams],
            team_titles={one.name: one.title for one in page.site.teams},
        )

    @router.get("/policies/{name}")
    def shown(request: Request, name: str) -> Response:
        return _page(Page(context, request), name)

    @router.get("/policies/{name}/past")
    def past(request: Request, name: str) -> Response:
        page = Page(context, request)
        _found(page, name)
        query = request.query_params
        asks = any(query.get(key) for key in ("from", "to"))
        period = page.period(f"now-{simulating.DAYS}d", DAYS_MAX) if asks else (None, None)
        fields = {key: said for key, said in query.items() if redrafting.is_field(key)}
        facts = redrafting.redraft(page.site, context.store, name, fields, period, os.environ)
        return page.html(
            "policy_past.html",
            _words(page),
            facts=facts,
            conditions=CONDITION_WORDS,
            hints=HINT_WORDS,
            actions=policies.ACTIONS,
        )

    @router.post("/policies/{name}/{act}")
    def done(
        request: Request,
        name: str,
        act: Act,
        part: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
        digest: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
        until: Annotated[str, Form()] = "",
        step: Annotated[list[str] | None, Form()] = None,
        number: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        found = _found(page, name)
        page.need(page.visitor.may_change(found.policy.team))
        typed = Typed(act, part, text.strip(), None, until, tuple(step or ()), number)
        last = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else None
        try:
            _do(page, name, typed, Seen(digest or None, last))
        except StaleAct:
            return _page(page, name, typed, 409)
        except UsageError as error:
            return _page(page, name, replace(typed, fault=str(error)), 422)
        return page.see(f"/policies/{name}")

    return router


def _found(page: Page, name: str) -> Signed:
    try:
        return signing.one_of(page.site, page.context.store, name)
    except UsageError as error:
        page.missing(str(error))


def _do(page: Page, name: str, typed: Typed, seen: Seen) -> None:
    site, store, who = page.site, page.context.store, page.visitor.name
    about = f"policy {name}"
    if typed.act == "sign":
        part = next((one for one in PARTS if one == typed.part), None)
        if part is None:
            raise UsageError(_("As whom do you sign? Product owner, team or SRE: say which."))
        signing.sign(site, store, name, part, who, page.now, seen)
        page.audit("policy-signed", about, part=part)
    elif typed.act == "ask":
        signing.ask(site, store, name, who, typed.text, page.now, seen)
        page.audit("policy-questioned", about, text=typed.text)
    elif typed.act == "withdraw":
        signing.withdraw(site, store, name, who, typed.text, page.now, seen)
        page.audit("policy-withdrawn", about, text=typed.text)
    elif typed.act == "except":
        wanted = Granted(who, typed.text, page.now // 60, minute_of(page, typed.until), typed.steps)
        signing.except_(site, store, name, wanted, page.now, seen)
        page.audit("policy-excepted", about, text=typed.text)
    else:
        number = int(typed.number) if typed.number.isascii() and typed.number.isdecimal() else 0
        signing.resume(site, store, name, number, who, typed.text, page.now, seen)
        page.audit("policy-resumed", about, text=typed.text)


def _page(page: Page, name: str, typed: Typed | None = None, status: int = 200) -> Response:
    _found(page, name)
    facts = viewing.page(page.site, page.context.store, name, page.now // 60, os.environ)
    standing, policy = facts.now.signed.standing, facts.now.signed.policy
    own = [one for one in (*standing.signed, *standing.outdated) if one.who == page.visitor.name]
    return page.html(
        "policy.html",
        _words(page),
        status=status,
        facts=facts,
        team=next((one.title for one in page.site.teams if one.name == policy.team), None),
        told=[(one, history_sentences(one, facts.until_minute, page.zone)) for one in facts.told],
        told_shown=TOLD_SHOWN,
        said=SAID,
        may_change=page.visitor.may_change(policy.team),
        has_signed=any(one in standing.signed for one in own),
        has_said=bool(own) or any(one.who == page.visitor.name for one in standing.concerns),
        typed=typed,
        is_stale=status == 409,
        text_longest=TEXT_LONGEST,
        asks_tickets=any("ticket-next-sprint" in step.then for step in policy.steps),
        exception_days=EXCEPTION_DAYS_MAX,
        latest=page.now // 60 + EXCEPTION_DAYS_MAX * 1440,
    )


def step_title(name: str, *some: Policy | None) -> str:
    """What a step is called, as the first of some policies that has it says; its name where none does."""
    found = (step for policy in some if policy is not None for step in policy.steps if step.name == name)
    step = next(found, None)
    return (step.title.to(current()) if step is not None else "") or name


def _teams(site: Site) -> list[tuple[str, Text]]:
    ours = {policy.team for policy in site.policies}
    return [(one.name, one.title) for one in site.teams if one.name in ours]


def _words(page: Page) -> dict[str, object]:
    """What both templates say things with."""
    return {
        "states": STATES,
        "looks": LOOKS,
        "parts_of": PARTS,
        "part_words": PART_WORDS,
        "who": WHO,
        "step_sentence": step_sentence,
        "missing_sentence": missing_sentence,
        "end_words": end_words,
        "action_words": ACTIONS,
        "step_title": step_title,
        "ticket_states": TICKET_STATES,
        "ticket_looks": TICKET_LOOKS,
        "objective_titles": {
            one.id: f"{journey.title.to(page.language)} / {one.title.to(page.language)}"
            for journey in page.site.journeys
            for one in journey.objectives
        },
        "journey_titles": {one.name: one.title.to(page.language) for one in page.site.journeys},
        "day_of": lambda second: day_of(second, page.zone),
    }
