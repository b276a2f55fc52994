"""`tabiji practice`: what each team practises, at which stage, and what comes next; SRE's engagements."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import login, output, workspace
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.practice import Engagement
    from tabiji.runs.practising.telling import Practised

Command = TypeVar("Command", bound=Callable[..., Any])
PRACTICES = (
    "slo-kept",
    "alerts-answered",
    "reviews-held",
    "post-mortems",
    "policy-acted-on",
    "targets-reviewed",
    "coverage",
    "load-tests",
)


class _Practice(click.Group):
    """Lists all teams where nothing is said, and shows the team that is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        elif args[0] not in self.commands and not args[0].startswith("-"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


def _author_option(command: Command) -> Command:
    return click.option("--author", metavar="NAME", help="Who says so; you by default.")(command)


def _at_option(command: Command) -> Command:
    return click.option(
        "--at", "at", default="now", show_default=True, metavar="TIME", help="As it stood at a moment."
    )(command)


@click.group(name="practice", cls=_Practice)
def command() -> None:
    """What each team practises, from evidence of the last 90 days: without site reliability engineers (SRE), or with.

    Stage 0 is not practised, 1 with SRE, 2 with SRE's support, 3 without SRE.

    \b
      tabiji practice
      tabiji practice learning --at 2026-06-01
      tabiji practice engage learning reviews-held --leads --until 3 --why "They asked for help"
      tabiji practice end 12 "They do it alone now"
    """


@command.command(name="list")
@_at_option
@workspace.workspace_option
@workspace.json_option
def list_(at: str, folder: Path | None, as_json: bool) -> None:
    """All teams: their stages, and what stands of the reliability hierarchy."""
    site = workspace.load(folder)
    found = _told(site, at, None)
    if as_json:
        from tabiji.runs.practising.documents import practices_document

        output.print_json(practices_document(found))
        return
    from tabiji.cli.telling import wrapped
    from tabiji.reports.practice import PRACTICE_WORDS, stages_table

    table = stages_table([(one.team, one.stages, one.floors, len(one.stale)) for one in found])
    output.print_table(table.columns, table.rows, right=table.right)
    click.echo()
    for place, name in enumerate(PRACTICE_WORDS.values(), 1):
        click.echo(f"{place}  {_(name)}")
    click.echo()
    click.echo(
        wrapped(_("0 not practised, 1 with SRE, 2 with SRE's support, 3 without SRE; – nothing was due."))
    )
    click.echo(wrapped(_("`tabiji practice TEAM` says why, and what comes next.")))


@command.command(name="show")
@click.argument("team")
@_at_option
@workspace.workspace_option
@workspace.json_option
def show(team: str, at: str, folder: Path | None, as_json: bool) -> None:
    """One team: its stages with the evidence, what is missing, what stands, and what grew stale."""
    site = workspace.load(folder)
    (found,) = _told(site, at, team)
    if as_json:
        from tabiji.runs.practising.documents import practised_document

        output.print_json(practised_document(found))
        return
    _tell(site, found)


def _told(site: Site, at: str, team: str | None) -> tuple[Practised, ...]:
    from tabiji.runs import recalling
    from tabiji.runs.practising import telling

    now = workspace.now()
    moment = now + 1 if at == "now" else workspace.moment(at, site, now)  # what was just said counts, too
    with workspace.open_store(site) as store:
        then = site if at == "now" else recalling.site_at(site, store, moment // 60, os.environ)
        if team is not None:
            telling.find(then, team)
        return telling.practised(then, store, moment, os.environ, team)


def _tell(site: Site, found: Practised) -> None:
    from tabiji.cli.telling import printable, wrapped
    from tabiji.reports import practice as words
    from tabiji.reports.numbers import local

    def day(second: int) -> str:
        return local(second // 60, site.timezone)[:10]

    table = words.practices_table(found.stages, found.trend)
    output.print_table(table.columns, table.rows, right=table.right)
    for stage in found.stages:
        click.echo()
        click.echo(f"{_(words.PRACTICE_WORDS[stage.practice])}: {words.stage_words(stage.stage)}")
        click.echo(wrapped(words.missing_sentence(stage), "  "))
        for one in words.ordered(stage.occasions)[:EVIDENCE_SHOWN]:
            sign = "+" if one.taken else "-"
            text = f"{words.thing_words(stage.practice, one)}: {words.how_words(one)}"
            by = f" ({_(words.BY_WORDS[one.by])})" if one.taken else ""
            click.echo(wrapped(f"{sign} {day(one.at)}  {printable(text)}{by}", "  "))
        if len(stage.occasions) > EVIDENCE_SHOWN:
            click.echo("  " + _("and {n} more", n=len(stage.occasions) - EVIDENCE_SHOWN))
    click.echo()
    click.echo(_("Reliability hierarchy, from the ground up:"))
    for floor in found.floors:
        click.echo(
            wrapped(f"{'+' if floor.stands else '-'} {_(words.LEVEL_WORDS[floor.level])}: "
                    f"{words.floor_sentence(floor)}", "  ")
        )  # fmt: skip
    click.echo()
    click.echo(_("Milestones of the introduction:"))
    for reached in found.milestones:
        name = _(words.MILESTONE_WORDS[reached.milestone])
        if reached.at is None:
            click.echo(wrapped(f"- {name}. {_(words.MILESTONE_TODO[reached.milestone])}", "  "))
        else:
            click.echo(wrapped(f"+ {day(reached.at)}  {name}", "  "))
    if found.engagements:
        click.echo()
        click.echo(_("Engagements of SRE:"))
    for each in found.engagements:
        its = each.engagement
        until = "" if its.ended_at is None else day(its.ended_at)
        text = f"{its.number}  {day(its.begun_at)} – {until}  {words.engagement_sentence(its)}"
        click.echo(wrapped(text, "  "))
        if each.is_fulfilled and its.ended_at is None:
            click.echo(
                wrapped(_("Its end condition is met: `tabiji practice end {n}`.", n=its.number), "    ")
            )
    if found.stale:
        click.echo()
        click.echo(_("Objectives to be looked at again:"))
    for aged in found.stale:
        for why in aged.why:
            click.echo(wrapped(f"{aged.objective.id}: {_(words.STALE_WORDS[why])}", "  "))
            click.echo(wrapped(_(words.STALE_TODO[why]), "    "))


EVIDENCE_SHOWN = 10  # of each practice


@command.command(name="engage")
@click.argument("team")
@click.argument("practice", type=click.Choice(PRACTICES), metavar="PRACTICE")
@click.option(
    "--leads/--supports", "leads", default=False, help="Whether SRE leads it, or supports the team."
)
@click.option(
    "--until", "stage", type=int, default=3, show_default=True, help="It ends at this stage: 2 or 3."
)
@click.option("--why", "why", metavar="TEXT", required=True, help="Why SRE is better placed; it is kept.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def engage(
    team: str,
    practice: str,
    leads: bool,
    stage: int,
    why: str,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """SRE begins to lead or to support a team in a practice, until it has reached a stage."""
    from tabiji.practice import Wanted
    from tabiji.runs.practising import engaging

    site, now = workspace.load(folder), workspace.now()
    wanted = Wanted(team, "leads" if leads else "supports", practice, stage, why)
    with workspace.open_store(site) as store:
        one = engaging.begin(site, store, wanted, author or login.user(), now)
        about = f"engagement {one.number}"
        store.audit.add(now, login.user(), "command", "engagement-begun", about, team=team, practice=practice)
    _say(one, as_json=as_json)


@command.command(name="end")
@click.argument("number", type=int, metavar="N")
@click.argument("why")
@_author_option
@workspace.workspace_option
@workspace.json_option
def end(number: int, why: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """An engagement of SRE is over; say why."""
    from tabiji.runs.practising import engaging

    site, now = workspace.load(folder), workspace.now()
    with workspace.open_store(site) as store:
        one = engaging.end(store, number, why, author or login.user(), now)
        about = f"engagement {one.number}"
        store.audit.add(now, login.user(), "command", "engagement-ended", about, text=why)
    _say(one, as_json=as_json)


def _say(one: Engagement, *, as_json: bool) -> None:
    from tabiji.cli.telling import wrapped
    from tabiji.reports.practice import engagement_json, engagement_sentence

    if as_json:
        output.print_json(engagement_json(one, is_fulfilled=False))
    elif one.ended_at is None:
        click.echo(wrapped(_("Engagement {n}: {what}.", n=one.number, what=engagement_sentence(one))))
    else:
        click.echo(_("Engagement {n} is over.", n=one.number))
