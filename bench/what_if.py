"""Another limit and another target over ninety days of one objective, as the page asks → server time, against 2 s.

python bench/what_if.py WORKSPACE     the seconds of some questions, in a process of their own

The rollups are those of `past`: 8 million rows of minutes, of which the objective needs those of two operations,
with their durations. Each question is answered with the form's fields, both sides, five other targets, the file and
its difference; a page adds some milliseconds of words.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import past
from rows import Row, Scale, limited
from timing import ENVIRONMENT, Times, run

SECONDS_MAX = 2.0
QUESTIONS = (
    {"faster_than": "9s"},
    {"target": "99%"},
    {"faster_than": "7s", "target": "98%", "good": "status < 400", "alerts": "ticket_only"},
)


def measured(scale: Scale) -> Iterator[Row]:
    """The questions in turn, each process anew; the first one of a process as well as those after it."""
    folder, times = past.workspace(), Times()
    for _ in range(scale.repeats):
        for seconds in json.loads(run([sys.executable, __file__, folder]).output):
            times.add(*seconds)
    yield limited("what if, on its page, over 90 days", times, SECONDS_MAX, f"{len(QUESTIONS)} questions")


def ask(folder: Path) -> None:
    """Prints the seconds, on the wall and of CPU, of each question."""
    from tabiji import definitions, store
    from tabiji.runs.viewing.what_if import what_if

    site = definitions.load(folder, os.environ)
    pair = site.journeys[0], site.journeys[0].objectives[0]
    found = []
    with store.open(site.store) as opened:
        for fields in QUESTIONS:
            began, busy = time.perf_counter(), time.process_time()
            facts = what_if(site, opened, pair, fields, (None, None), os.environ)
            found.append((time.perf_counter() - began, time.process_time() - busy))
            assert facts.new is not None
            assert facts.new.outcome.alerts != () or facts.old is not None
    print(json.dumps(found))


if __name__ == "__main__":
    os.environ |= ENVIRONMENT
    ask(Path(sys.argv[1]))
