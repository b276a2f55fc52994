"""The month of まなび旅 → what its people did in the two incidents, and what they wrote of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tabiji.demo.people import Clock, Words


@dataclass(frozen=True, slots=True)
class Learnt:
    """What people did in an incident, and wrote of it; texts by the section of a template."""

    journey: str
    lasted: tuple[Clock, Clock]  # users suffered from, to
    noticed: tuple[str, Clock] | None  # by whom, if not by an alert
    commander: str
    helpers: tuple[str, ...]
    taken_note: tuple[str, Clock] | None
    notes: Sequence[tuple[Clock, str, Words]]
    drafted: tuple[str, Clock]
    title: Words
    cause: str
    texts: Mapping[str, Words]
    handed_in: Clock
    published: tuple[str, Clock] | None
    tasks: Sequence[tuple[Words, str, int]] = ()  # what, who, in how many days


LEARNT: Sequence[Learnt] = (
    Learnt(
        journey="watch-course",
        lasted=(Clock(9, 20, 52), Clock(9, 21, 30)),
        noticed=None,
        commander="Sato",
        helpers=("Ito", "Abe"),
        taken_note=("Ito", Clock(9, 21, 3)),
        notes=(
            (
                Clock(9, 21, 9),
                "Ito",
                Words("The video service is out of connections.", "動画サービスの接続数が上限に達している。"),
            ),
            (
                Clock(9, 21, 26),
                "Abe",
                Words("Raised the limit, restarting one by one.", "上限を引き上げ、順に再起動中。"),
            ),
        ),
        drafted=("Ito", Clock(8, 10, 30)),
        title=Words(
            "Videos did not start for 38 minutes after a push to all",
            "全員へのプッシュ配信の直後、38 分間動画が再生できず",
        ),
        cause="capacity",
        texts={
            "summary": Words(
                "From 20:52 to 21:30 nearly half of all attempts to play a video failed. A push to all learners had "
                "come seven minutes before.",
                "20:52 から 21:30 まで、動画再生の半分近くが失敗した。"
                "その七分前に全受講者へのプッシュ配信があった。",
            ),
            "users": Words(
                "Learners who had sat down in the evening saw an error instead of their course. 31 wrote to support.",
                "夜の学習時間に、講座の代わりにエラー画面が出た。問い合わせは 31 件。",
            ),
            "timeline": Words(
                "20:58 the first enquiry reaches support\n21:26 more connections, one service after the other",
                "20:58 サポートに最初の問い合わせ\n21:26 接続数の上限を順に引き上げ",
            ),
            "why": Words(
                "The video service allows 200 connections. An evening needs 120; a push to everybody at the busiest "
                "hour needs 300. Nobody who plans a push can see that, and nobody who runs the service knows of it.",
                "動画サービスの接続数の上限は 200。普段の夜は 120 で足りるが、最も混む時間帯の一斉配信では 300 が要る。"
                "配信を計画する側からは上限が見えず、運用する側には配信の予定が見えていなかった。",
            ),
            "well": Words(
                "The alert came within minutes, and named the step: play.",
                "数分でアラートが届き、「再生」の段階だとすぐに分かった。",
            ),
            "lucky": Words(
                "The second push, planned for the next evening, could be stopped in time.",
                "翌晩に予定していた二回目の配信を、間に合って止められたこと。",
            ),
            "change": Words(
                "Pushes stand in the calendar that both sides see, and go out over half an hour. The limit follows "
                "the load.",
                "配信予定を両者が見るカレンダーに載せ、三十分かけて送る。接続数の上限は負荷に応じて変わるようにする。",
            ),
        },
        handed_in=Clock(8, 16, 0),
        published=("Sato", Clock(7, 11, 0)),
        tasks=(
            (
                Words("Send pushes to everybody over half an hour", "一斉プッシュ配信を三十分に分けて送る"),
                "Mori",
                12,
            ),
            (
                Words(
                    "Let the connections of the video service follow the load",
                    "動画サービスの接続数を負荷に追従させる",
                ),
                "Abe",
                20,
            ),
        ),
    ),
    Learnt(
        journey="watch-course",
        lasted=(Clock(4, 4, 10), Clock(4, 7, 14)),
        noticed=("support", Clock(4, 7, 5)),
        commander="Ito",
        helpers=("Kobayashi",),
        taken_note=None,
        notes=(
            (
                Clock(4, 7, 12),
                "Kobayashi",
                Words(
                    "Learners write that what they did before breakfast is not recorded.",
                    "朝の学習が記録されていないという問い合わせが続いている。",
                ),
            ),
        ),
        drafted=("Ito", Clock(3, 15, 0)),
        title=Words(
            "Progress lost in the night, behind answers of 200",
            "応答は 200 のまま、夜のうちに学習記録が失われた",
        ),
        cause="data",
        texts={
            "summary": Words(
                "From 04:10 to 07:14 an eighth of the recorded progress was lost. The lock was released by itself.",
                "4:10 から 7:14 まで、学習記録のおよそ八分の一が失われた。ロックは自然に解けた。",
            ),
            "users": Words(
                "Those who learn before work lost what they had done, and were not told.",
                "出勤前に学ぶ人たちの記録が失われ、お知らせもできていなかった。",
            ),
        },
        handed_in=Clock(2, 18, 0),
        published=None,
    ),
)
