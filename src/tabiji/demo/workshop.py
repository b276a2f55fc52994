"""A workshop of まなび旅 that is under way: who is there, what is on the board, how they voted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tabiji.demo.people import Words


@dataclass(frozen=True, slots=True)
class Card:
    """A card of the board, by whom of `GUESTS`; `under` is the place of the one that it belongs to."""

    kind: Literal["journey", "step", "idea"]
    text: Words
    by: int
    under: int | None = None
    sign: Literal["works", "fast", "other"] = "other"
    votes: Mapping[int, Mapping[str, int]] = field(default_factory=dict)  # by guest
    measured: tuple[str, str] | None = None  # source and operation


BOARD_TITLE = Words("What matters to somebody who enrols?", "申し込む人にとって、何が大切か")
BOARD_TEAM = "growth"
BOARD_BEGAN_MINUTES = 35  # before the month's end
GUESTS: Sequence[tuple[str, str]] = (
    ("Ogawa", "product"),
    ("Mori", "engineering"),
    ("Hayashi", "design"),
    ("Kobayashi", "support"),
)
_W, _R, _E = "without", "revenue", "enquiries"
# The timer stands at the votes: some have not voted yet
BOARD: Sequence[Card] = (
    Card(
        "journey",
        Words("Enrol in a course", "コースに申し込む"),
        0,
        votes={0: {_W: 3, _R: 3, _E: 1}, 1: {_W: 3, _R: 3, _E: 2}, 2: {_W: 3, _R: 2, _E: 2}},
    ),
    Card("step", Words("Choose how to pay", "支払い方法を選ぶ"), 2, under=0),
    Card("step", Words("Enrol", "申し込む"), 1, under=0, measured=("web", "EnrollCourse")),
    Card(
        "step",
        Words("See that it worked", "申し込めたことを確かめる"),
        0,
        under=0,
        measured=("web", "GET /api/v1/enrollments/:id"),
    ),
    Card("idea", Words("Nobody pays twice", "二重に課金されない"), 3, under=1),
    Card(
        "idea",
        Words("No error after the button", "ボタンを押したあとエラーにならない"),
        1,
        under=2,
        sign="works",
    ),
    Card("idea", Words("Done within two seconds", "二秒以内に終わる"), 2, under=2, sign="fast"),
    Card(
        "journey",
        Words("Try the first lesson for free", "最初のレッスンを無料で試す"),
        2,
        votes={0: {_W: 2, _R: 3, _E: 0}, 2: {_W: 2, _R: 2, _E: 1}},
    ),
    Card(
        "step",
        Words("Open the course", "コースを開く"),
        2,
        under=7,
        measured=("web", "CourseDetail"),
    ),
    Card(
        "step",
        Words("Play the first lesson", "最初のレッスンを再生する"),
        1,
        under=7,
        measured=("web", "PlayVideo"),
    ),
    Card(
        "journey",
        Words("Get a receipt for the employer", "会社に出す領収書を受け取る"),
        3,
        votes={0: {_W: 1, _R: 0, _E: 3}, 1: {_W: 1, _R: 1, _E: 2}},
    ),
    Card("step", Words("Download the receipt", "領収書をダウンロードする"), 3, under=10),
    Card("idea", Words("Support is not asked for it", "サポートに問い合わせなくて済む"), 3, under=10),
)
VOTING = 3  # the point of the agenda, from 0
