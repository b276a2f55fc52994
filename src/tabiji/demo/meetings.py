"""The month of まなび旅 → its weekly meetings: who leads them, what they found, what they decided, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tabiji.demo.people import SRE, Words
from tabiji.demo.site import DAY_S, ZONE_S


@dataclass(frozen=True, slots=True)
class Choice:
    """What a meeting decided of an objective, who sees to it within how many days, and what became of it."""

    objective: str
    choice: Literal["mend", "watch", "loosen", "tighten", "correct", "agree", "drop", "nothing"]
    why: Words
    owner: str
    days: int
    came: tuple[Literal["done", "carried", "dropped"], Words] | None = None  # told in the meeting after it


@dataclass(frozen=True, slots=True)
class Found:
    """What a meeting found of a drop in its week."""

    objective: str
    cause: Words
    suffered: Literal["yes", "no", "unknown"]
    evidence: Words


@dataclass(frozen=True, slots=True)
class Subject:
    """What is spoken of in the meeting about the week in which something happened."""

    team: str
    days_before: int  # the last day, when it happened
    choices: Sequence[Choice]
    found: Found | None = None
    concern: tuple[Words, str] | None = None  # and whose it is


@dataclass(frozen=True, slots=True)
class Meetings:
    """A team's weekly meetings: of the last so many full weeks, who leads them, for whom, and who is there."""

    team: str
    weeks: int
    leader: str
    led_by: Literal["team", "sre"]
    present: tuple[str, ...]
    clock: tuple[int, int]  # on the Monday after
    minutes: int


MEETINGS: Sequence[Meetings] = (
    Meetings("learning", 4, "Ito", "team", ("Sato", "Ito", "Kobayashi", "Abe"), (10, 0), 19),
    Meetings("discovery", 4, "Tanaka", "team", ("Tanaka", "Endo", SRE), (11, 0), 16),
    Meetings("growth", 4, SRE, "sre", (SRE, "Mori", "Ogawa"), (13, 30), 24),
)

SUBJECTS: Sequence[Subject] = (
    Subject(
        "learning",
        23,
        (
            Choice(
                "take-a-quiz/fast",
                "watch",
                Words(
                    "800 ms is a guess of ours; look at it for some weeks before anybody promises it.",
                    "800 ミリ秒は当て推量。約束する前に、数週間は様子を見る。",
                ),
                "Ito",
                14,
                (
                    "carried",
                    Words("Held so far; two weeks more.", "いまのところ守れている。あと二週間見る。"),
                ),
            ),
        ),
    ),
    Subject(
        "learning",
        9,
        (
            Choice(
                "watch-course/plays",
                "mend",
                Words(
                    "A second origin for the video service, so that one that falls over is not the end of it.",
                    "動画サービスの配信元を二重にし、片方が倒れても再生が止まらないようにする。",
                ),
                "Ito",
                14,
            ),
            Choice(
                "watch-course/available",
                "mend",
                Words(
                    "The start page tells of a disturbance within five minutes, in words from support.",
                    "障害が起きたら五分以内にトップ画面で知らせる。文面はサポートが用意する。",
                ),
                "Kobayashi",
                5,
                (
                    "done",
                    Words("The banner is there; tried on Thursday.", "告知バナーを実装し、木曜に試した。"),
                ),
            ),
        ),
        Found(
            "watch-course/plays",
            Words(
                "The push to all learners came seven minutes before; the video service ran out of connections.",
                "全受講者へのプッシュ配信から七分後、動画サービスの接続数が上限に達した。",
            ),
            "yes",
            Words(
                "31 enquiries in three hours, and twice as many cancellations the day after.",
                "三時間で問い合わせ 31 件。翌日の解約は普段の倍以上。",
            ),
        ),
        (
            Words(
                "Pushes to everybody are not told to the developers beforehand.",
                "全員へのプッシュ配信が、開発側に事前に共有されていない。",
            ),
            "Sato",
        ),
    ),
    Subject(
        "learning",
        4,
        (
            Choice(
                "watch-course/recorded",
                "mend",
                Words(
                    "RecordProgress answers with an error when the lock is not had, and the app sends it again.",
                    "ロックを取れなかったときは RecordProgress がエラーを返し、アプリが再送する。",
                ),
                "Ito",
                10,
            ),
        ),
        Found(
            "watch-course/recorded",
            Words(
                "A nightly migration held a lock on the table of progress for three hours, behind answers of 200.",
                "夜間のマイグレーションが学習記録テーブルを三時間ロックしていた。応答は 200 のままだった。",
            ),
            "yes",
            Words(
                "Nobody was paged by the database: it healed itself. Support heard of it from 06:40 on.",
                "データベースの監視は自然復旧で気づけず、6:40 から問い合わせで分かった。",
            ),
        ),
    ),
    Subject(
        "learning",
        6,
        (
            Choice(
                "watch-course/opens-fast",
                "watch",
                Words(
                    "Half of the new course page is taken back; see whether that is enough.",
                    "刷新したコース画面の半分を切り戻した。これで足りるか様子を見る。",
                ),
                "Abe",
                7,
            ),
        ),
        Found(
            "watch-course/opens-fast",
            Words(
                "web 2026.23 loads every lesson of a course before it shows the first.",
                "web 2026.23 は、全レッスンを読み込んでから最初の画面を出している。",
            ),
            "no",
            Words(
                "Five enquiries, no more cancellations than usual.",
                "問い合わせは 5 件。解約は普段と変わらない。",
            ),
        ),
    ),
    Subject(
        "discovery",
        16,
        (
            Choice(
                "find-a-course/faster",
                "watch",
                Words(
                    "Does anybody feel the difference between 900 ms and 1.5 s? Ask in the interviews.",
                    "900 ミリ秒と 1.5 秒の違いは感じられるのか。インタビューで聞いてみる。",
                ),
                "Endo",
                14,
            ),
        ),
    ),
    Subject(
        "growth",
        9,
        (
            Choice(
                "enrol/available",
                "watch",
                Words(
                    "The campaign begins in a few days; look every morning while it runs.",
                    "まもなくキャンペーンが始まる。期間中は毎朝確認する。",
                ),
                "Mori",
                9,
            ),
        ),
    ),
)


def week_of(second: int) -> int:
    """The local day (since 1970-01-01) of the Monday of the week in which a moment lies."""
    day = (second + ZONE_S) // DAY_S
    return day - (day + 3) % 7
