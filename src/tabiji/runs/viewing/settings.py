"""The definitions in force → what an admin may see of them: everything but secrets."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass

from tabiji import __version__
from tabiji.definitions import Access, Site
from tabiji.notices import Duty
from tabiji.runs.tidying import AUDIT_KEPT_SECONDS
from tabiji.store import Store
from tabiji.windows import DAY

VERSIONS = ("duckdb", "fastapi", "sqlalchemy", "authlib")


@dataclass(frozen=True, slots=True)
class ReceiverShown:
    """A receiver by name and channel; where it leads is a secret. `unset`: the variables that it lacks."""

    name: str
    channel: str
    language: str | None
    unset: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TeamShown:
    """A team, what it is told, and by whom its things may be changed."""

    name: str
    duty: Duty
    is_default: bool
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many minutes something is kept: rollups by the minute and by the hour, pushed lines, the audit."""

    minutes: int
    hours: int
    received: int
    audit: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force here."""

    folder: str
    timezone: str
    language: str
    database: str  # what it is
    store: str  # where it is
    address: str | None
    sources: tuple[tuple[str, str | None], ...]  # name, format
    journeys: int
    objectives: int
    receivers: tuple[ReceiverShown, ...]
    allowed: tuple[str, ...]
    default: Duty
    teams: tuple[TeamShown, ...]
    access: Access
    kept: Kept
    versions: tuple[tuple[str, str], ...]


def settings(site: Site, store: Store) -> Settings:
    """All of it. Raises StoreError where the database does not do its part."""
    members = dict(site.access.members)
    names = [team.name for team in site.teams] or sorted(
        {one.team for one in site.journeys if one.team} | set(members)
    )
    duties = {team.name: team.duty for team in site.teams}
    told = site.notifications
    database, where = store.vitals.database()
    return Settings(
        folder=str(site.folder),
        timezone=site.timezone,
        language=site.language,
        database=database,
        store=where,
        address=told.address,
        sources=tuple((one.name, one.format) for one in site.sources),
        journeys=len(site.journeys),
        objectives=sum(len(one.objectives) for one in site.journeys),
        receivers=tuple(
            ReceiverShown(one.name, one.channel, one.language, one.unset) for one in told.receivers
        ),
        allowed=told.allowed,
        default=told.default,
        teams=tuple(
            TeamShown(name, duties.get(name) or told.default, duties.get(name) is None, members.get(name, ()))
            for name in names
        ),
        access=site.access,
        kept=Kept(
            site.retention.minutes_days * DAY,
            site.retention.hours_days * DAY,
            site.retention.received_days * DAY,
            AUDIT_KEPT_SECONDS // 60,
        ),
        versions=(("tabiji", __version__), ("python", platform.python_version()), *_versions(VERSIONS)),
    )


def _versions(packages: Iterable[str]) -> tuple[tuple[str, str], ...]:
    from importlib.metadata import version

    return tuple((name, version(name)) for name in packages)
