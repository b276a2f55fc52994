"""A small site for tests of what pages show: definitions as text, events one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tabiji import definitions, histograms, store
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Site
from tabiji.store import Batch, LogFile, Store

DAY = 1440
START = 20_600 * DAY - 9 * 60  # midnight in Tokyo
SITE = "timezone: Asia/Tokyo\nsources:\n  web: {paths: [web.log]}\nteams:\n  learning: {title: Learning}\n"


class Event(NamedTuple):
    """So many events alike, at a minute after START."""

    minute: int
    operation: str = "Open"
    status: int = 200
    duration_us: int = 100_000
    error: str | None = None
    events: int = 1


def opened(template: Path, folder: Path) -> Store:
    """An empty store."""
    path = folder / "tabiji.db"
    path.write_bytes(template.read_bytes())
    return store.open(f"sqlite:///{path}")


def site(folder: Path, journeys: Mapping[str, str], more: Mapping[str, str] | None = None) -> Site:
    """Definitions: journeys by file name, other files by path."""
    files = {"tabiji.yaml": SITE, **(more or {})}
    files |= {f"journeys/{name}.yaml": text for name, text in journeys.items()}
    return definitions.load(folder, {}, files)


def fill(into: Store, events: Sequence[Event]) -> None:
    """Commits events of the source `web`."""
    series = [
        Series("web", None, "request", one.operation, None, None, one.status, one.error, None)
        for one in events
    ]
    known = list(dict.fromkeys(series))
    at = [START + one.minute for one in events]
    lines = sum(one.events for one in events)
    files = into.files("web")
    before = files[0].offset if files else 0
    into.commit(
        Batch(
            source="web",
            file=LogFile(
                "web", "/web.log", 1, 1, offset=before + 1, number=files[0].number if files else None
            ),
            offset_before=before,
            start=before,
            end=before + 1,
            account=Account(lines, lines),
            first_minute=min(at),
            last_minute=max(at),
            series=tuple(known),
            cells=Cells(
                np.array(at),
                np.array([known.index(one) for one in series]),
                np.array([histograms.bucket(one.duration_us) for one in events]),
                np.array([one.events for one in events]),
                np.array([one.duration_us * one.events for one in events]),
            ),
            now=0,
        )
    )
