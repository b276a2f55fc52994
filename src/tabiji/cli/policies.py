"""`tabiji policies`: what was agreed about budgets, who has signed it; and a person's word on it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import login, output, workspace
from tabiji.cli.simulate import read_text
from tabiji.cli.telling import printable, wrapped
from tabiji.errors import UsageError
from tabiji.language import _, current

if TYPE_CHECKING:
    from tabiji.agreements import Part
    from tabiji.definitions import Site
    from tabiji.reports.documents import Json
    from tabiji.runs.trying import Past
    from tabiji.runs.viewing.policies import PolicyNow
    from tabiji.store import Action, Store

Command = TypeVar("Command", bound=Callable[..., Any])


class _Policies(click.Group):
    """Lists, where nothing else is said."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def _author_option(command: Command) -> Command:
    return click.option("--author", metavar="NAME", help="Who says so; you by default.")(command)


def _reason_option(command: Command) -> Command:
    return click.option("--reason", metavar="TEXT", required=True, help="Why; it is kept.")(command)


@click.group(name="policies", cls=_Policies)
def command() -> None:
    """What was agreed to happen when a budget is spent: who has signed it, and what is in force.

    A policy is agreed once its product owner and its team have signed the terms in force.

    \b
      tabiji policies
      tabiji policies show learning-budget
      tabiji policies sign learning-budget --as product-owner --author Sato
      tabiji policies ask learning-budget --reason "Two weeks without deployments are too long"
    """


@command.command(name="list")
@workspace.workspace_option
@workspace.json_option
def list_(folder: Path | None, as_json: bool) -> None:
    """All policies, those that wait for somebody first."""
    from tabiji.reports.signatures import policies_table

    site = workspace.load(folder)
    found = _listing(site)
    if as_json:
        output.print_json({"policies": [_json(one) for one in found]})
        return
    if not found:
        output.say(_("Nothing was agreed: there are no policies."))
        return
    table = policies_table(
        (one.signed.policy, one.signed.standing, sum(len(step.episodes) for step in one.steps))
        for one in found
    )
    output.print_table(table.columns, table.rows, right=table.right, grow=0)
    click.echo()
    click.echo(wrapped(_("`tabiji policies show NAME` tells one of them in words.")))


@command.command(name="show")
@click.argument("name")
@workspace.workspace_option
@workspace.json_option
def show(name: str, folder: Path | None, as_json: bool) -> None:
    """One policy in words: what happens when, who has signed it, what changed since."""
    from tabiji.runs import signing

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        signing.one_of(site, store, name)
    (found,) = (one for one in _listing(site) if one.signed.policy.name == name)
    if as_json:
        output.print_json(_json(found))
        return
    _tell(site, found)


