"""The shapes of the files: which keys there are, and whether text, a list or a mapping belongs there.

All scalars are texts here (see `documents`); what they mean is checked afterwards, so that one fault does not
hide another. The JSON Schemas for editors are made of these.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from tabiji.corrections import Category
from tabiji.definitions.access_shapes import Access, Oidc, Proxy, Truth
from tabiji.definitions.enquiry_shapes import Enquiries, EnquiryRule
from tabiji.definitions.probe_shapes import Expect, Probe
from tabiji.definitions.receivers import Notifications, Quiet, Receiver
from tabiji.definitions.schedule_shapes import Monthly, Reports, Weekly
from tabiji.journeys import Absence, Severity, State
from tabiji.language import N_
from tabiji.policies import Action
from tabiji.windows import Unit

Kind = Literal["request", "job", "call", "probe", "query"]
Language = Literal["en", "ja"]
Latency = Literal["enqueued", "elapsed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAME = r"^\w[\w.-]*$"


def _whole(written: object) -> object:
    if isinstance(written, str) and re.fullmatch(r"[-+]?[0-9]{1,18}", written):
        return int(written)
    if isinstance(written, str) and re.fullmatch(r"0o[0-7]{1,18}", written):
        return int(written, 8)
    raise PydanticCustomError("not_whole", "must be a whole number")


def _which(written: object) -> str:
    return "(mapping)" if isinstance(written, dict) else "(text)"


Whole = Annotated[int, BeforeValidator(_whole)]
Share = Annotated[str, WithJsonSchema({"type": ["string", "number"]})]
Names = dict[str, str]


class Shape(BaseModel):
    """A mapping in a file. Its validator is built when it is first used, most often inside another's."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Words(Shape):
    """A text in both languages."""

    en: str | None = Field(None, description="The text in English.")
    ja: str | None = Field(None, description="The text in Japanese.")


Title = Annotated[Annotated[str, Tag("(text)")] | Annotated[Words, Tag("(mapping)")], Discriminator(_which)]


# tabiji.yaml


class Source(Shape):
    """Where events come from, and how their lines are read."""

    format: str | None = Field(None, description="The format of the lines; recognised where not given.")
    paths: list[str] | None = Field(None, description="Files, with `*` and `?`, relative to this folder.")
    service: str | None = Field(None, description="The service that the events belong to.")
    kind: Kind | None = Field(None, description="What an event is; the format's own where not given.")
    log_format: str | None = Field(None, description="The web server's own directive, verbatim.")
    fields: Names | None = Field(
        None, description="For `json`: name → key, with dots into objects; for `otlp`: name → attribute."
    )
    operation: str | None = Field(None, description="The operation, as a value over the line's fields.")
    error: str | None = Field(None, description="The error, as a value; null where there is none.")
    where: str | None = Field(
        None, description="The lines that count, as a condition; the others are filtered."
    )
    labels: Names | None = Field(None, description="Further columns of few values: name → value.")
    routes: str | None = Field(None, description="`rails routes`, OpenAPI, or a list of `METHOD /path/:id`.")
    series_max: Whole | None = Field(None, description="Series kept apart; the rest goes into one.")
    latency: Latency | None = Field(None, description="For `sidekiq`: from the first enqueueing, or elapsed.")
    timezone: str | None = Field(None, description="Of times without a zone; the site's where not given.")
    quiet_after: str | None = Field(
        None,
        description="Alert when there are no events for this long; learned from the past week otherwise.",
    )
    probes: dict[str, Probe] | None = Field(
        None, description="Name → probe: what is asked, instead of paths."
    )


class Team(Shape):
    """A team that owns journeys."""

    title: Title | None = Field(None, description="The team's name for people.")
    sre: Truth | None = Field(None, description="These are the SREs: what they lead, other teams do not yet.")
    page: list[str] | None = Field(None, description="The receivers of its pages.")
    ticket: list[str] | None = Field(None, description="The receivers of its tickets.")
    information: list[str] | None = Field(None, description="The receivers of what is only good to know.")
    quiet: Quiet | None = Field(None, description="Hours in which nothing is told but pages.")
    remind: str | None = Field(None, description="A page is repeated after this long, or never.")


