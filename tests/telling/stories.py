"""A site whose requests fail when a test says so, judged and told minute by minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tabiji import definitions, store
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Site
from tabiji.notices import Message
from tabiji.runs import agreeing, grouping, recording, telling
from tabiji.store import Batch, LogFile, Store

START = 29_672_640  # 2026-06-02T00:00Z, in minutes

SITE = """
timezone: Asia/Tokyo
language: en
store: {url}
sources:
  web: {{paths: [web.log]}}
teams:
  learning: {{title: Learning}}
notifications:
  address: https://tabiji.example.com
  receivers:
    phone: {{webhook: https://example.com/phone}}
    denwa: {{webhook: https://example.com/denwa, language: ja}}
    board: {{webhook: https://example.com/board}}
    news: {{webhook: https://example.com/news}}
  page: [phone, denwa]
  ticket: [board]
  information: [news]
  remind: 1h
"""
WATCH = """
journey: watch
title: {en: Watch a course, ja: コースを視聴する}
team: learning
steps:
  open: {title: {en: Open, ja: 開く}, events: "operation = 'OpenCourse'"}
  play: {title: {en: Play, ja: 再生する}, events: "operation in ('PlayVideo', 'SeekVideo')"}
objectives:
  available: {title: {en: playing works, ja: 再生できる}, good: status < 500, target: 99%, window: 7d}
  tried: {good: status < 400, target: 99%, window: 7d, state: provisional}
"""


def write(folder: Path, url: str, files: Mapping[str, str] | None = None, site: str = SITE) -> Site:
    """The definitions of a workspace, with these files beside `tabiji.yaml`."""
    for path, text in {
        "tabiji.yaml": site.format(url=url),
        **(files or {"journeys/watch.yaml": WATCH}),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return definitions.load(folder, {})


Bad = Mapping[str, int]  # of 100 requests of each operation a minute


@dataclass(slots=True)
class Story:
    """A store that goes on minute by minute; `operations` have 100 requests a minute each."""

    site: Site
    opened: Store
    operations: Sequence[str] = ("OpenCourse", "PlayVideo", "SeekVideo")
    minute: int = 0  # after START: those before it are counted

    @property
    def now(self) -> int:
        """When the last minute has been judged, in seconds."""
        return (START + self.minute) * 60 + 5

    def count(self, first: int, end: int, bad: Bad, operations: Sequence[str] | None = None) -> None:
        """Commits the requests of `[first, end)`."""
        named = operations or self.operations
        known = [(name, status) for name in named for status in (200, 503)]
        rows = [
            (START + minute, known.index((name, status)), events)
            for minute in range(first, end)
            for name in named
            for status, events in ((200, 100 - bad.get(name, 0)), (503, bad.get(name, 0)))
            if events
        ]
        files = self.opened.files("web")
        before = files[0] if files else LogFile("web", "/web.log", 1, 1)
        lines = sum(row[2] for row in rows)
        self.opened.commit(
            Batch(
                source="web",
                file=replace(before, offset=before.offset + 1),
                offset_before=before.offset,
                start=before.offset,
                end=before.offset + 1,
                account=Account(lines, lines),
                first_minute=START + first,
                last_minute=START + end - 1,
                series=tuple(
                    Series("web", None, "request", name, None, None, status, None, None)
                    for name, status in known
                ),
                cells=Cells(
                    np.array([row[0] for row in rows]),
                    np.array([row[1] for row in rows]),
                    np.full(len(rows), -1),
                    np.array([row[2] for row in rows]),
                    np.zeros(len(rows), dtype=np.int64),
                ),
                now=0,
            )
        )

    def judge(self, now: int | None = None) -> None:
        """Judges what was counted."""
        at = self.now if now is None else now
        found = recording.judge_until(self.site, self.opened, at)
        grouping.judge_recorded(self.site, self.opened, found.late_minute if found else None)
        agreeing.agree(self.site, self.opened, at)

    def pass_(
        self, minutes: int, bad: Bad | None = None, *, told: bool = True, step: int = 5
    ) -> list[Message]:
        """Lets minutes pass, some at a time; gives what was told."""
        messages: list[Message] = []
        end = self.minute + minutes
        while self.minute < end:
            following = min(self.minute + step, end)
            self.count(self.minute, following, bad or {})
            self.minute = following
            self.judge()
            if told:
                messages += telling.tell(self.site, self.opened, self.now)
        return messages

    def calm(self, minutes: int) -> None:
        """A past without failures, judged at once and looked at."""
        self.count(self.minute, self.minute + minutes, {})
        self.minute += minutes
        self.judge()
        assert telling.tell(self.site, self.opened, self.now) == ()


def story(folder: Path, url: str, calm: int = 3000, **written: object) -> Story:
    """A story that begins after some calm time."""
    site = write(folder, url, **written)  # type: ignore[arg-type]
    made = Story(site, store.open(site.store))
    made.calm(calm)
    return made


def briefly(messages: Sequence[Message]) -> list[tuple[str, str, str]]:
    """(receiver, topic, stage) of messages."""
    return [(one.receiver, one.topic, one.stage) for one in messages]
