"""A line of a format → the event that it counts as."""

from __future__ import annotations

from tabiji import engines
from tabiji.counting import BASE
from tabiji.engines import Chunk, Task
from tabiji.logs import Reading

Event = dict[str, object]


def event(how: Reading, line: str, *fields: str) -> Event | str:
    """The event of a line (nulls left out), or the reason why there is none."""
    task = Task(Chunk(None, 0, 0, line.encode() + b"\n"), how, fields)
    found = engines.trace(task, 0, 1 << 40)
    if not found:
        account = engines.count(task).account
        return next((reason for reason, _ in account.rejected), "filtered")
    (one,) = found
    named = dict(zip((*BASE, *fields), one.key, strict=True))
    known = {"minute": one.minute, "us": one.duration_us} | named
    return {name: value for name, value in known.items() if value is not None}


MINUTE = 16_186_855  # of 2000-10-10T20:55Z, in which most lines of these tests end