class Retention(Shape):
    """How long rollups and pushed lines are kept."""

    minutes: str | None = Field(None, description="Of minutes; default 40d.")
    hours: str | None = Field(None, description="Of hours; default 396d.")
    days: Literal["forever"] | None = Field(None, description="Days are kept for ever.")
    received: str | None = Field(None, description="Of pushed lines, to be looked at again; default 14d.")


class Site(Shape):
    """tabiji.yaml: where the events are, and where the counts go."""

    timezone: str | None = Field(None, description="An IANA name; default UTC.")
    language: Language | None = Field(None, description="Of pages and messages; default en.")
    store: str | None = Field(None, description="sqlite:///FILE or postgresql://…; ${ENV} is expanded.")
    sources: dict[str, Source] | None = Field(None, description="Name → source.")
    teams: dict[str, Team] | None = Field(None, description="Name → team; then journeys name one of these.")
    retention: Retention | None = Field(None, description="How long rollups are kept.")
    notifications: Notifications | None = Field(None, description="Who is told, and how.")
    access: Access | None = Field(None, description="Who may see the pages, and who may change what.")
    enquiries: Enquiries | None = Field(None, description="Which journey an enquiry is about.")
    reports: Reports | None = Field(None, description="Which reports are issued by themselves.")


# journeys/*.yaml


class Step(Shape, json_schema_extra={"required": ["events"]}):
    """A part of a journey: the events that belong to it."""

    title: Title | None = Field(None, description="The step in plain words.")
    events: str | None = Field(None, description="The events, as a condition over series.")


class Calendar(Shape, json_schema_extra={"required": ["calendar"]}):
    """A window that follows the calendar."""

    calendar: Unit | None = Field(None, description="The period.")
    timezone: str | None = Field(None, description="An IANA name; the site's where not given.")


class Tier(
    BaseModel,
    extra="forbid",
    frozen=True,
    defer_build=True,
    populate_by_name=True,
    json_schema_extra={"required": ["share", "in", "severity"]},
):
    """Alert when this share of the budget is spent within this time."""

    share: Share | None = Field(None, description="Of the budget, such as 2%.")
    long: str | None = Field(
        None, alias="in", description="The long window, such as 1h; the short is a 12th."
    )
    severity: Severity | None = Field(None, description="Who is told, and how soon.")


class Alerts(Shape):
    """When to alert; by default 2% in 1h and 5% in 6h page, 10% in 3d opens a ticket."""

    ticket_only: Truth | None = Field(None, description="Nobody is paged: tickets instead.")
    tiers: list[Tier] | None = Field(None, description="Instead of the default ones.")


class Objective(Shape, json_schema_extra={"required": ["target"]}):
    """A share of good events (or minutes) that is promised over a window."""

    title: Title | None = Field(None, description="The objective in plain words.")
    steps: list[str] | None = Field(None, description="The steps that are judged together; default: all.")
    good: str | None = Field(None, description="Which events are good, as a condition over series.")
    exclude: str | None = Field(None, description="Which events don't count, as a condition over series.")
    faster_than: str | None = Field(None, description="Good events take at most this: two digits, as 800ms.")
    bad_minute: str | None = Field(None, description="Judge minutes: when one is bad, as error_rate >= 1%.")
    run: str | None = Field(None, alias="for", description="A minute is bad in a run at least this long.")
    no_data: Absence | None = Field(None, description="What a minute without data is; default exclude.")
    target: Share | None = Field(None, description="The share that is promised, such as 99.9%.")
    window: (
        Annotated[
            Annotated[str, Tag("(text)")] | Annotated[Calendar, Tag("(mapping)")], Discriminator(_which)
        ]
        | None
    ) = Field(None, description="A rolling window such as 28d (the default), or {calendar: month}.")
    state: State | None = Field(None, description="Provisional ones are shown and never notify.")
    alerts: (
        Annotated[
            Annotated[str, Tag("(text)"), WithJsonSchema({"enum": ["none", False]})]
            | Annotated[Alerts, Tag("(mapping)")],
            Discriminator(_which),
        ]
        | None
    ) = Field(None, description="When to alert; `none` for never.")


