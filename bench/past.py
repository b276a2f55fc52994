"""Judging from minute to minute, and months once more → how long it takes, of what a person would wait for.

python bench/past.py rounds WORKSPACE DATABASE     one round of a new process, and the next minutes
python bench/past.py replay WORKSPACE              ninety days of one objective, minute by minute
python bench/past.py what-if WORKSPACE             the same, and of a draft of it, as `tabiji simulate` tells it
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import judging
import month
import numpy as np
from rows import Row, Scale, limited
from timing import ENVIRONMENT, OUT, Times, run

TABIJI = Path(sys.executable).with_name("tabiji")
QUARTER = 90
OPERATIONS = 15
END = month.START + QUARTER * 1440
JOURNEY = """\
journey: learn
steps:
  play: {events: "operation = 'GET /3'"}
  read: {events: "operation = 'GET /8'"}
objectives:
  fast: {good: 'status < 500', faster_than: LIMIT, target: 95%}
"""


def measured(scale: Scale) -> Iterator[Row]:
    """Rounds over the month of `judging`; replays and what-ifs over ninety days."""
    folder, copied = judging.workspace(1_000), OUT / "rounds.db"
    first, following = Times(), Times()
    for _ in range(scale.repeats):
        shutil.copy(month.opened(OUT), copied)
        found = json.loads(run([sys.executable, __file__, "rounds", folder, copied]).output)
        first.add(*found["first"])
        for one in found["next"]:
            following.add(*one)
    for file in OUT.glob("rounds.db*"):
        file.unlink()
    yield limited("a round of 1,000 objectives, new process", first, 0.3, "all tiers, recorded")
    yield limited("the next minute, same process", following, 0.1, "likewise")

    folder = workspace()
    replays, answers, commands = Times(), Times(), Times()
    for _ in range(scale.repeats + 1):
        replays.add(*json.loads(run([sys.executable, __file__, "replay", folder]).output))
        answers.add(*json.loads(run([sys.executable, __file__, "what-if", folder]).output))
        one = run([TABIJI, *_question(folder)])
        commands.add(one.wall, one.cpu)
    yield limited("90 days of one objective, minute by minute", replays, 2, "from rollups to alerts")
    yield limited(
        "what if, over 90 days",
        answers,
        2,
        f"from drafts to words; the whole command, with its start: {1000 * commands.median:.0f} ms",
    )


def _question(folder: Path) -> list[str]:
    draft = str(folder / "draft" / "learn.yaml")
    return ["simulate", "-C", str(folder), draft, "--from", _day(0), "--to", _day(QUARTER)]


def workspace() -> Path:
    """One objective, and a draft of it with another limit."""
    folder = OUT / "workspaces" / "past"
    for name, limit in (("journeys", "8s"), ("draft", "9s")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "learn.yaml").write_text(JOURNEY.replace("LIMIT", limit))
    (folder / "tabiji.yaml").write_text(
        f"store: sqlite:///../../{month.opened(OUT, QUARTER, OPERATIONS).name}\n"
        f"sources:\n  {month.SOURCE}: {{format: nginx, paths: [/var/log/nginx/access.log]}}\n"
    )
    return folder


def _day(number: int) -> str:
    return time.strftime("%Y-%m-%dT00:00Z", time.gmtime((month.START + number * 1440) * 60))


def rounds(folder: Path, database: Path) -> None:
    """Prints the seconds, on the wall and of CPU, of the first round and of those that follow."""
    from tabiji import definitions, store
    from tabiji.runs import recording

    site = replace(definitions.load(folder, os.environ), store=f"sqlite:///{database}")
    random = np.random.default_rng(2)
    last = month.START + month.DAYS * 1440
    with store.open(site.store) as opened:
        before = opened.judging()
        progress = {
            objective.id: store.Progress(recording.definition_of(journey, objective), last - 1, last - 1)
            for journey in site.journeys
            for objective in journey.objectives
        }
        opened.record(
            store.Verdict(
                before.round,
                last - 1,
                0,
                recording.texts_of(site),
                last - 1,
                objectives=progress,
                sources={name: one.commits for name, one in before.sources.items()},
                quiet_until=dict.fromkeys(before.sources, last - 1),
            )
        )
        seconds, judge = [], None
        for minute in range(last, last + 6):
            opened.commit(month.batch(opened, minute, 1, random, name="more"))
            began, busy = time.perf_counter(), time.process_time()
            judge = judge or recording.Judge(site, opened)
            judged = judge.until(60 * minute + recording.SETTLE_SECONDS)
            seconds.append((time.perf_counter() - began, time.process_time() - busy))
            assert judged is not None
            assert judged.until_minute == minute
    print(json.dumps({"first": seconds[0], "next": seconds[1:]}))


def replay(folder: Path) -> None:
    """Prints the seconds of reading and judging 90 days of the objective, at every minute."""
    from tabiji import definitions, store
    from tabiji.runs import minutes, replaying

    site = definitions.load(folder, os.environ)
    pair = site.journeys[0], site.journeys[0].objectives[0]
    with store.open(site.store) as opened:
        began, busy = time.perf_counter(), time.process_time()
        dense = minutes.of(site, opened, [pair], month.START, END)[pair[1].id]
        longest = replaying.longest_minutes([pair[1]])
        alerts = replaying.replay(pair[1], dense, month.START + longest, END)
        seconds = time.perf_counter() - began, time.process_time() - busy
    assert dense.total.all()
    assert alerts
    print(json.dumps(seconds))


def what_if(folder: Path) -> None:
    """Prints the seconds of a question, from the command to its answer, when another has been asked before."""
    from click.testing import CliRunner

    from tabiji.cli import cli

    for _ in range(2):
        began, busy = time.perf_counter(), time.process_time()
        asked = CliRunner().invoke(cli, _question(folder), catch_exceptions=False)
        seconds = time.perf_counter() - began, time.process_time() - busy
    assert "changed" in asked.stdout
    print(json.dumps(seconds))


if __name__ == "__main__":
    os.environ |= ENVIRONMENT
    what, *paths = sys.argv[1:]
    {"rounds": rounds, "replay": replay, "what-if": what_if}[what](*map(Path, paths))
