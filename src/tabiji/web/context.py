"""What answers are made of: the store, the definitions in force, the clock, how this process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tabiji.definitions import Site
from tabiji.runs.health import Health
from tabiji.runs.receiving import Receiving
from tabiji.store import Store
from tabiji.web.bodies import Room
from tabiji.web.keeping import Kept


@dataclass(frozen=True, slots=True)
class Context:
    """What every room of the web is given. `site()` gives the definitions in force now, `now()` seconds."""

    store: Store
    site: Callable[[], Site]
    now: Callable[[], float] = time.time
    health: Callable[[], Health] = Health  # of the process that answers; by default: it has only just begun
    receiving: Receiving | None = None  # None: nothing is received
    stopping: Callable[[], bool] = lambda: False  # whether this process is about to end
    host: str = "127.0.0.1"  # where it listens
    room: Room = field(default_factory=Room)  # for what is received
    kept: Kept = field(default_factory=Kept)  # figures of charts that only a page knows
