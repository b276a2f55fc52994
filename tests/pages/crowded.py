"""A workspace of many journeys with long Japanese names, its rollups written as `commit` writes them: in seconds.

Only every hour has events, and the last ones more of them, so that there are few rows. Journeys are healthy, at risk,
burning, exhausted or without data, by turns; some are provisional, and some have no team.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tabiji import definitions, store
from tabiji.counting import Account, Cells, Series
from tabiji.histograms import bucket
from tabiji.runs import recording
from tabiji.store import Batch, LogFile, Progress, Verdict

LONG = "長い名前のコースを検索して受講し修了証を受け取るまでの一連の流れをたどるジャーニー"
DAYS = 28
HOUR = 60
TEAMS = ("learning", "growth", "back-office", "platform", "support-tools")
KINDS = ("healthy", "healthy", "at-risk", "healthy", "burning", "healthy", "exhausted", "no-data", "healthy")
OPERATIONS = ("Open", "Pay")
SITE = """
timezone: Asia/Tokyo
language: ja
sources:
  web: {paths: [web.log]}
teams:
"""
JOURNEY = """
journey: journey-{number:03}
title: {{ja: {long}その{number}, en: Journey number {number} of those who search and learn and get a certificate}}
{team}
why:
  ja: これがうまくいかないと、利用者は目的を果たせず、問い合わせが増え、信頼を失う。とても大切な流れである。
  en: Users come for this; without it they leave.
steps:
  open: {{title: {{ja: 目的のページを開いて内容を確かめる, en: Open the page}}, events: "operation = 'Open{number}'"}}
  pay: {{title: {{ja: 支払い方法を選んで申し込みを完了する, en: Pay}}, events: "operation = 'Pay{number}'"}}
objectives:
  available:
    title: {{ja: 最後まで失敗せずに操作できること, en: It works to the end}}
    good: status < 500
    target: 99.9%
    {state}
  pays:
    title: {{ja: 支払いが失敗しないこと, en: Paying works}}
    steps: [pay]
    good: status < 500
    target: 99%
    {state}
"""
FAST = """
  fast:
    title: {ja: 待たされずに次の画面が表示されること, en: The next page comes at once}
    good: status < 500
    faster_than: 800ms
    target: 95%
    state: provisional
"""


def many_journeys(
    folder: Path, journeys: int = 300, days: int = DAYS, clock: Callable[[], float] = time.time
) -> int:
    """A workspace with so many journeys of long names, and the rollups of so many days behind them.

    All is judged up to the minute that is given back, by the definitions as they are.
    """
    now = int(clock()) // 60
    write(folder, journeys)
    site = definitions.load(folder, {})
    with store.open(site.store) as opened:
        opened.commit(_batch(journeys, now, days))
        judging, texts = opened.judging(), recording.texts_of(site)
        wanted = [(journey, objective) for journey in site.journeys for objective in journey.objectives]
        progress = {
            objective.id: Progress(recording.definition_of(journey, objective), now - HOUR, now - HOUR)
            for journey, objective in wanted
        }
        sources = {name: one.commits for name, one in judging.sources.items()}
        opened.record(
            Verdict(
                judging.round, now - HOUR, now * 60, texts, now - days * 1440, progress, sources,
                quiet_until={"web": now},
            )
        )  # fmt: skip
        recording.judge_until(site, opened, now * 60 + 59)  # the last hour, alert by alert
    return now


def write(folder: Path, journeys: int) -> None:
    """The definitions."""
    (folder / "journeys").mkdir(parents=True)
    teams = "".join(
        f"  {name}: {{title: {{ja: とても長い名前の{name}チーム, en: {name}}}}}\n" for name in TEAMS
    )
    (folder / "tabiji.yaml").write_text(SITE + teams, "utf-8")
    for number in range(journeys):
        team = f"team: {TEAMS[number % len(TEAMS)]}" if number % 17 else ""
        state = "state: provisional" if number % 23 == 22 else ""
        text = JOURNEY.format(number=number, long=LONG, team=team, state=state)
        (folder / "journeys" / f"{number:03}.yaml").write_text(text + (FAST if number % 2 else ""), "utf-8")


def _batch(journeys: int, now: int, days: int) -> Batch:
    series, columns = [], []
    for number in range(journeys):
        kind = KINDS[number % len(KINDS)]
        for operation in OPERATIONS:
            for status in (200, 503):
                series.append(
                    Series(
                        "web",
                        "learning-web",
                        "request",
                        f"{operation}{number}",
                        None,
                        None,
                        status,
                        None,
                        None,
                    )
                )
                if kind != "no-data":
                    columns.append((len(series) - 1, *_events(kind, status, number, now, days)))
    number = np.concatenate([np.full(len(minutes), at) for at, minutes, _ in columns])
    minute = np.concatenate([minutes for _, minutes, _ in columns])
    events = np.concatenate([counts for _, _, counts in columns])
    order = np.lexsort((number, minute))
    number, minute, events = number[order], minute[order], events[order]
    limits = np.array([bucket(one) for one in (90_000, 200_000, 450_000, 1_000_000)])
    lines = int(events.sum())
    return Batch(
        source="web",
        file=LogFile("web", "/web.log", 1, 1, offset=1),
        offset_before=0,
        start=0,
        end=1,
        account=Account(lines, lines),
        first_minute=int(minute[0]),
        last_minute=int(minute[-1]),
        series=tuple(series),
        cells=Cells(minute, number, limits[(number * 7 + minute) % 4], events, events * 150_000),
        now=now * 60,
    )


def _events(kind: str, status: int, number: int, now: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    """(minutes, events): each hour's at one minute of it; for a burning journey the last hour's at each."""
    if status == 200:
        minutes = np.arange(now - days * 1440, now, HOUR) + number % HOUR
        minutes = np.concatenate([minutes[minutes < now - HOUR], np.arange(now - HOUR, now, 5)])
        return minutes, np.full(len(minutes), 60 + number % 7 * 30)
    bad = list(_bad(kind, number, now, days))
    return np.array([minute for minute, _ in bad]), np.array([events for _, events in bad])


def _bad(kind: str, number: int, now: int, days: int) -> Iterator[tuple[int, int]]:
    """One failure now and then; more of them a week ago, or now."""
    hours = days * 24
    for hour in range(0, hours, 60 + number % 40):
        yield now - (hours - hour) * HOUR + number % HOUR, 1
    usual = (60 + number % 7 * 30) * hours // 1000
    if kind in ("at-risk", "exhausted"):
        share = 70 if kind == "at-risk" else 150
        for part in range(4):
            yield now - (9 * 24 - part) * HOUR + 17, max(usual * share // 100 // 4, 1)
    if kind == "burning":
        yield from ((now - minute, max(usual // 90, 3)) for minute in range(30, 0, -5))