def _tell(site: Site, found: PolicyNow) -> None:
    from tabiji.reports.actions import STATES as TICKET_STATES
    from tabiji.reports.signatures import policy_sentences
    from tabiji.runs.viewing.defined import difference

    policy, standing = found.signed.policy, found.signed.standing
    click.echo(f"{policy.title.to(current())} ({policy.name})")
    episodes = [episode for step in found.steps for episode in step.episodes]
    for sentence in policy_sentences(policy, standing, episodes, workspace.now() // 60, site.timezone):
        click.echo(wrapped(sentence, "  "))
    for ticket in found.tickets:
        said = _(
            "Action item {number}, {state}: {title}",
            number=ticket.item.number,
            state=_(TICKET_STATES[ticket.state]),
            title=ticket.item.wanted.title,
        )
        click.echo(wrapped(printable(said), "  "))
    if standing.outdated:
        before = max(standing.outdated, key=lambda one: one.number)
        click.echo()
        click.echo(_("What changed since {who} signed:", who=before.who))
        signs = {"added": "+ ", "removed": "- ", "same": "  ", "gap": "  …"}
        for line in difference(before.text, found.signed.terms.text):
            click.echo(f"  {signs[line.kind]}{line.text}")


@command.command(name="sign")
@click.argument("name")
@click.option(
    "--as",
    "part",
    type=click.Choice(["product-owner", "team", "sre"]),
    required=True,
    help="As whom; product owner and team are needed.",
)
@_author_option
@workspace.workspace_option
@workspace.json_option
def sign(name: str, part: Part, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Sign the terms of a policy that are in force."""
    from tabiji.runs import signing

    site, who = workspace.load(folder), author or login.user()
    with workspace.open_store(site) as store:
        signing.sign(site, store, name, part, who, workspace.now())
        _done(store, "policy-signed", name, who)
    _say(site, name, _("{who} has signed `{name}`.", who=who, name=name), as_json=as_json)


@command.command(name="ask")
@click.argument("name")
@_reason_option
@_author_option
@workspace.workspace_option
@workspace.json_option
def ask(name: str, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Ask that the terms of a policy be changed, and say why."""
    from tabiji.runs import signing

    site, who = workspace.load(folder), author or login.user()
    with workspace.open_store(site) as store:
        signing.ask(site, store, name, who, reason, workspace.now())
        _done(store, "policy-questioned", name, who)
    said = _("Kept: {who} asks for a change of `{name}`.", who=who, name=name)
    _say(site, name, said, as_json=as_json)


@command.command(name="withdraw")
@click.argument("name")
@_reason_option
@_author_option
@workspace.workspace_option
@workspace.json_option
def withdraw(name: str, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Take back a signature, or what was asked."""
    from tabiji.runs import signing

    site, who = workspace.load(folder), author or login.user()
    with workspace.open_store(site) as store:
        signing.withdraw(site, store, name, who, reason, workspace.now())
        _done(store, "policy-withdrawn", name, who)
    said = _("{who} has taken back what they said of `{name}`.", who=who, name=name)
    _say(site, name, said, as_json=as_json)


@command.command(name="except")
@click.argument("name")
@click.option("--until", metavar="T", required=True, help="When it ends, by itself; 90 days at most.")
@click.option("--step", "steps", metavar="STEP", multiple=True, help="Only of this step. May be repeated.")
@click.option(
    "--journey", "journeys", metavar="J", multiple=True, help="Only for this journey. May be repeated."
)
@_reason_option
@_author_option
@workspace.workspace_option
@workspace.json_option
def except_(
    name: str,
    until: str,
    steps: tuple[str, ...],
    journeys: tuple[str, ...],
    reason: str,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Grant an exception from a policy: until then it does nothing."""
    from tabiji.agreements import Granted
    from tabiji.runs import signing

    site, who, now = workspace.load(folder), author or login.user(), workspace.now()
    end = workspace.moment(until, site, now) // 60
    with workspace.open_store(site) as store:
        signing.except_(site, store, name, Granted(who, reason, now // 60, end, steps, journeys), now)
        _done(store, "policy-excepted", name, who)
    said = _("{who} has granted an exception from `{name}`.", who=who, name=name)
    _say(site, name, said, as_json=as_json)


@command.command(name="resume")
@click.argument("name")
@click.argument("number", type=int, metavar="N")
@_reason_option
@_author_option
@workspace.workspace_option
@workspace.json_option
def resume(
    name: str, number: int, reason: str, author: str | None, folder: Path | None, as_json: bool
) -> None:
    """End an exception that was granted before it ends by itself; `tabiji policies show` has its number."""
    from tabiji.runs import signing

    site, who, now = workspace.load(folder), author or login.user(), workspace.now()
    with workspace.open_store(site) as store:
        signing.resume(site, store, name, number, who, reason, now)
        _done(store, "policy-resumed", name, who)
    said = _("{who} has ended exception {number} from `{name}`.", who=who, number=number, name=name)
    _say(site, name, said, as_json=as_json)


@command.command(name="try")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--from", "start", metavar="T", help="From this moment on; 90 days before the end by default.")
@click.option("--to", "end", metavar="T", help="Up to this moment; the newest event by default.")
@workspace.workspace_option
@workspace.json_option
def try_(path: Path, start: str | None, end: str | None, folder: Path | None, as_json: bool) -> None:
    """What the policies of a FILE would have done in the past, beside those in force and what they did.

    \b
      tabiji policies try policies/learning.yaml
      tabiji policies try draft/learning.yaml --from now-30d --json
    """
    from tabiji.reports.numbers import local
    from tabiji.reports.signatures import past_table
    from tabiji.runs import signing, simulating, trying
    from tabiji.runs.documents import tried_document

    site, now = workspace.load(folder), workspace.now()
    drafts = trying.drafts(site, path.name, read_text(path), os.environ)
    with workspace.open_store(site) as store:
        asked = [None if one is None else workspace.moment(one, site, now) // 60 for one in (start, end)]
        looked_at = simulating.within(store, asked[0], asked[1])
        if looked_at is None:
            raise UsageError(_("no minutes are kept of that time"))
        known = {one.name: one for one in signing.with_exceptions(site, store).policies}
        found = [trying.tried(site, store, known.get(one.name), one, *looked_at) for one in drafts]
    if as_json:
        output.print_json({"policies": [tried_document(one) for one in found]})
        return
    for place, one in enumerate(found):
        if place:
            click.echo()
        name = one.draft.name if one.draft else ""
        first, until = (local(minute, site.timezone) for minute in (one.first, one.end))
        click.echo(wrapped(_("`{name}`, {first} to {until}:", name=name, first=first, until=until)))
        rows = [
            (
                step,
                _times(one.did.get(step)),
                _times(one.would.get(step)),
                _times(one.drafted.get(step)),
            )
            for step in one.steps
        ]
        table = past_table(rows)
        output.print_table(table.columns, table.rows, right=table.right)
    click.echo(wrapped(_("How often each began, and how long it was in force.")))


def _times(past: Past | None) -> tuple[int, int]:
    return (0, 0) if past is None else (len(past.episodes), past.minutes)


def _done(store: Store, what: Action, name: str, who: str) -> None:
    store.audit.add(workspace.now(), login.user(), "command", what, f"policy {name}", by=who)


def _say(site: Site, name: str, said: str, *, as_json: bool) -> None:
    """What was done and how the policy stands by it."""
    from tabiji.reports.signatures import missing_sentence

    (found,) = (one for one in _listing(site) if one.signed.policy.name == name)
    if as_json:
        output.print_json(_json(found))
        return
    click.echo(wrapped(said))
    click.echo(wrapped(missing_sentence(found.signed.standing)))


def _listing(site: Site) -> tuple[PolicyNow, ...]:
    from tabiji.runs.viewing import policies as viewing

    with workspace.open_store(site) as store:
        return viewing.listing(site, store, workspace.now() // 60)


def _json(found: PolicyNow) -> Json:
    from tabiji.runs.documents import policy_document

    return policy_document(found)