class Journey(
    BaseModel,
    extra="forbid",
    frozen=True,
    defer_build=True,
    json_schema_extra={"required": ["journey", "steps", "objectives"]},
):
    """journeys/*.yaml: what users came for, step by step, and what is promised about it."""

    journey: str | None = Field(None, description="The journey's name, in addresses and on the command line.")
    title: Title | None = Field(None, description="The journey in plain words.")
    team: str | None = Field(None, description="The team that owns it.")
    why: Title | None = Field(None, description="Why users suffer without it.")
    steps: dict[str, Step] | None = Field(None, description="Name → step.")
    objectives: dict[str, Objective] | None = Field(None, description="Name → objective.")


# policies/*.yaml


class Agreed(Shape, json_schema_extra={"required": ["by", "on"]}):
    """Who agreed to a policy, and when."""

    by: list[str] | None = Field(None, description="The people or the roles that agreed.")
    on: str | None = Field(None, description="The day, such as 2026-04-01.")


class PolicyStep(Shape, json_schema_extra={"required": ["when", "then"]}):
    """What happens when."""

    title: Title | None = Field(None, description="What was agreed, in plain words.")
    when: str | None = Field(
        None,
        description="`budget below 50%`, `budget exhausted`, `page fires`, `ticket fires` or `drop found`.",
    )
    until: str | None = Field(
        None, description="Of a budget: when it ends, such as `budget back at 10%`; default 5% above `when`."
    )
    then: list[Action] | None = Field(None, description="The agreed actions, once each time.")
    owners: list[str] | None = Field(None, description="Who sees to it; the policy's own by default.")


class PolicyException(
    BaseModel,
    extra="forbid",
    frozen=True,
    defer_build=True,
    populate_by_name=True,
    json_schema_extra={"required": ["by", "reason", "until"]},
):
    """A time in which steps of the policy do nothing. It ends."""

    by: str | None = Field(None, description="Who decided on it.")
    reason: str | None = Field(None, description="Why.")
    start: str | None = Field(None, alias="from", description="Its first moment; always, by default.")
    until: str | None = Field(None, description="Its end, such as 2026-05-07 or 2026-05-07T18:00.")
    steps: list[str] | None = Field(None, description="The steps that do nothing; default: all.")
    journeys: list[str] | None = Field(None, description="For these journeys; default: all of the policy's.")


class Policy(
    BaseModel,
    extra="forbid",
    frozen=True,
    defer_build=True,
    json_schema_extra={"required": ["agreed", "owners", "steps"]},
):
    """What was agreed to happen when a budget is spent."""

    title: Title | None = Field(None, description="The policy in plain words.")
    team: str | None = Field(None, description="The team whose journeys it is for.")
    journeys: list[str] | None = Field(
        None, description="The journeys it is for; default: the team's, or all of them."
    )
    agreed: Agreed | None = Field(None, description="By whom, and when.")
    owners: list[str] | None = Field(None, description="Who sees to it that it is kept.")
    steps: dict[str, PolicyStep] | None = Field(None, description="Name → step.")
    exceptions: list[PolicyException] | None = Field(None, description="Times in which it does nothing.")


class Scope(Shape):
    """What a correction is for: all that any of these names."""

    journeys: list[str] | None = Field(None, description="All objectives of these journeys.")
    objectives: list[str] | None = Field(None, description="These, as `journey/objective`.")
    teams: list[str] | None = Field(None, description="All objectives of these teams.")
    sources: list[str] | None = Field(None, description="All objectives that count events of these sources.")


class Correction(
    BaseModel,
    extra="forbid",
    frozen=True,
    defer_build=True,
    json_schema_extra={"required": ["category", "author", "reason", "start"]},
):
    """A time that is judged otherwise, once or again and again."""

    category: Category | None = Field(None, description="What sort of time it is.")
    author: str | None = Field(None, description="Who decided on it.")
    reason: str | None = Field(None, description="Why it must not be held against the objectives.")
    start: str | None = Field(None, description="Its first moment, such as 2026-05-10T02:00.")
    end: str | None = Field(None, description="Its end; if it recurs, the clock's time at the end of each.")
    duration: str | None = Field(None, description="How long it lasts, such as 90m or 2d; instead of `end`.")
    rrule: str | None = Field(None, description="How it recurs (RFC 5545), such as FREQ=WEEKLY;BYDAY=SU.")
    timezone: str | None = Field(None, description="Of `start` and `end`; the site's where not given.")
    applies_to: Scope | None = Field(None, description="What it is for; everything, by default.")


