"""What is read, whole: in English and in Japanese; and the page that takes note, by HTTP."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2 as httpx
import pytest
from stories import START, WATCH, Story, story

from tabiji.marks import Mark
from tabiji.notices import Message, message_json, message_of
from tabiji.reports.phrases import PHRASES, length, plain
from tabiji.runs import acknowledging, telling
from tabiji.runs.intervening import Word
from tabiji.web.application import application
from tabiji.web.context import Context
from tabiji.web.serving import server

FAILING = {"PlayVideo": 60, "OpenCourse": 2}


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, list[Message]]]:
    """Ten minutes after a deployment, and what was told."""
    made = story(tmp_path_factory.mktemp("failing"), "sqlite:///tabiji.db")
    made.opened.marks.add(Mark("deployment", "web 2.41", (START + 2995) * 60, None, ("watch",)), 0)
    made.opened.marks.add(Mark("deployment", "pay 7", (START + 2990) * 60, None, ("pay",)), 0)
    yield made, made.pass_(10, FAILING)
    made.opened.close()


def test_what_opened_is_told_in_english_and_in_japanese(failing: tuple[Story, list[Message]]) -> None:
    _, messages = failing
    assert [(one.title, one.lines) for one in messages] == [
        (
            "Watch a course: 1 in 4 attempts failing since 11:00",
            (
                "“Watch a course” does not work for everybody. Since 11:00 (JST), for 10 minutes, 1 in 4 attempts "
                "failed (620 of 3,000).",
                "96 % of the failures are in the step “Play”, and 96 % in PlayVideo.",
                "In 10 minutes this took 6.8 % of the 7-day error budget (what may fail while the promise of 99 % "
                "holds). At this rate nothing of it is left at 13:25.",
                "Just before: deployment “web 2.41” at 10:55 (5 minutes earlier).",
                "Next: look at PlayVideo, and consider taking back the deployment “web 2.41” of 10:55.",
            ),
        ),
        (
            "【障害】「コースを視聴する」の4回に1回が失敗しています(11:00から)",
            (
                "お客さまの一部が「コースを視聴する」をうまく利用できません。11:00から10分にわたり、"
                "4回に1回が失敗しています(3,000件中620件)。",
                "失敗の96%はステップ「再生する」で、96%は PlayVideo で起きています。",
                "10分で、7日間のエラーバジェット(目標99%を守るうえで許される失敗の量)の6.8%を消費しました。"
                "このままのペースだと13:25に使い切ります。",
                "直前の変更:10:55 デプロイ「web 2.41」(5分前)",
                "次の対応:PlayVideo を確認し、10:55のデプロイ「web 2.41」の切り戻しを検討してください。",
            ),
        ),
    ]


def test_machines_are_told_the_same(failing: tuple[Story, list[Message]]) -> None:
    message = failing[1][0]
    assert message_of(message_json(message)) == message
    facts = dict(message.facts)
    assert facts.pop("urls") == {"link": message.link, "acknowledge": message.acknowledge}
    assert facts.pop("objectives") == [
        {
            "objective": "watch/available",
            "target": "99%",
            "severity": "page",
            "share": 0.02,
            "burn_rate": 620 / 180,
            "firing": True,
            "bad": 620,
            "total": 3000,
            "budget_spent": 620 / 9030,
        }
    ]
    assert facts == {
        "topic": "incident:1",
        "stage": "opened",
        "reason": "opens",
        "kind": "incident",
        "urgency": "page",
        "journey": "watch",
        "team": "learning",
        "state": "open",
        "started": "2026-06-04T02:00:00Z",
        "ended": None,
        "acknowledged": False,
        "incident": 1,
        "title": {"en": "Watch a course", "ja": "コースを視聴する"},
        "detected": "2026-06-04T02:10:00Z",
        "budget_spent": 620 / 9030,
        "steps": [
            {"step": "open", "bad": 20, "total": 1000, "share_of_bad": 20 / 620},
            {"step": "play", "bad": 600, "total": 2000, "share_of_bad": 600 / 620},
        ],
        "operations": [
            {"operation": "PlayVideo", "bad": 600, "total": 1000, "share_of_bad": 600 / 620},
            {"operation": "OpenCourse", "bad": 20, "total": 1000, "share_of_bad": 20 / 620},
        ],
        "marks": [{"kind": "deployment", "title": "web 2.41", "at": "2026-06-04T01:55:00Z", "link": None}],
    }


def test_what_is_over_is_told_in_both(failing: tuple[Story, list[Message]], tmp_path: Path) -> None:
    made = story(tmp_path, "sqlite:///tabiji.db")
    made.pass_(10, FAILING)
    over = [one for one in made.pass_(30) if one.stage == "over"]
    made.opened.close()
    assert [(one.title, one.lines) for one in over] == [
        (
            "Over: Watch a course works again; 1 in 4 attempts failed from 11:00 to 11:10",
            (
                "“Watch a course” works again. From 11:00 to 11:10 (JST), for 10 minutes, 1 in 4 attempts failed "
                "(620 of 3,000).",
                "96 % of the failures are in the step “Play”, and 96 % in PlayVideo.",
                "In 10 minutes this took 6.8 % of the 7-day error budget (what may fail while the promise of 99 % "
                "holds). 93.1 % of it is left.",
                "Next: write down what happened and what was learnt, while it is fresh.",
            ),
        ),
        (
            "【復旧】「コースを視聴する」は復旧しました(11:00〜11:10、4回に1回が失敗)",
            (
                "「コースを視聴する」は復旧しました。11:00から11:10までの10分、4回に1回が失敗しました"
                "(3,000件中620件)。",
                "失敗の96%はステップ「再生する」で、96%は PlayVideo で起きています。",
                "10分で、7日間のエラーバジェット(目標99%を守るうえで許される失敗の量)の6.8%を消費しました。"
                "残りは93.1%です。",
                "次の対応:記憶が新しいうちに、起きたことと学んだことを振り返りに残してください。",
            ),
        ),
    ]


def test_both_languages_say_the_same_things() -> None:
    fields = {
        language: {key: set(re.findall(r"{(\w+)}", text)) for key, text in phrases.items()}
        for language, phrases in PHRASES.items()
    }
    assert fields["en"].keys() == fields["ja"].keys()
    differing = {
        key
        for key in fields["en"]
        if fields["en"][key] - {"title", "how"} != fields["ja"][key] - {"title", "how"}
    }
    assert differing == set()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Play\nit", "Play it"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("\u202egnp.exe", "gnp.exe"),
        ("動画 を見る", "動画 を見る"),
        ("x" * 81, "x" * 79 + "…"),
        ("x" * 80, "x" * 80),
        ("\ud800", ""),
    ],
)
def test_names_are_one_line_of_what_can_be_seen(written: str, shown: str) -> None:
    assert plain(written) == shown


@pytest.mark.parametrize(
    ("minutes", "en", "ja"),
    [
        (0, "less than a minute", "1分未満"),
        (1, "1 minute", "1分"),
        (59, "59 minutes", "59分"),
        (60, "1 hour", "1時間"),
        (125, "2 hours 5 minutes", "2時間5分"),
        (1440, "1 day", "1日"),
        (2 * 1440 + 61, "2 days 1 hour", "2日1時間"),
    ],
)
def test_lengths(minutes: int, en: str, ja: str) -> None:
    assert (length(minutes, "en"), length(minutes, "ja")) == (en, ja)


def test_a_test_says_that_nothing_is_wrong(failing: tuple[Story, list[Message]]) -> None:
    site = failing[0].site
    phone, denwa = site.notifications.receivers[:2]
    said = [telling.test_message(one, site, (START + 5) * 60) for one in (phone, denwa)]
    assert [(one.stage, one.title, one.lines) for one in said] == [
        (
            "test",
            "A test message of Tabiji",
            (
                "“phone” receives messages as it should. This one was sent by hand at 09:05 (JST); nothing is wrong.",
            ),
        ),
        (
            "test",
            "【テスト】Tabiji からのテスト通知です",
            ("「denwa」への通知は正常に届いています。09:05に手動で送信しました。障害ではありません。",),
        ),
    ]


# The page


@pytest.fixture
def pages(failing: tuple[Story, list[Message]]) -> Iterator[httpx.Client]:
    made, _ = failing
    listening = socket.create_server(("127.0.0.1", 0))
    context = Context(made.opened, lambda: made.site, now=lambda: float(made.now))
    running = server(application(context))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
        while not running.started:
            time.sleep(0.01)
        yield client
    running.should_exit = True
    thread.join()


def test_the_link_takes_note_once_and_only_by_its_form(
    failing: tuple[Story, list[Message]], pages: httpx.Client
) -> None:
    made, messages = failing
    path = (messages[0].acknowledge or "").removeprefix("https://tabiji.example.com")
    seen = pages.get(path)
    assert seen.status_code == 200
    assert "<h1>Watch a course: 1 in 4 attempts failing since 11:00</h1>" in seen.text
    assert all(' src="/static/' in one for one in re.findall("<script[^>]*>", seen.text))
    assert "default-src 'none'" in seen.headers["content-security-policy"]
    assert "unsafe-inline" not in seen.headers["content-security-policy"]
    assert made.opened.incident_facts(1) == []  # to look does nothing
    assert pages.post(path, data={"name": "  "}).status_code == 422
    assert pages.post(path, data={"name": "x" * 5000}).status_code == 413
    assert made.opened.incident_facts(1) == []
    taken = pages.post(path, data={"name": "Yuki <script>"})
    assert (taken.status_code, taken.headers["location"]) == (303, path.rpartition("/")[2])
    assert pages.post(path, data={"name": "Ken"}).status_code == 303
    assert [(one.author, one.kind) for one in made.opened.incident_facts(1)] == [
        ("Yuki <script>", "acknowledged")
    ]
    seen = pages.get(path)
    assert "Yuki &lt;script&gt; took note at 11:10. There are no more reminders." in seen.text
    assert "<form" not in seen.text
    assert (
        "11:10にYuki &lt;script&gt;さんが確認しました" in pages.get(path.replace("lang=en", "lang=ja")).text
    )


@pytest.mark.parametrize(
    "path",
    [
        "/acknowledge/1/0123456789abcdef0123456789abcdef",
        "/acknowledge/2/{signature}",
        "/acknowledge/01/{signature}",
        "/acknowledge/summary:1:page/{signature}",
        "/acknowledge/1/{signature}0",
        "/acknowledge/1/%F0%9F%92%A9",
    ],
)
def test_no_other_link_does_anything(
    failing: tuple[Story, list[Message]], pages: httpx.Client, path: str
) -> None:
    made, messages = failing
    signature = (messages[0].acknowledge or "").rpartition("/")[2].partition("?")[0]
    before = made.opened.incident_facts(1)
    for method in ("GET", "POST"):
        found = pages.request(
            method, path.format(signature=signature), data={"name": "Eve"} if method == "POST" else None
        )
        assert found.status_code == 404
    assert made.opened.incident_facts(1) == before


# T18: a thousand at once


def test_a_thousand_objectives_at_once_are_told_together_and_soon(tmp_path: Path) -> None:
    """250 journeys with 4 objectives each, on the same failing requests."""
    objective = re.search(r"  available: .*\n", WATCH)
    assert objective is not None
    four = "".join(
        objective[0].replace("available", f"o{n}").replace("playing works", f"promise {n}") for n in range(4)
    )
    base = WATCH[: WATCH.index("objectives:")]
    files = {
        f"journeys/j{n}.yaml": base.replace("journey: watch", f"journey: j{n}") + f"objectives:\n{four}"
        for n in range(250)
    }
    made = story(tmp_path, "sqlite:///tabiji.db", calm=600, files=files)
    assert made.pass_(3, dict.fromkeys(made.operations, 100), told=False) == []
    began = time.process_time()
    messages = telling.tell(made.site, made.opened, made.now)
    seconds = time.process_time() - began
    assert [(one.receiver, one.stage) for one in messages] == [("phone", "opened"), ("denwa", "opened")]
    for message in messages:
        assert len(message.lines) == 251
        assert sum(line.count("promise") + line.count("再生できる") for line in message.lines) >= 250
        named = {one["objective"] for each in message.facts["matters"] for one in each["objectives"]}  # type: ignore[attr-defined]
        assert named == {f"j{n}/o{m}" for n in range(250) for m in range(4)}
    assert seconds < 3, seconds  # 0.3 s on two idle cores
    assert telling.tell(made.site, made.opened, made.now) == ()
    name = messages[0].topic
    assert name in (messages[0].acknowledge or "")
    standing = acknowledging.standing(made.site, made.opened, name, "en")
    assert standing is not None
    assert len(standing.waiting) == 250
    word = Word("Yuki", made.now)
    assert [acknowledging.acknowledge(made.opened, name, word) for _ in range(2)] == [True, False]
    after = telling.tell(made.site, made.opened, made.now + 60)
    assert [(one.topic, one.stage) for one in after] == [(name, "acknowledged")] * 2
    assert after[1].title == "Somebody is on it: all 250 that have trouble together"
    made.opened.close()


def test_a_hostile_title_is_plain_text(failing: tuple[Story, list[Message]]) -> None:
    made, _ = failing
    hostile = "<script>alert(1)</script> *x* <!channel> @here"
    journey = made.site.journeys[0]
    site = replace(made.site, journeys=(replace(journey, title=replace(journey.title, en=hostile)),))
    said = telling.about(site, made.opened, made.opened.incidents(), "incident:1", "en")
    assert said.title == f"{hostile}: 1 in 4 attempts failing since 11:00"
