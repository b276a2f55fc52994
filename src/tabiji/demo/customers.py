"""The month of まなび旅 → what its customers said and did beside the logs: enquiries, cancellations, sales, voices.

The tables are such as a help desk and an accounting system export. Who could not use the site writes to support
soon after, and some of them cancel a day or two later; a slow page makes few write, and nobody cancel.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal

from tabiji.demo.chance import times_by_weight
from tabiji.demo.site import DAY_S, LEARNERS, ZONE_S, minute_weights
from tabiji.demo.stories import moment

Language = Literal["en", "ja"]
Kind = Literal["enquiry", "churn", "revenue", "voice"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file of what customers said or did: its name, its text, what one row of it is."""

    kind: Kind
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Wave:
    """After something went wrong: so many enquiries of these subjects, from a time on, for some hours."""

    days_before: int
    clock: tuple[int, int]
    hours: int
    enquiries: int
    subjects: Sequence[tuple[str, str]]  # English, Japanese
    cancelled: tuple[int, ...] = ()  # more than usual, on that day and those after it


# So many a day, whatever happens
_USUAL: Sequence[tuple[float, tuple[str, str]]] = (
    (0.9, ("How do I change my card?", "支払いのカードを変更したい")),
    (0.7, ("Receipt for my course", "領収書を発行してほしい")),
    (0.5, ("I can't find a course on statistics", "統計の講座が検索で見つからない")),
    (0.5, ("When does my certificate arrive?", "修了証はいつ届きますか")),
    (0.4, ("My video has no sound", "動画の音が出ない")),
    (0.4, ("A question of the quiz seems to be wrong", "小テストの設問が間違っているようです")),
    (0.5, ("I enrolled in the wrong course", "申し込む講座を間違えた")),
    (0.8, ("How do I change my address?", "登録住所を変更したい")),
)
_WAVES: Sequence[_Wave] = (
    _Wave(
        9,
        (20, 58),
        3,
        31,
        (
            ("The video does not play", "動画が再生できない"),
            ("Video stops with an error", "動画がエラーで止まる"),
            ("I can't watch my course tonight", "今夜、講座の動画が見られません"),
        ),
        (3, 8, 5),
    ),
    _Wave(
        4,
        (6, 40),
        6,
        14,
        (
            ("My progress is gone", "学習の進み具合が消えた"),
            ("The lesson I finished is shown as not done", "終えたレッスンの学習記録が未完了になっている"),
        ),
        (1, 3, 2),
    ),
    _Wave(5, (9, 0), 30, 5, (("The course page takes long to open", "コースの画面が開くのが遅い"),)),
)
# Days before the last one, clock, journey, English, Japanese
_VOICES: Sequence[tuple[int, tuple[int, int], str, str, str]] = (
    (
        *(24, (21, 14), "get-certificate"),
        "The certificate came while I was still smiling about the last quiz.",
        "最後の小テストが終わってうれしい気持ちのうちに、修了証が届きました。",
    ),
    (
        *(18, (12, 40), "find-a-course"),
        "I type a word and the course I meant is the first. I tell everybody.",
        "一言入れるだけで、探していた講座が一番上に出てきます。周りにも勧めています。",
    ),
    (
        *(9, (21, 20), "watch-course"),
        "I have forty minutes a day for learning, after the children are asleep. Today I saw an error.",
        "子どもが寝たあとの四十分だけが勉強の時間です。今日はエラー画面を見て終わりました。",
    ),
    (
        *(8, (7, 55), "watch-course"),
        "Yesterday evening it would not play. This morning all is well; a word from you would have been nice.",
        "昨夜は再生できませんでした。今朝は直っていましたが、ひと言お知らせがほしかったです。",
    ),
    (
        *(4, (7, 30), "watch-course"),
        "I learned from five to six before work, and nothing of it was kept. I had to click it all again.",
        "出勤前に五時から六時まで学んだのに、記録が残っていませんでした。全部やり直しです。",
    ),
    (
        *(3, (22, 5), "watch-course"),
        "The new course page is pretty, but I wait for it every time.",
        "新しいコース画面はきれいですが、開くたびに待たされます。",
    ),
    (
        *(2, (19, 10), "enrol"),
        "Half price made me try it, and enrolling took ten seconds.",
        "半額だったので試してみました。申し込みは十秒で終わりました。",
    ),
)
_CANCELLED_A_DAY = (4, 3, 4, 3, 2, 3, 5)  # Monday first
_SALES_A_DAY = (412_000, 398_000, 405_000, 387_000, 352_000, 468_000, 521_000)  # yen, Monday first
EARLIER_DAYS = 60  # help desks and shops keep more than logs
_CAMPAIGN = (5, 3, 1.22)  # days before the last one, days, how much more is sold
_COLUMNS: dict[Kind, dict[Language, tuple[str, ...]]] = {
    "enquiry": {"en": ("time", "subject", "ticket"), "ja": ("受付日時", "件名", "受付番号")},
    "churn": {"en": ("day", "cancellations"), "ja": ("日付", "解約数")},
    "revenue": {"en": ("day", "sales"), "ja": ("日付", "売上")},
    "voice": {"en": ("time", "words", "journey"), "ja": ("日時", "声", "ジャーニー")},
}


