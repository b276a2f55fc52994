"""`tabiji token`: what programs prove with that they may push or ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import login, output, workspace
from tabiji.errors import UsageError
from tabiji.language import N_, _, headings

if TYPE_CHECKING:
    from tabiji.store import Token

SCOPES = N_("`ingest:SOURCE`, `ingest:*`, `marks`, `signals`, `read` or `admin`")
SCOPES_HELP = N_("`ingest:SOURCE`, `ingest:*`, `marks`, `signals`, `read` or `admin`; several may be given.")


@click.group(name="token")
def command() -> None:
    """Make, list and revoke tokens, by which programs push lines, set marks and tell of enquiries.

    \b
      tabiji token create fluent-bit --scope ingest:web --expires 90d
      tabiji token list
      tabiji token revoke fluent-bit
    """


@command.command(name="create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    metavar="SCOPE",
    help=SCOPES_HELP,
)
@click.option("--expires", metavar="DURATION", help="Valid for this long, such as 90d; for ever by default.")
@workspace.workspace_option
@workspace.json_option
def create(
    name: str, scopes: tuple[str, ...], expires: str | None, folder: Path | None, as_json: bool
) -> None:
    """Make a token and show it, this once.

    \b
      tabiji token create fluent-bit --scope ingest:web
    """
    from tabiji import windows
    from tabiji.store import NameTaken

    site = workspace.load(folder)
    now = workspace.now()
    expires_at = None
    if expires is not None:
        try:
            expires_at = now + 60 * windows.parse_minutes(expires)
        except ValueError as error:
            raise UsageError(f"`--expires`: {error}") from None
    if not name.strip() or not name.isprintable():
        raise UsageError(_("a token has a name of printable characters"))
    known = {source.name for source in site.sources}
    for scope in scopes:
        source = scope.removeprefix("ingest:")
        if scope.startswith("ingest:") and source != "*" and source not in known:
            raise UsageError(workspace.no_source(source, sorted(known)))
    with workspace.open_store(site) as store:
        try:
            token, secret = store.tokens.create(name, scopes, now, expires_at)
        except NameTaken as error:
            raise UsageError(str(error)) from None
        except ValueError as error:
            raise UsageError(_("{why}; a scope is {scopes}", why=error, scopes=_(SCOPES))) from None
        store.audit.add(
            now,
            login.user(),
            "command",
            "token-created",
            f"token {name}",
            scopes=list(scopes),
            expires=expires,
        )
    if as_json:
        output.print_json({**_json(token, now), "token": secret})
        return
    output.say(_("Keep it: it is shown this once, and only its hash is stored."))
    click.echo(secret)


@command.command(name="list")
@workspace.workspace_option
@workspace.json_option
def list_(folder: Path | None, as_json: bool) -> None:
    """List the tokens, what they may do, and when they were used last.

    \b
      tabiji token list
    """
    from tabiji.reports.numbers import local

    site = workspace.load(folder)
    now = workspace.now()
    with workspace.open_store(site) as store:
        tokens = store.tokens.all()
    if as_json:
        output.print_json({"tokens": [_json(token, now) for token in tokens]})
        return
    if not tokens:
        output.say(_("There are no tokens; `tabiji token create` makes one."))
        return

    def at(seconds: int) -> str:
        return local(seconds // 60, site.timezone)

    def state(token: Token) -> str:
        if token.revoked_at is not None:
            return _("revoked {at}", at=at(token.revoked_at))
        if token.expires_at is None:
            return _("valid")
        until = at(token.expires_at)
        return _("valid until {at}", at=until) if token.is_valid(now) else _("expired {at}", at=until)

    output.print_table(
        headings("token", "may", "state", "used"),
        [
            (
                token.name,
                ", ".join(token.scopes),
                state(token),
                _("never") if token.used_at is None else at(token.used_at),
            )
            for token in tokens
        ],
    )


@command.command(name="revoke")
@click.argument("name")
@workspace.workspace_option
def revoke(name: str, folder: Path | None) -> None:
    """End a token at once.

    \b
      tabiji token revoke fluent-bit
    """
    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        revoked = store.tokens.revoke(name, workspace.now())
        if revoked:
            store.audit.add(workspace.now(), login.user(), "command", "token-revoked", f"token {name}")
    if not revoked:
        raise UsageError(
            _("there is no token `{name}` that could be revoked; `tabiji token list` lists them", name=name)
        )
    click.echo(_("`{name}` is not valid any more.", name=name))


def _json(token: Token, now: int) -> dict[str, object]:
    from tabiji.reports import iso_time

    def at(seconds: int | None) -> str | None:
        return None if seconds is None else iso_time(seconds)

    return {
        "name": token.name,
        "scopes": list(token.scopes),
        "valid": token.is_valid(now),
        "created_at": at(token.created_at),
        "expires_at": at(token.expires_at),
        "revoked_at": at(token.revoked_at),
        "used_at": at(token.used_at),
    }