class Agreements(Shape):
    """policies/*.yaml: what was agreed about budgets, and which times are judged otherwise."""

    policies: dict[str, Policy] | None = Field(None, description="Name → policy.")
    corrections: dict[str, Correction] | None = Field(None, description="Name → correction.")


# How faults name the parts, by where they are (`*`: any name or place in a list).
PARTS: dict[type[BaseModel], dict[tuple[str, ...], tuple[str, type[BaseModel]]]] = {
    Site: {
        (): (N_("tabiji.yaml"), Site),
        ("sources", "*"): (N_("a source"), Source),
        ("sources", "*", "probes", "*"): (N_("a probe"), Probe),
        ("sources", "*", "probes", "*", "expect"): (N_("`expect`"), Expect),
        ("teams", "*"): (N_("a team"), Team),
        ("teams", "*", "title"): (N_("a title"), Words),
        ("teams", "*", "quiet"): (N_("`quiet`"), Quiet),
        ("notifications",): (N_("`notifications`"), Notifications),
        ("notifications", "receivers", "*"): (N_("a receiver"), Receiver),
        ("notifications", "quiet"): (N_("`quiet`"), Quiet),
        ("retention",): (N_("`retention`"), Retention),
        ("enquiries",): (N_("`enquiries`"), Enquiries),
        ("enquiries", "rules", "*"): (N_("a rule"), EnquiryRule),
        ("reports",): (N_("`reports`"), Reports),
        ("reports", "weekly"): (N_("`weekly`"), Weekly),
        ("reports", "monthly"): (N_("`monthly`"), Monthly),
        ("access",): (N_("`access`"), Access),
        ("access", "oidc"): (N_("`oidc`"), Oidc),
        ("access", "proxy"): (N_("`proxy`"), Proxy),
    },
    Journey: {
        (): (N_("a journey"), Journey),
        ("title",): (N_("a title"), Words),
        ("why",): (N_("a text"), Words),
        ("steps", "*"): (N_("a step"), Step),
        ("steps", "*", "title"): (N_("a title"), Words),
        ("objectives", "*"): (N_("an objective"), Objective),
        ("objectives", "*", "title"): (N_("a title"), Words),
        ("objectives", "*", "window"): (N_("a window"), Calendar),
        ("objectives", "*", "alerts"): (N_("`alerts`"), Alerts),
        ("objectives", "*", "alerts", "tiers", "*"): (N_("a tier"), Tier),
    },
    Agreements: {
        (): (N_("a file of policies"), Agreements),
        ("policies", "*"): (N_("a policy"), Policy),
        ("policies", "*", "title"): (N_("a title"), Words),
        ("policies", "*", "agreed"): (N_("`agreed`"), Agreed),
        ("policies", "*", "steps", "*"): (N_("a step"), PolicyStep),
        ("policies", "*", "steps", "*", "title"): (N_("a title"), Words),
        ("policies", "*", "exceptions", "*"): (N_("an exception"), PolicyException),
        ("corrections", "*"): (N_("a correction"), Correction),
        ("corrections", "*", "applies_to"): (N_("`applies_to`"), Scope),
    },
}


File = Literal["site", "journey", "policy"]
FILES: dict[File, type[BaseModel]] = {"site": Site, "journey": Journey, "policy": Agreements}


def schema(file: File) -> dict[str, Any]:
    """The JSON Schema (2020-12) of tabiji.yaml, of a journey's file or of one of policies, for editors."""
    shape = FILES[file]
    plain = {key: _plain(part) for key, part in shape.model_json_schema().items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **plain}


def _plain(part: Any) -> Any:
    """A part of a schema as a person would have written it: a key is there or not, but never null."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {
        key: _plain(below)
        for key, below in part.items()
        if not (key == "default" and below is None) and not (key == "title" and isinstance(below, str))
    }
    options = [one for one in kept.get("anyOf", []) if one != {"type": "null"}]
    if len(options) == 1:
        return {**options[0], **{key: below for key, below in kept.items() if key != "anyOf"}}
    return kept