def sheets(started: int, ended: int, seed: int, language: Language) -> tuple[Sheet, ...]:
    """What customers said and did from `EARLIER_DAYS` before the month [started, ended) on, in epoch seconds, as files.

    What is told by the day ends with the last full local day.
    """
    started -= EARLIER_DAYS * DAY_S
    rng = Random(f"{seed} customers")
    asked = sorted([*_usual(started, ended, rng), *_after_trouble(started, ended, rng)])
    last_day = (ended - 1 + ZONE_S) // DAY_S
    days = range(-(-(started + ZONE_S) // DAY_S), last_day)
    place = 0 if language == "en" else 1
    voices = [
        (at, (english, japanese)[place], journey)
        for before, clock, journey, english, japanese in _VOICES
        if started <= (at := moment(ended, before, clock)) < ended
    ]
    rows: dict[Kind, Iterable[Sequence[object]]] = {
        "enquiry": (
            (_time(at), said[place], f"T-{4_100 + number}") for number, (at, said) in enumerate(asked)
        ),
        "churn": ((_day(day), _cancelled(day, last_day, rng)) for day in days),
        "revenue": ((_day(day), _sold(day, last_day, rng)) for day in days),
        "voice": ((_time(at), words, journey) for at, words, journey in sorted(voices)),
    }
    names = {"enquiry": "enquiries", "churn": "cancellations", "revenue": "sales", "voice": "voices"}
    return tuple(
        Sheet(kind, f"{names[kind]}.csv", _csv(_COLUMNS[kind][language], some)) for kind, some in rows.items()
    )


def _usual(started: int, ended: int, rng: Random) -> list[tuple[int, tuple[str, str]]]:
    found = []
    for day in range((started + ZONE_S) // DAY_S, (ended - 1 + ZONE_S) // DAY_S + 1):
        weights = minute_weights(LEARNERS, day, 0, 1440)
        for rate, subject in _USUAL:
            count = sum(rng.random() < rate / 3 for _ in range(3))
            found += [
                (at, subject)
                for ms in times_by_weight(rng, 0, weights, count)
                if started <= (at := day * DAY_S - ZONE_S + ms // 1000) < ended
            ]
    return found


def _after_trouble(started: int, ended: int, rng: Random) -> list[tuple[int, tuple[str, str]]]:
    found = []
    for wave in _WAVES:
        first = moment(ended, wave.days_before, wave.clock)
        for _ in range(wave.enquiries):
            at = first + int(wave.hours * 3600 * rng.random() ** 2)  # most of them soon
            subject = rng.choice(wave.subjects)
            if started <= at < ended:
                found.append((at, subject))
    return found


def _cancelled(day: int, last_day: int, rng: Random) -> int:
    more = sum(
        wave.cancelled[since]
        for wave in _WAVES
        if 0 <= (since := day - last_day + wave.days_before) < len(wave.cancelled)
    )
    return max(_CANCELLED_A_DAY[(day + 3) % 7] + rng.choice((-1, 0, 0, 1)), 0) + more


def _sold(day: int, last_day: int, rng: Random) -> int:
    before, days, more = _CAMPAIGN
    share = more if 0 <= day - last_day + before < days else 1
    return int(_SALES_A_DAY[(day + 3) % 7] * share * rng.gauss(1, 0.03)) // 100 * 100


def _time(at: int) -> str:
    return (datetime.fromtimestamp(at, UTC) + timedelta(seconds=ZONE_S)).strftime("%Y-%m-%d %H:%M")


def _day(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_S, UTC).strftime("%Y-%m-%d")


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
