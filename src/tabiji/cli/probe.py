"""`tabiji probe`: asks probes once, now, and says what they found; nothing is counted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.errors import FileError, UsageError
from tabiji.language import _, headings, listed

if TYPE_CHECKING:
    from tabiji.definitions import Probe, Site
    from tabiji.sources.probing import Finding

AT_ONCE = 50
EXAMPLE = "`health: {probes: {top: {url: https://example.com/health}}}`"


@click.command(name="probe")
@click.argument("names", nargs=-1, metavar="[SOURCE[/PROBE]]...")
@workspace.workspace_option
@workspace.json_option
def command(names: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Ask all probes once, or some of them, and say what they found. Nothing is counted.

    \b
      tabiji probe
      tabiji probe health/top

    Exit 0 if all is as expected, 1 if not. `tabiji serve` asks at the times that the definitions say, and counts.
    """
    site = workspace.load(folder)
    chosen = _chosen(site, names)
    findings = _asked([(source, _expanded(source, probe)) for source, probe in chosen])
    if as_json:
        output.print_json({"probes": [_json(source, finding) for source, finding in findings]})
    else:
        _show(findings)
    if any(finding.error is not None for _, finding in findings):
        raise SystemExit(1)


def _chosen(site: Site, names: Sequence[str]) -> list[tuple[str, Probe]]:
    every = [(source.name, probe) for source in site.sources for probe in source.probes]
    if not every:
        raise UsageError(
            _("no source has probes; write some into tabiji.yaml, such as {example}", example=EXAMPLE)
        )
    known = {source for source, _ in every} | {f"{source}/{probe.name}" for source, probe in every}
    for name in names:
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, sorted(known), 1)
            raise UsageError(
                _(
                    "`{name}` is neither a source with probes nor a probe; did you mean `{near}`?",
                    name=name,
                    near=near[0],
                )
                if near
                else _(
                    "`{name}` is neither a source with probes nor a probe; there are {names}",
                    name=name,
                    names=listed(sorted(known)),
                )
            )
    return [
        (source, probe)
        for source, probe in every
        if not names or source in names or f"{source}/{probe.name}" in names
    ]


def _expanded(source: str, probe: Probe) -> Probe:
    unset = [name for name in probe.variables if name not in os.environ]
    if unset:
        raise UsageError(
            _(
                "probe {source}/{probe}: the environment has no `{name}`",
                source=source,
                probe=probe.name,
                name=unset[0],
            )
        )
    return probe.expanded(os.environ)


def _asked(probes: Sequence[tuple[str, Probe]]) -> list[tuple[str, Finding]]:
    import asyncio

    from tabiji.sources import probing

    try:
        trusted = probing.trust()
    except OSError as error:
        raise FileError(_("the certificates to be trusted can't be read: {reason}", reason=error)) from None

    async def all_of_them() -> list[Finding]:
        turns = asyncio.Semaphore(AT_ONCE)
        await probing.get_ready(trusted)

        async def one(probe: Probe) -> Finding:
            async with turns:
                return await probing.ask(probe, trusted, workspace.now())

        return await asyncio.gather(*(one(probe) for _, probe in probes))

    findings = asyncio.run(all_of_them())
    return [(source, finding) for (source, _), finding in zip(probes, findings, strict=True)]


def _show(findings: Sequence[tuple[str, Finding]]) -> None:
    from tabiji.cli.telling import printable, wrapped
    from tabiji.reports import latency

    rows = [
        (
            f"{source}/{finding.probe}",
            latency(finding.duration_us),
            "–" if finding.status is None else str(finding.status),
            "–" if finding.certificate_days is None else _("{n} d", n=finding.certificate_days),
            finding.error or _("ok"),
        )
        for source, finding in findings
    ]
    output.print_table(headings("probe", "took", "status", "certificate", "found"), rows, right=(1, 2, 3))
    failed = [(source, finding) for source, finding in findings if finding.error is not None]
    if failed:
        click.echo()
    for source, finding in failed:
        click.echo(wrapped(printable(f"{source}/{finding.probe}: {finding.detail}.")))


def _json(source: str, finding: Finding) -> dict[str, object]:
    return {
        "source": source,
        "probe": finding.probe,
        "host": finding.host,
        "good": finding.error is None,
        "error": finding.error,
        "detail": finding.detail or None,
        "status": finding.status,
        "duration_ms": finding.duration_us / 1_000,
        "certificate_days": finding.certificate_days,
    }
