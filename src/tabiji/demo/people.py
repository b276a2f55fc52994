"""The month of まなび旅 → what its people did about it: meetings, decisions, what they learnt, what they plan.

Four teams of unequal practice: learning does it all by itself, discovery with some help of the SRE, growth where the
SRE leads, and the back office has not begun. Nothing here is measured; these are the words and the choices of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tabiji.demo.stories import moment

SRE = "Nakamura"


class Words(NamedTuple):
    """A text in the languages of the site."""

    en: str
    ja: str


class Clock(NamedTuple):
    """A time of the day `days_before` the last local day of the month."""

    days_before: int
    hour: int
    minute: int = 0

    def second(self, ended: int) -> int:
        """In epoch seconds, in a month that ends then."""
        return moment(ended, self.days_before, (self.hour, self.minute))


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody signs the policy of a name, or says what they would change in it."""

    policy: str
    who: str
    at: Clock
    part: Literal["product-owner", "team"] | None = None
    why: Words | None = None


SIGNATURES: Sequence[Signature] = (
    Signature("learning-budget", "Sato", Clock(28, 15, 10), "product-owner"),
    Signature("learning-budget", "Ito", Clock(28, 15, 40), "team"),
    Signature("discovery-budget", "Tanaka", Clock(12, 16, 5), "team"),
    Signature(
        "discovery-budget",
        "Endo",
        Clock(11, 9, 30),
        why=Words(
            "May we still ship when the fault is a supplier's? Say so in the terms.",
            "外部サービスが原因のときもリリースを止めるのか。条件に書いてほしい。",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done that no meeting and no incident asked for; `due` in days after the last one."""

    title: Words
    team: str
    opened: Clock
    by: str
    sort: Literal["action", "concern", "help"] = "action"
    owner: str | None = None
    supporter: str | None = None
    due: int | None = None
    journey: str | None = None
    serves: str | None = None  # a line of the mission
    done: tuple[Clock, Words] | None = None


TASKS: Sequence[Task] = (
    Task(
        Words("Rebuild the search index without locking it", "検索インデックスをロックせずに作り直す"),
        "discovery",
        Clock(20, 14, 0),
        "Tanaka",
        owner="Tanaka",
        supporter=SRE,
        due=21,
        journey="find-a-course",
        serves="m1",
    ),
    Task(
        Words("Time out calls to the payment provider after 5 s", "決済会社の呼び出しを 5 秒で打ち切る"),
        "growth",
        Clock(18, 11, 0),
        SRE,
        owner="Mori",
        supporter=SRE,
        due=-1,
        journey="enrol",
        serves="m1",
    ),
    Task(
        Words(
            "Who can show us how to read a slow query log?",
            "スロークエリログの読み方を教えてくれる人を探しています",
        ),
        "back-office",
        Clock(13, 10, 0),
        "Wada",
        sort="help",
        due=30,
        serves="m2",
    ),
    Task(
        Words("Log the GraphQL error code in a header", "GraphQL のエラーコードをヘッダーに出してログに残す"),
        "learning",
        Clock(27, 10, 0),
        "Ito",
        owner="Abe",
        due=-16,
        journey="watch-course",
        serves="m1",
        done=(
            Clock(21, 17, 0),
            Words(
                "In all services; a 200 that failed is now seen as one.",
                "全サービスに入れた。200 でも失敗と分かるようになった。",
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Wording:
    """A version of what all are here for: the lines that it adds, by section; `sre` and `teams` expect it of each."""

    at: Clock
    who: str
    agreed_with: Words
    why: Words
    added: Sequence[tuple[Literal["mission", "vision", "sre", "teams"], Words]]


MISSION: Sequence[Wording] = (
    Wording(
        Clock(28, 10),
        SRE,
        Words("the head of development", "開発部長"),
        Words("So that all begin with the same words.", "同じ言葉から始めるため。"),
        (
            (
                "mission",
                Words(
                    "Learners can rely on the time they set aside.",
                    "学ぶと決めた時間を、安心して使ってもらう。",
                ),
            ),
            (
                "vision",
                Words(
                    "Every team runs what it builds, without a gate.",
                    "どのチームも、承認を待たずに自分たちで運用できる。",
                ),
            ),
            (
                "sre",
                Words(
                    "Gives what a team needs to do without SRE.",
                    "SRE がいなくても回るように、必要なものを渡す。",
                ),
            ),
            ("teams", Words("Look at their promises every week.", "毎週、自分たちの SLO を見る。")),
        ),
    ),
    Wording(
        Clock(14, 10),
        "Sato",
        Words("the heads of development and business", "開発部長・事業部長"),
        Words(
            "Support and business missed themselves in it.",
            "サポートと事業の人から、自分たちのことが書かれていないと言われた。",
        ),
        (
            (
                "mission",
                Words(
                    "Anybody can see for themselves what is wrong.",
                    "何が起きているかを、誰もが自分で確かめられる。",
                ),
            ),
            (
                "mission",
                Words(
                    "What users feel comes before what servers feel.",
                    "サーバーの都合より、利用者の体験を先に見る。",
                ),
            ),
            (
                "teams",
                Words("Say which journeys matter, and why.", "どのジャーニーが大切か、なぜかを言葉にする。"),
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Aim:
    """A key result: what somebody wants to reach, from `begins` to `ends` in days after the last one."""

    title: Words
    owner: str
    team: str
    objective: str
    measure: Literal["sli", "days-kept", "budget-left"]
    start: str
    target: str
    begins: int
    ends: int


AIMED = Clock(27, 11)
AIMS: Sequence[Aim] = (
    Aim(
        Words("Whoever wants to learn in the evening can", "夜に学びたい人が、いつでも学べる"),
        "Sato",
        "learning",
        "watch-course/available",
        "sli",
        "99.85%",
        "99.93%",
        -26,
        45,
    ),
    Aim(
        Words("Nobody waits for search results", "検索結果を誰も待たない"),
        "Tanaka",
        "discovery",
        "find-a-course/faster",
        "days-kept",
        "80%",
        "95%",
        -26,
        45,
    ),
)


@dataclass(frozen=True, slots=True)
class Engaged:
    """The SRE leads or supports a team in a practice until it has reached a stage of it."""

    team: str
    practice: str
    mode: Literal["leads", "supports"]
    until_stage: int
    at: Clock
    why: Words


ENGAGED: Sequence[Engaged] = (
    Engaged(
        "growth",
        "reviews-held",
        "leads",
        2,
        Clock(16, 13, 30),
        Words("Nobody of the team has led a review yet.", "チームの誰も、まだ振り返りを進行したことがない。"),
    ),
    Engaged(
        "discovery",
        "slo-kept",
        "supports",
        3,
        Clock(22, 11, 0),
        Words(
            "The search index needs a hand from somebody who has done it.",
            "検索インデックスは、経験者の手助けがいる。",
        ),
    ),
)
