"""An operation → some of its lines, as they stand in the logs: the newest that failed, or the newest of all."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective, Step, Text
from tabiji.runs import exploring
from tabiji.runs.exploring import Line
from tabiji.runs.impacting import USUALLY_GOOD
from tabiji.store import Store
from tabiji.windows import HOUR, Rolling

LINES_MAX = 10
LOOKED_MAX = 100_000  # lines of an hour that are gone through


def examples(site: Site, store: Store, source: str, name: str | None, hour: int, *, bad: bool) -> list[Line]:
    """The last lines of an hour, the newest first; `hour` is its first minute."""
    events = f"source = {_quoted(source)} and operation " + (
        "is null" if name is None else f"= {_quoted(name)}"
    )
    objective = Objective(
        journey="",
        name="",
        title=Text(),
        steps=("",),
        good=USUALLY_GOOD,
        exclude=None,
        faster_than_us=None,
        slices=None,
        target=Fraction(1, 2),
        target_text="",
        window=Rolling(HOUR),
        state="provisional",
        tiers=(),
    )
    journey = Journey("", Text(), None, None, (Step("", Text(), events),), (objective,))
    last: deque[Line] = deque(maxlen=LINES_MAX)
    found = exploring.lines(
        site, store, journey, objective, bad=bad, first_minute=hour, end_minute=hour + HOUR
    )
    for seen, one in enumerate(found):
        if isinstance(one, Line):
            last.append(one)
        if seen >= LOOKED_MAX:
            break
    return sorted(last, key=lambda one: (-one.minute, -one.offset))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
