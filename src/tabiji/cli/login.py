"""`tabiji login`: a link that lets somebody in to the pages, once."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.errors import UsageError
from tabiji.language import _, listed, ngettext

if TYPE_CHECKING:
    from tabiji.store import Store
    from tabiji.store.sessions import Role

PORT = 8700  # that `tabiji serve` listens at, unless it is told otherwise
ENTRANCE_SECONDS = 600
FIRST_SECONDS = 3600  # of the one that `tabiji serve` prints: it may be read later
NAME_LONGEST = 60


@click.command(name="login")
@click.option("--name", metavar="NAME", help="Whom it lets in; you by default.")
@click.option(
    "--role",
    type=click.Choice(["viewer", "member", "admin"]),
    help="What they may do; admin by default, member where a team is given.",
)
@click.option(
    "--team", "teams", multiple=True, metavar="TEAM", help="Of a member: whose things they may change."
)
@click.option(
    "--address", metavar="URL", help="Where the pages are; as the definitions say, or on this machine."
)
@workspace.workspace_option
@workspace.json_option
def command(
    name: str | None,
    role: Role | None,
    teams: tuple[str, ...],
    address: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Print a link that lets somebody in to the pages, once and within ten minutes.

    \b
      tabiji login
      tabiji login --name aya@example.com --team learning
      tabiji login --name board --role viewer

    It works whether the server is running or not, for it only writes to the database.
    """
    from tabiji.reports import iso_time

    role = role or ("member" if teams else "admin")
    if (role == "member") != bool(teams):
        raise UsageError(_("a member needs `--team`, and nobody else has one"))
    site = workspace.load(folder)
    known = {team.name for team in site.teams} | {one.team for one in site.journeys if one.team}
    for team in teams:
        if team not in known:
            raise UsageError(
                _("`{name}` is not a team; there are {known}", name=team, known=listed(sorted(known)))
                if known
                else _("`{name}` is not a team; there are none", name=team)
            )
    who = user() if name is None else name.strip()
    if not who or not who.isprintable() or len(who) > NAME_LONGEST:
        raise UsageError(_("a name has up to {most} printable characters", most=NAME_LONGEST))
    now = workspace.now()
    with workspace.open_store(site) as store:
        code = let_in(store, who, role, teams, now, ENTRANCE_SECONDS, by=user())
    base = address or site.notifications.address or f"http://127.0.0.1:{PORT}"
    link = f"{base.rstrip('/')}/login/{code}"
    if as_json:
        output.print_json(
            {
                "link": link,
                "name": who,
                "role": role,
                "teams": list(teams),
                "expires_at": iso_time(now + ENTRANCE_SECONDS),
            }
        )
        return
    minutes = ENTRANCE_SECONDS // 60
    output.say(
        ngettext(
            "Within {n} minute this lets {name} in, once:",
            "Within {n} minutes this lets {name} in, once:",
            minutes,
            n=minutes,
            name=who,
        )
    )
    click.echo(link)


def let_in(
    store: Store, who: str, role: Role, teams: tuple[str, ...], now: int, seconds: int, *, by: str
) -> str:
    """The code of a new entrance, noted in the audit."""
    from tabiji.store import Person

    code = store.sessions.let_in(Person(who, role, teams), now, seconds)
    store.audit.add(now, by, "command", "entrance-made", who, role=role, teams=list(teams))
    return code


def user() -> str:
    """Who uses this machine's command line."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in many containers
        return "somebody"
