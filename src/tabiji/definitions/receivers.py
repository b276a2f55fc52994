"""The shapes of `notifications:` and of who in a team is told what: which keys there are."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Receiver(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """Whom a channel reaches: one of `apprise`, `alertmanager`, `webhook`, `github`, `jira`, `backlog`."""

    apprise: str | None = Field(None, description="An Apprise URL: chat, mail or a pager.")
    alertmanager: str | None = Field(None, description="The address of an Alertmanager.")
    webhook: str | None = Field(None, description="The address that messages are posted to as JSON.")
    github: str | None = Field(None, description="The repository of its issues, as owner/name.")
    jira: str | None = Field(None, description="The address of a Jira.")
    backlog: str | None = Field(None, description="The address of a Backlog.")
    url: str | None = Field(None, description="For `github`: the address of the API; default github.com's.")
    project: str | None = Field(None, description="For `jira` and `backlog`: the project's key.")
    type: str | None = Field(None, description="For `jira` and `backlog`: the type of the ticket.")
    user: str | None = Field(None, description="For `jira`: whose token it is.")
    token: str | None = Field(None, description="For `github` and `jira`: the API token, as ${NAME}.")
    key: str | None = Field(None, description="For `backlog`: the API key, as ${NAME}.")
    secret: str | None = Field(None, description="For `webhook`: what signs its requests, as ${NAME}.")
    language: Literal["en", "ja"] | None = Field(None, description="Of what it is told; the site's.")


class Quiet(BaseModel, extra="forbid", frozen=True, populate_by_name=True, defer_build=True):
    """Hours in which nothing is told but pages."""

    start: str | None = Field(None, alias="from", description="When they begin, such as 22:00.")
    to: str | None = Field(
        None, description="When they end, such as 07:00; the next day where it is earlier."
    )
    timezone: str | None = Field(None, description="Of these times; the site's where not given.")
    days: list[Weekday] | None = Field(None, description="Days that are quiet altogether.")


class Notifications(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """Who is told, and how."""

    address: str | None = Field(None, description="Where people reach the pages, for links.")
    receivers: dict[str, Receiver] | None = Field(None, description="Name → receiver.")
    allow: list[str] | None = Field(
        None, description="Networks and hosts inside one's own net that may be reached."
    )
    page: list[str] | None = Field(None, description="The receivers of pages, unless a team names its own.")
    ticket: list[str] | None = Field(None, description="The receivers of tickets, likewise.")
    information: list[str] | None = Field(None, description="The receivers of what is only good to know.")
    quiet: Quiet | None = Field(None, description="Hours in which nothing is told but pages.")
    remind: str | None = Field(None, description="A page is repeated after this long; default 4h, or never.")
