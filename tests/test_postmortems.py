"""Post-mortems: how acts fold into one, what may be done, what is found, and whose failures are counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

import shop
from tabiji import actions, definitions, postmortems, store
from tabiji.actions import Wanted
from tabiji.acts import Act
from tabiji.cli import cli
from tabiji.errors import UsageError
from tabiji.incidents import Incident
from tabiji.postmortems import Addition, Postmortem, Users, Version, What, Words
from tabiji.reports.history import sentence as told_sentence
from tabiji.runs import acting, affected, grouping, ingesting, intervening, learning, recording
from tabiji.runs.intervening import Word
from tabiji.runs.places import Place, whose
from tabiji.runs.viewing import history, trends
from tabiji.runs.viewing import postmortem as viewing
from tabiji.runs.viewing import postmortems as listing
from tabiji.store import StaleAct, Store

FULL = Words("The pool", {"summary": "s", "users": "u", "why": "w", "change": "c"}, "capacity", "aya")


def act(number: int, what: What, who: str = "aya", **body: object) -> Act:
    return Act("postmortem", "7", what, 1000 + number, who, body, number)


DRAFT = act(
    1, "drafted", lead="aya", users={"reason": "no-ids", "users": None, "field": "", "failed": 3, "named": 0}
)
BASE = Postmortem(7, "draft", Words(lead="aya"), Users("no-ids", failed=3), (), 1001, "aya", 1001, "aya", 1)
FOLDS: dict[str, tuple[list[Act], Postmortem | None]] = {
    "nothing": ([], None),
    "what belongs to others": ([replace(DRAFT, kind="review")], None),
    "a draft": ([DRAFT], BASE),
    "an edit says what it says, and leaves the rest": (
        [DRAFT, act(2, "edited", "ken", why="the pool", cause="capacity")],
        replace(
            BASE,
            words=Words("", {"why": "the pool"}, "capacity", "aya"),
            changed_at=1002,
            changed_by="ken",
            seen=2,
        ),
    ),
    "an empty text takes a section away": (
        [DRAFT, act(2, "edited", why="the pool"), act(3, "edited", why="")],
        replace(BASE, changed_at=1003, seen=3),
    ),
    "a cause that nobody knows is none": (
        [DRAFT, act(2, "edited", cause="bug"), act(3, "edited", cause="")],
        replace(BASE, changed_at=1003, seen=3),
    ),
    "in review": ([DRAFT, act(2, "submitted")], replace(BASE, stage="review", changed_at=1002, seen=2)),
    "handed back": (
        [DRAFT, act(2, "submitted"), act(3, "returned")],
        replace(BASE, changed_at=1003, seen=3),
    ),
    "published": (
        [DRAFT, act(2, "published", "ken")],
        replace(
            BASE,
            stage="published",
            versions=(Version(1, 1002, "ken", Words(lead="aya")),),
            changed_at=1002,
            changed_by="ken",
            seen=2,
        ),
    ),
    "edited after it was published: the version stays": (
        [DRAFT, act(2, "published"), act(3, "edited", title="new")],
        replace(
            BASE,
            words=Words("new", {}, None, "aya"),
            versions=(Version(1, 1002, "aya", Words(lead="aya")),),
            changed_at=1003,
            seen=3,
        ),
    ),
}


@pytest.mark.parametrize(("acts", "expected"), FOLDS.values(), ids=FOLDS)
def test_how_a_postmortem_stands(acts: list[Act], expected: Postmortem | None) -> None:
    assert postmortems.fold(acts) == ({} if expected is None else {7: expected})


ALLOWED: dict[str, tuple[Postmortem | None, What, bool]] = {
    "a draft where there is none": (None, "drafted", True),
    "a second draft": (BASE, "drafted", False),
    "an edit of nothing": (None, "edited", False),
    "an edit of a draft": (BASE, "edited", True),
    "a draft handed in": (BASE, "submitted", True),
    "handed in twice": (replace(BASE, stage="review"), "submitted", False),
    "handed back": (replace(BASE, stage="review"), "returned", True),
    "a draft handed back": (BASE, "returned", False),
    "a draft published": (BASE, "published", True),
    "what is published, published": (replace(BASE, stage="published"), "published", False),
}


@pytest.mark.parametrize(("now", "what", "allowed"), ALLOWED.values(), ids=ALLOWED)
def test_what_may_be_done(now: Postmortem | None, what: What, allowed: bool) -> None:
    if allowed:
        postmortems.check(now, what, 7)
    else:
        with pytest.raises(ValueError, match=r"\w"):
            postmortems.check(now, what, 7)


def test_what_is_lacking_before_it_is_published() -> None:
    assert postmortems.lacking(FULL) == []
    assert postmortems.lacking(Words()) == ["summary", "users", "why", "change", "cause"]
    assert postmortems.lacking(Words("", {**FULL.sections, "why": " \n"}, "bug")) == ["why"]


FAULTS = {
    "all is well": (Words("t" * 200, {"why": "w" * 20_000}, None, "l" * 60), []),
    "a title too long": (Words("t" * 201), ["title"]),
    "a title of two lines": (Words("a\nb"), ["title"]),
    "a wide space in a title": (Words("動画 再生"), []),
    "a lead too long": (Words("", {}, None, "l" * 61), ["lead"]),
    "a text too long": (Words("", {"why": "w" * 20_001}), ["why"]),
}


@pytest.mark.parametrize(("words", "fields"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_with_words(words: Words, fields: list[str]) -> None:
    assert [field for field, _ in postmortems.faults(words)] == fields


NAMED = {
    "somebody who is named": ("Then Aya pressed the button.", ("aya",)),
    "a part of another word": ("The payatari queue was full.", ()),
    "a Japanese name in a sentence": ("木下さんが切り戻した。", ("木下",)),
    "nobody": ("The pool had 10 connections.", ()),
}


@pytest.mark.parametrize(("text", "expected"), NAMED.values(), ids=NAMED)
def test_who_is_named_where_nobody_is_to_be_blamed(text: str, expected: tuple[str, ...]) -> None:
    assert postmortems.named_in(Words("", {"why": text}), ["aya", "木下", ""]) == expected


ADDITIONS = {
    "a time and a text": ("20:52 we rolled back", (Addition("we rolled back", (20, 52)),)),
    "a list": ("- 9:05: seen\n\n* and mended", (Addition("seen", (9, 5)), Addition("and mended"))),
    "wide digits": ("20:52 切り戻した", (Addition("切り戻した", (20, 52)),)),
    "with its day": ("2026-06-02 20:52 noticed", (Addition("noticed", (20, 52), (2026, 6, 2)),)),
    "no hour of a day": ("24:00 never", (Addition("24:00 never"),)),
    "no minute of an hour": ("23:60 never", (Addition("23:60 never"),)),
    "a time alone": ("20:52", (Addition("20:52"),)),
}


@pytest.mark.parametrize(("text", "expected"), ADDITIONS.values(), ids=ADDITIONS)
def test_times_that_people_write(text: str, expected: tuple[Addition, ...]) -> None:
    assert postmortems.additions(text) == expected


MATCHES = {
    "a word": ("pool", True),
    "two words, anywhere": ("Connection wait", True),
    "a part of a Japanese sentence": ("接続待ち", True),
    "half-width kana": ("プール", True),
    "one word that is not there": ("pool elephant", False),
    "nothing": ("", True),
}


@pytest.mark.parametrize(("query", "expected"), MATCHES.values(), ids=MATCHES)
def test_words_are_found(query: str, expected: bool) -> None:
    texts = ["The CONNECTION pool", "データベースの接続待ちが続いた。プール。", "users wait"]
    assert postmortems.matches(query, texts) == expected


LINES: dict[str, tuple[bytes, list[tuple[Place, str]]]] = {
    "a key of JSON": (b'{"user_id": 7, "plan": "free"}', [(Place("json", "user_id"), "7")]),
    "a nested one, not its neighbour": (
        b'{"user": {"id": "u-1", "plan": "free"}}',
        [(Place("json", "user.id"), "u-1")],
    ),
    "a key in a text": (b'GET /x?customer=9 HTTP/1.1" 500', [(Place("key", "customer"), "9")]),
    "nobody": (b'{"user_id": null, "customerId": "-", "uid": "anonymous"}', []),
    "an id of something else": (b'{"request_id": "1", "trace": "2", "session": "3"}', []),
    "a browser": (b'{"user_agent": "x", "client_ip": "1.1.1.1"}', []),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_whose_a_line_is(line: bytes, expected: list[tuple[Place, str]]) -> None:
    assert list(whose(line)) == expected


# On a shop with customers


def some(minute: int, number: int) -> int:
    return 500 if 60 <= minute < 100 and number % 3 else 200


@pytest.fixture
def opened(store_url: str, tmp_path: Path) -> Iterator[tuple[definitions.Site, Store, Incident]]:
    """The shop, where two of three customers could not pay for 40 minutes; and the incident."""
    folder = tmp_path / "shop"
    shop.write(folder, shop.lines(some))
    site = replace(definitions.load(folder, {}), store=store_url)
    with store.open(store_url) as kept:
        ingesting.ingest(site.sources[0], kept, now=0, workers=1)
        recording.judge_until(site, kept, shop.END * 60)
        grouping.judge_recorded(site, kept)
        (incident,) = kept.incidents("pay")
        yield site, kept, incident


def test_users_are_counted_where_lines_say_whose_they_are(
    opened: tuple[definitions.Site, Store, Incident], tmp_path: Path
) -> None:
    site, kept, incident = opened
    assert (incident.started_minute, incident.ended_minute) == (shop.FIRST + 60, shop.FIRST + 100)
    hit = [number for number in range(shop.CUSTOMERS) if number % 3]
    failed = sum(
        some(minute, number) == 500 for minute in range(60, 100) for number in range(minute % 2, 50, 2)
    )
    counted = Users("counted", len(hit), "user.id", failed, failed)
    assert affected.users(site, kept, incident, shop.END) == counted
    assert affected.users(site, kept, incident, shop.END, bytes_max=10) == Users("too-much")
    (tmp_path / "shop" / "logs" / "web.json").unlink()
    assert affected.users(site, kept, incident, shop.END) == Users("gone")


def test_from_a_draft_to_a_published_version(opened: tuple[definitions.Site, Store, Incident]) -> None:
    site, kept, incident = opened
    number, word = incident.number or 0, Word("aya", 2_000_000_000)
    with pytest.raises(UsageError, match="has no post-mortem"):
        learning.find(kept, number)
    begun = learning.draft(site, kept, number, word)
    assert (begun.words, begun.users and begun.users.users) == (Words(lead="aya"), 33)
    with pytest.raises(UsageError, match="already"):
        learning.draft(site, kept, number, word)
    with pytest.raises(UsageError, match="still missing: Summary"):
        learning.publish(kept, number, word)
    sections = {**FULL.sections, "timeline": "09:58 the pool was full\nand nobody knew"}
    words = replace(FULL, sections=sections, cause="capacity")
    after = learning.edit(kept, number, words, Word("ken", word.now), begun.seen)
    assert learning.edit(kept, number, words, word, after.seen) == after  # nothing changed: no act
    with pytest.raises(StaleAct):
        learning.edit(kept, number, FULL, word, begun.seen)
    assert learning.submit(kept, number, word).stage == "review"
    intervening.close(site, kept, number, shop.FIRST + 150, word)
    done = learning.publish(kept, number, word)
    assert (done.stage, done.versions[0].words) == ("published", words)
    later = learning.edit(kept, number, replace(words, title="Later"), word)
    assert (later.stage, later.published and later.published.words.title) == ("draft", "The pool")
    with_drafts = viewing.view(site, kept, number, "en", word.now)
    for_others = viewing.view(site, kept, number, "en", word.now, draft=False)
    assert (with_drafts.words.title, for_others.words.title) == ("Later", "The pool")
    assert for_others.loose == ("and nobody knew",)
    assert [one.minute for one in for_others.timeline if one.text] == [shop.FIRST + 58]
    text = viewing.markdown(for_others, site, "en")
    assert "# The pool" in text
    assert "33 users: so many different values `user.id` had" in text
    assert "- 2026-06-02 09:58 the pool was full\n- 2026-06-02 10:00 Users began to suffer." in text
    assert learning.every(kept, until_second=word.now) == {}
    for asked, found in (
        (listing.Asked("pool CAPACITY 請求"), 1),
        (listing.Asked("elephant"), 0),
        (listing.Asked("Later"), 1),
        (listing.Asked("Later", drafts=False), 0),
        (listing.Asked(team="money", journey="pay", cause="capacity", stage="draft"), 1),
        (listing.Asked(team="others"), 0),
        (listing.Asked(cause="bug"), 0),
        (listing.Asked(stage="review"), 0),
    ):
        assert len(listing.listing(site, kept, asked).rows) == found, asked


def test_action_items_come_of_it(opened: tuple[definitions.Site, Store, Incident]) -> None:
    site, kept, incident = opened
    number, word = incident.number or 0, Word("aya", 2_000_000_000)
    with pytest.raises(UsageError, match="has no post-mortem"):
        learning.open_item(site, kept, number, Wanted("Alert on the pool"), word)
    learning.draft(site, kept, number, word)
    with pytest.raises(UsageError, match="title: it is empty"):
        learning.open_item(site, kept, number, Wanted(" "), word)
    first = learning.open_item(site, kept, number, Wanted("Alert on the pool", owner="ken"), word)
    assert first.wanted == Wanted(
        "Alert on the pool", team="money", owner="ken", origin="post-mortem", which=str(number), journey="pay"
    )
    due = Wanted("Enlarge it", due=date(2033, 5, 1))  # the day of the word is 2033-05-18
    second = learning.open_item(site, kept, number, due, word)
    acting.open_(site, kept, Wanted("Another", origin="post-mortem", which=f"{number}0"), "aya", word.now)
    acting.change(site, kept, first.number, "done", None, actions.Word("ken", word.now, "it rings"))
    assert [one.number for one in learning.items(kept, number)] == [second.number, first.number]
    retold = viewing.view(site, kept, number, "en", word.now)
    assert [(one["title"], one["state"]) for one in viewing.document(retold, site, "en")["actions"]] == [
        ("Enlarge it", "overdue"),
        ("Alert on the pool", "done"),
    ]
    text = viewing.markdown(retold, site, "en")
    assert (
        "## What is to be done\n\n- [ ] Enlarge it (overdue; due 2033-05-01)\n"
        "- [x] Alert on the pool (done; owner: ken; it rings)\n"
    ) in text


def test_a_cause_is_said_of_an_incident_and_goes_on_in_its_postmortem(
    opened: tuple[definitions.Site, Store, Incident],
) -> None:
    site, kept, incident = opened
    number, word = incident.number or 0, Word("aya", 2_000_000_000)
    assert learning.causes(kept) == {}
    assert learning.cause(kept, number, "bug", word)
    assert not learning.cause(kept, number, "bug", word)  # said already
    assert learning.causes(kept) == {number: "bug"}
    assert learning.cause(kept, number, None, word)
    assert learning.causes(kept) == {}
    learning.cause(kept, number, "data", word)
    assert learning.draft(site, kept, number, word).words.cause == "data"
    asked = history.Asked(word.now, word.now + 1, journey="pay", kind="incident-cause")
    told = [told_sentence(one, {}) for one in history.timeline(site, kept, asked).entries]
    assert told == [f"aya said what kind of cause incident {number} had."] * 3
    assert learning.cause(kept, number, "capacity", word)  # from now on it is said there
    assert learning.find(kept, number).words.cause == "capacity"
    assert (learning.causes(kept), learning.causes(kept, drafts=False)) == (
        {number: "capacity"},
        {number: "data"},
    )
    with pytest.raises(UsageError, match="no incident 99"):
        learning.cause(kept, 99, "bug", word)


def test_a_trend_is_told_as_far_as_anything_is_known(
    opened: tuple[definitions.Site, Store, Incident],
) -> None:
    site, kept, incident = opened
    number, now = incident.number or 0, shop.END + 400 * 1440
    learning.cause(kept, number, "capacity", Word("aya", 2_000_000_000))
    whole = trends.found(site, kept, trends.Asked(shop.FIRST, now)).trend.whole
    assert (whole.start, whole.end) == (shop.FIRST, kept.judging().until_minute)  # what was judged, not more
    assert (whole.incidents, whole.recover.mean, [one.cause for one in whole.lost]) == (1, 40, ["capacity"])
    assert trends.found(site, kept, trends.Asked(None, shop.END)).trend.whole == whole
    for asked in (
        trends.Asked(shop.FIRST, now, team="others"),
        trends.Asked(shop.FIRST, now, journey="others"),
        trends.Asked(shop.FIRST, incident.started_minute),
    ):
        assert trends.found(site, kept, asked).incidents == ()
    with pytest.raises(UsageError, match="nothing is before or after"):
        trends.found(site, kept, trends.Asked(None, shop.END, shop.FIRST))
    told = trends.found(site, kept, trends.Asked(None, shop.END, incident.started_minute)).trend.compared
    assert told is not None
    assert (told.before.incidents, told.after.incidents, told.recover.told) == (0, 1, "too-few")


def test_an_incident_that_goes_on_is_not_published(opened: tuple[definitions.Site, Store, Incident]) -> None:
    site, kept, incident = opened
    number, word = incident.number or 0, Word("aya", 2_000_000_000)
    learning.draft(site, kept, number, word)
    learning.edit(kept, number, FULL, word)
    with pytest.raises(UsageError, match="goes on"):
        learning.publish(kept, number, word)


def test_the_commands_go_all_the_way(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shop.write(folder, shop.lines(some))

    def told(*words: str, typed: str | None = None) -> str:
        done = CliRunner().invoke(cli, [*words, "-C", str(folder)], input=typed)
        assert (done.exit_code, words) == (0, words), done.output
        return done.output

    told("ingest")
    assert "33 users" in told("postmortem", "draft", "1")
    assert told("postmortem", "list").startswith("#")
    told("postmortem", "edit", "1", "--set", "why", "-", "--cause", "capacity", typed="the pool\n")
    for name in ("summary", "users", "change"):
        told("postmortem", "edit", "1", "--set", name, f"{name} 説明")
    told("postmortem", "submit", "1")
    told("incidents", "close", "1", "--at", "2026-06-02T11:30")
    assert "version 1" in told("postmortem", "publish", "1")
    assert "## How it came about\n\nthe pool\n" in told("postmortem", "show", "1")
    assert '"stage": "published"' in told("postmortem", "show", "1", "--json")
    assert '"incident": 1' in told("postmortem", "search", "説明", "pool", "--json")
    assert told("postmortem", "search", "elephant") == "No post-mortems.\n"
    said = told("postmortem", "action", "1", "Alert on the pool", "--owner", "ken", "--due", "2026-06-30")
    assert said == "Action item 8 is open: Alert on the pool\n"
    (item,) = json.loads(told("postmortem", "show", "1", "--json"))["actions"]
    assert (item["owner"], item["due"], item["from"]) == (
        "ken",
        "2026-06-30",
        {"origin": "post-mortem", "which": "1"},
    )
    assert json.loads(told("incidents", "show", "1", "--json"))["kind_of_cause"] == "capacity"
    assert (
        told("incidents", "cause", "1", "bug") == "Incident 1: kind of cause: a bug that was there before.\n"
    )
    assert "kind of cause: nobody has said yet" in told("incidents", "cause", "1", "-")
    told("incidents", "own", "1", "--person", "mio")  # whoever commands it need not be an engineer
    assert "In charge: mio" in told("incidents", "show", "1")
    assert json.loads(told("postmortem", "show", "1", "--json"))["commander"] == "mio"
    trend = json.loads(told("incidents", "trend", "--json"))
    assert (trend["whole"]["incidents"], trend["before_after"]) == (1, None)
    split = told("incidents", "trend", "--before-after", "2026-06-02T09:30")
    assert "can't be told from so few: 0 before, 1 after" in " ".join(split.split())
