"""`tabiji doctor`: the books, the database, the sources → is all well."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tabiji.cli import output, workspace

if TYPE_CHECKING:
    from tabiji.counting import Account
    from tabiji.definitions import Site
    from tabiji.store import Store


@click.command(name="doctor")
@workspace.workspace_option
@workspace.json_option
def command(folder: Path | None, as_json: bool) -> None:
    """Is all well: the books of every source, the database, what is lost in `other`. Exit 1 where it is not.

    \b
      tabiji doctor
    """
    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        document = examine(site, store)
    if as_json:
        output.print_json(document)
    else:
        _show(document)
    if not document["well"]:
        sys.exit(1)


def examine(site: Site, store: Store) -> dict[str, Any]:
    """What there is to know about a workspace's health."""
    accounts = store.accounts()
    series = store.series()
    names = [source.name for source in site.sources]
    sources = []
    for name in [*names, *sorted(set(accounts) - set(names))]:
        mine = {number: one for number, one in series.items() if one.source == name}
        counted = int(store.sums([0, _END], list(mine)).events.sum()) if mine else 0
        sources.append(_source(site, store, name, accounts, len(mine), counted))
    checks = [{"name": check.name, "value": check.value, "hint": check.hint} for check in store.check()]
    balanced = all(one["balanced"] for one in sources)
    sound = not any(check["hint"] for check in checks if check["name"] not in ADVICE)
    return {"well": balanced and sound, "sources": sources, "checks": checks}


ADVICE = frozenset({"database"})  # hints about what could happen, not about what has
_END = 2**31  # minutes: beyond any event


def _source(
    site: Site, store: Store, name: str, accounts: dict[str, Account], series: int, in_rollups: int
) -> dict[str, Any]:
    from tabiji.counting import OTHER, Account

    account = accounts.get(name, Account())
    rejected = dict(account.rejected)
    defined = next((source for source in site.sources if source.name == name), None)
    beyond = [n for n, one in store.series(name).items() if one.operation == OTHER and one.method is None]
    samples = [
        {"reason": sample.reason, "path": entry.file.path, "offset": sample.offset, "line": sample.line}
        for entry in reversed(store.chunks(name))
        for sample in entry.samples
    ][:5]
    explained = account.counted + sum(rejected.values()) + account.filtered + account.duplicate
    return {
        "source": name,
        "defined": defined is not None,
        "read": account.read,
        "counted": account.counted,
        "rejected": rejected,
        "filtered": account.filtered,
        "duplicate": account.duplicate,
        "in_rollups": in_rollups,
        "balanced": account.read == explained and account.counted == in_rollups,
        "series": series,
        "series_max": defined.series_max if defined else None,
        "beyond_cap": int(store.sums([0, _END], beyond).events.sum()) if beyond else 0,
        "files": len(store.files(name)),
        "truncations": sum(file.truncations for file in store.files(name)),
        "samples": samples,
    }


def _show(document: dict[str, Any]) -> None:
    from tabiji.reports import number

    for one in document["sources"]:
        rejected = sum(one["rejected"].values())
        books = "the books balance" if one["balanced"] else "THE BOOKS DO NOT BALANCE"
        click.echo(
            f"{one['source']}: {number(one['read'])} read = {number(one['counted'])} counted + {number(rejected)} "
            f"rejected + {number(one['filtered'])} filtered + {number(one['duplicate'])} duplicate: {books}"
        )
        if not one["balanced"]:
            click.echo(f"    in the rollups: {number(one['in_rollups'])} events")
        if not one["defined"]:
            click.echo("    this source is not in tabiji.yaml any more")
        if one["truncations"]:
            click.echo(
                f"    {one['truncations']} files were cut off or made anew: lines may have been lost in between"
            )
        if one["beyond_cap"]:
            click.echo(
                f"    {number(one['beyond_cap'])} events are in `other`: more than {number(one['series_max'] or 0)} "
                "series; declare `routes:`, use fewer labels, or raise `series_max:`"
            )
        for sample in one["samples"]:
            line = sample["line"] if len(sample["line"]) <= 60 else sample["line"][:59] + "…"
            click.echo(f"    {sample['reason']}: {sample['path']} at byte {sample['offset']}: {line!r}")
    click.echo()
    for check in document["checks"]:
        click.echo(f"{check['name']}: {check['value']}")
        if check["hint"]:
            click.echo(f"    {check['hint']}")
    click.echo("All is well." if document["well"] else "All is not well: see above.")
