"""`/api/v1/policies`: what was agreed about budgets, and who has signed it; and a person's word on it."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import Field

from tabiji.agreements import TEXT_LONGEST, Granted
from tabiji.errors import DefinitionError, UsageError
from tabiji.language import _
from tabiji.reports.documents import Json
from tabiji.runs import signing, simulating, trying
from tabiji.runs.documents import policy_document, tried_document
from tabiji.runs.signing import Seen
from tabiji.runs.viewing import policies as viewing
from tabiji.store import Action, StaleAct
from tabiji.web import auditing
from tabiji.web.api.asked import CONTESTED, NAME_LONGEST, TIME, Asked, minute
from tabiji.web.context import Context

Name = Annotated[str, Path(max_length=NAME_LONGEST)]
DRAFT_LONGEST = 200_000  # characters of a file
DIGEST = "Of the terms that were read: where they are others by now, nothing is kept, and the answer is 409."


class PoliciesQuery(Asked):
    """Which policies."""

    team: str | None = Field(None, max_length=NAME_LONGEST, description="Only those of a team.")


class Signing(Asked):
    """A signature of whoever asks."""

    part: Literal["product-owner", "team", "sre"] = Field(alias="as")
    digest: str | None = Field(None, max_length=NAME_LONGEST, description=DIGEST)


class Reasoned(Asked):
    """A word on a policy, and why."""

    reason: str = Field(min_length=1, max_length=TEXT_LONGEST, description="Why; it is kept.")
    digest: str | None = Field(None, max_length=NAME_LONGEST, description=DIGEST)


class Excepted(Asked):
    """An exception, which ends by itself."""

    until: str = Field(max_length=NAME_LONGEST, description=TIME)
    reason: str = Field(min_length=1, max_length=TEXT_LONGEST, description="Why; it is kept.")
    steps: list[Annotated[str, Field(max_length=NAME_LONGEST)]] = Field(
        [], max_length=100, description="Only of these steps; of all without one."
    )
    journeys: list[Annotated[str, Field(max_length=NAME_LONGEST)]] = Field(
        [], max_length=1000, description="Only for these journeys; for all without one."
    )


class Resumed(Asked):
    """The end of an exception that somebody has granted."""

    number: int = Field(ge=1, lt=2**31)
    reason: str = Field(min_length=1, max_length=TEXT_LONGEST, description="Why; it is kept.")


class Drafted(Asked):
    """Policies as they would be: the text of a file, and the time that is looked back at."""

    text: str = Field(max_length=DRAFT_LONGEST, description="A file of policies, as YAML.")
    start: str | None = Field(None, alias="from", max_length=NAME_LONGEST, description=TIME)
    end: str | None = Field(None, alias="to", max_length=NAME_LONGEST, description=TIME)


def routes(context: Context) -> APIRouter:
    """What was agreed."""
    router = APIRouter(prefix="/api/v1/policies", tags=["agreements"], responses=CONTESTED)
    store = context.store

    @router.get("")
    def listed(asked: Annotated[PoliciesQuery, Query()]) -> Json:
        """All policies, as `tabiji policies --json`: terms, signatures, what is in force, exceptions."""
        found = viewing.listing(context.site(), store, int(context.now()) // 60)
        wanted = [one for one in found if asked.team in (None, one.signed.policy.team)]
        return {"policies": [policy_document(one) for one in wanted]}

    def one(name: str) -> Json:
        found = viewing.listing(context.site(), store, int(context.now()) // 60)
        return next(policy_document(one) for one in found if one.signed.policy.name == name)

    def known(name: str) -> str | None:
        """The team of a policy; answers 404 where there is none."""
        try:
            return signing.one_of(context.site(), store, name).policy.team
        except UsageError as error:
            raise HTTPException(404, str(error)) from None

    @router.post("/try")
    def tried(asked: Drafted) -> Json:
        """What policies as drafted would have done in the past, as `tabiji policies try --json`; nothing is kept."""
        site = signing.with_exceptions(context.site(), store)
        first = None if asked.start is None else minute(context, asked.start)
        last = None if asked.end is None else minute(context, asked.end, up=True)
        try:
            drafts = trying.drafts(site, "draft.yaml", asked.text, os.environ)
        except DefinitionError as error:
            faults = [{**asdict(one), "type": "definition", "loc": ["body", "text"]} for one in error.faults]
            raise HTTPException(422, [{"msg": one.pop("message"), **one} for one in faults]) from None
        within = simulating.within(store, first, last)
        if within is None:
            raise UsageError(_("no minutes are kept of that time"))
        now = {one.name: one for one in site.policies}
        found = [trying.tried(site, store, now.get(one.name), one, *within) for one in drafts]
        return {"policies": [tried_document(one) for one in found]}

    @router.get("/{name}")
    def shown(name: Name) -> Json:
        """One policy."""
        known(name)
        return one(name)

    def allowed(request: Request, name: str) -> str:
        """Who says so: a member of the policy's team, or an admin."""
        visitor = request.state.visitor
        if not visitor.may_change(known(name)):
            raise HTTPException(403, _("policies are signed by members of their team"))
        return str(visitor.name)

    def told(request: Request, what: Action, name: str, text: str) -> Json:
        auditing.note(context, request, what, f"policy {name}", text=text)
        return one(name)

    @router.post("/{name}/sign")
    def sign(request: Request, name: Name, said: Signing) -> Json:
        """Signs the terms in force."""
        who = allowed(request, name)
        try:
            signing.sign(context.site(), store, name, said.part, who, int(context.now()), Seen(said.digest))
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        return told(request, "policy-signed", name, said.part)

    @router.post("/{name}/ask")
    def ask(request: Request, name: Name, said: Reasoned) -> Json:
        """Asks that the terms be changed."""
        who = allowed(request, name)
        try:
            signing.ask(context.site(), store, name, who, said.reason, int(context.now()), Seen(said.digest))
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        return told(request, "policy-questioned", name, said.reason)

    @router.post("/{name}/withdraw")
    def withdraw(request: Request, name: Name, said: Reasoned) -> Json:
        """Takes back what whoever asks has signed, and what they asked."""
        who = allowed(request, name)
        try:
            signing.withdraw(
                context.site(), store, name, who, said.reason, int(context.now()), Seen(said.digest)
            )
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        return told(request, "policy-withdrawn", name, said.reason)

    @router.post("/{name}/except")
    def except_(request: Request, name: Name, said: Excepted) -> Json:
        """Grants an exception: until then the policy does nothing."""
        who, now = allowed(request, name), int(context.now())
        wanted = Granted(
            who, said.reason, now // 60, minute(context, said.until), tuple(said.steps), tuple(said.journeys)
        )
        signing.except_(context.site(), store, name, wanted, now)
        return told(request, "policy-excepted", name, said.reason)

    @router.post("/{name}/resume")
    def resume(request: Request, name: Name, said: Resumed) -> Json:
        """Ends an exception that was granted before it ends by itself."""
        who = allowed(request, name)
        signing.resume(context.site(), store, name, said.number, who, said.reason, int(context.now()))
        return told(request, "policy-resumed", name, said.reason)

    return router
