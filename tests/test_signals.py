"""Enquiries and the like as values: what a file says, what is wrong in it, and which journey words are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tabiji.signals import Field, Kind, Read, Rule, Signal, TableError, faults, journey_of, read

NOW = int(datetime(2026, 4, 10, tzinfo=UTC).timestamp())
RULES = (Rule(("動画", "Video"), "watch"), Rule(("支払",), "pay"), Rule(("video",), "pay"))
JOURNEYS = {"watch": "watch", "pay": "pay", "料金を支払う": "pay"}


try:
    date.fromisoformat("2026-02-30")
except ValueError as error:
    NO_DAY = error  # in Python's words, which differ by its version


def said(content: str | bytes, kind: Kind = "enquiry", **columns: str) -> Read:
    named: dict[Field, str] = dict(columns)  # type: ignore[arg-type] # names of fields
    written = content if isinstance(content, bytes) else content.encode()
    return read(
        written,
        kind,
        columns=named,
        journeys=JOURNEYS,
        rules=RULES,
        author="f.csv",
        zone="Asia/Tokyo",
        now=NOW,
    )


def second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("text", "journey"),
    [
        pytest.param("動画が見られない", "watch", id="a word in it"),
        pytest.param("My VIDEO stops", "watch", id="other capitals"),
        pytest.param("ＶＩＤＥＯが止まる", "watch", id="wide letters"),
        pytest.param("支払いの動画", "watch", id="two rules fit: the first holds"),
        pytest.param("支払い", "pay", id="the second rule"),
        pytest.param("vide o", None, id="only nearly a word"),
        pytest.param("", None, id="nothing said"),
    ],
)
def test_the_first_rule_that_fits_says_the_journey(text: str, journey: str | None) -> None:
    assert journey_of(text, RULES) == journey


def test_narrow_kana_are_kana() -> None:
    assert journey_of("ﾄﾞｳｶﾞ", [Rule(("ドウガ",), "watch")]) == "watch"


FILE = "受付日時,件名,ID,担当\n2026/4/1 9:05,動画が見られない,T-1,鈴木\n2026/4/1 10:00,その他,T-2,鈴木\n"
SAID = Read(
    (
        Signal(
            "enquiry", second("2026-04-01T09:05+09:00"), "T-1", 1, "動画が見られない", "watch", author="f.csv"
        ),
        Signal("enquiry", second("2026-04-01T10:00+09:00"), "T-2", 1, "その他", author="f.csv"),
    ),
    (),
    ("担当",),
)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(FILE.encode(), id="UTF-8"),
        pytest.param(FILE.encode("utf-8-sig"), id="UTF-8 with its mark"),
        pytest.param(FILE.encode("cp932"), id="Shift_JIS"),
        pytest.param(FILE.encode("utf-16"), id="UTF-16 with its mark"),
        pytest.param(FILE.replace("\n", "\r\n").encode(), id="lines as Windows ends them"),
        pytest.param(FILE.replace(",", "\t").encode(), id="tabs"),
        pytest.param(FILE.replace(",", ";").encode(), id="semicolons"),
        pytest.param(FILE.replace("\n", "\n\n,,,\n").encode(), id="empty lines"),
        pytest.param(FILE.replace("ID", "ｉｄ").encode(), id="wide letters in a name"),
        pytest.param(FILE.rstrip("\n").encode(), id="no end of the last line"),
    ],
)
def test_a_file_says_the_same_however_it_is_written(content: bytes) -> None:
    assert said(content) == SAID


@pytest.mark.parametrize(
    ("written", "at"),
    [
        pytest.param("2026-04-01", "2026-04-01T00:00+09:00", id="a day: its first moment in the site's zone"),
        pytest.param("2026/4/1 9:05", "2026-04-01T09:05+09:00", id="as spreadsheets write it"),
        pytest.param("2026年4月1日 9時05分", "2026-04-01T09:05+09:00", id="in Japanese"),
        pytest.param("２０２６／４／１", "2026-04-01T00:00+09:00", id="wide digits"),
        pytest.param("2026-04-01 09:05:59.9", "2026-04-01T09:05:59+09:00", id="a fraction is cut off"),
        pytest.param("2026-04-01T00:05:00Z", "2026-04-01T00:05+00:00", id="in UTC"),
        pytest.param("2026-04-01 00:05:00 UTC", "2026-04-01T00:05+00:00", id="in UTC by its name"),
        pytest.param("2026-04-01T00:05:00+0200", "2026-04-01T00:05+02:00", id="with a zone"),
        pytest.param("2026-04-11", "2026-04-11T00:00+09:00", id="within the next day"),
    ],
)
def test_times_are_read_as_people_write_them(written: str, at: str) -> None:
    (found,) = said(f"at,key\n{written},1\n").signals
    assert found == Signal("enquiry", second(at), "1", author="f.csv")


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        pytest.param("12000", 12_000, id="plain"),
        pytest.param('"12,000"', 12_000, id="in thousands"),
        pytest.param('"￥１２，０００"', 12_000, id="wide, with a sign"),
        pytest.param("12000円", 12_000, id="with its unit"),
        pytest.param("-500", -500, id="paid back"),
        pytest.param("1000000000000000", 10**15, id="the most"),
    ],
)
def test_amounts_are_read_as_people_write_them(written: str, amount: int) -> None:
    (found,) = said(f"day,sales\n2026-04-01,{written}\n", "revenue").signals
    assert found.amount == amount


@pytest.mark.parametrize(
    ("content", "kind", "line", "message"),
    [
        pytest.param("at\n4/1/2026\n", "enquiry", 2, "`4/1/2026` is not a time; write for example `2026-03-01`, "
                     "`2026/3/1 9:30` or `2026-03-01T09:30:00Z`", id="a time that can mean two"),
        pytest.param("at\nnow\n", "enquiry", 2, "`now` is not a time; write for example `2026-03-01`, "
                     "`2026/3/1 9:30` or `2026-03-01T09:30:00Z`", id="now says nothing in a file"),
        pytest.param("at\n2026-02-30\n", "enquiry", 2,
                     f"`2026-02-30` is not a time: {NO_DAY}",
                     id="a day that there is not"),
        pytest.param("at,text\n,x\n", "enquiry", 2, "the time is missing", id="no time"),
        pytest.param("at\n2026-04-12\n", "enquiry", 2, "the time is still to come; is its zone right?", id="to come"),
        pytest.param("at,amount\n2026-04-01,0\n", "enquiry", 2, f"the amount is from 1 to {10**15}", id="no enquiries"),
        pytest.param("at,amount\n2026-04-01,-1\n", "churn", 2,
                     f"the amount is from 0 to {10**15}", id="less than none"),
        pytest.param("at,amount\n2026-04-01,1000000000000001\n", "revenue", 2,
                     f"the amount is from {-10**15} to {10**15}", id="more than the most"),
        pytest.param("at,amount\n2026-04-01,1.5\n", "revenue", 2,
                     "`1.5` is not a whole number; write for example `3` or `12,000`", id="parts"),
        pytest.param("at,amount\n2026-04-01,\n", "revenue", 2, "the amount is missing", id="no amount"),
        pytest.param("at,text\n2026-04-01, \n", "voice", 2, "a voice without words says nothing", id="no words"),
        pytest.param(f"at,text\n2026-04-01,{'x' * 2001}\n", "voice", 2,
                     "the text has 2001 characters; 2000 are the most", id="too many words"),
        pytest.param("at,text\n2026-04-01,a\x1b[31mb\n", "voice", 2,
                     "the text holds characters that can't be printed; leave them out", id="an escape sequence"),
        pytest.param("at,journey\n2026-04-01,wach\n", "enquiry", 2,
                     "`wach` is not a journey; there are pay, watch", id="no such journey"),
        pytest.param("at,text\n2026-04-01,a,b\n", "enquiry", 2,
                     "there are more cells than columns; put a text with commas in quotes", id="too many cells"),
        pytest.param('at,text,id\n2026-04-01,"a\nb",1\n2026-04-01,x,1\n', "enquiry", 4, "`1` is on line 2 already",
                     id="a key twice, after a text of two lines"),
    ],
)  # fmt: skip
def test_every_row_that_is_wrong_is_said_with_its_line(
    content: str, kind: Kind, line: int, message: str
) -> None:
    assert said(content, kind).faults == ((line, message),)


@pytest.mark.parametrize(
    ("content", "kind", "columns", "message"),
    [
        pytest.param(b"", "enquiry", {}, "the file is empty; its first line names the columns", id="an empty file"),
        pytest.param(b"\xff\xff\x81", "enquiry", {}, "the file is neither UTF-8 nor Shift_JIS; save it as CSV UTF-8",
                     id="no text"),
        pytest.param(b"when,subject\n", "enquiry", {}, "no column is known for `at`; there are when, subject; "
                     "call it so, or say which it is: `--map at=COLUMN`", id="no column for the time"),
        pytest.param(b"at,x\n", "revenue", {}, "no column is known for `amount`; there are at, x; "
                     "call it so, or say which it is: `--map amount=COLUMN`", id="no column for what was earned"),
        pytest.param(b"at,date\n", "enquiry", {}, "at, date may all be `at`; say which with `--map at=at`",
                     id="two columns for the time"),
        pytest.param(b"at,x\n", "enquiry", {"text": "y"}, "there is no column `y`; there are at, x",
                     id="a column that is not there"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused(
    content: bytes, kind: Kind, columns: dict[str, str], message: str
) -> None:
    with pytest.raises(TableError) as refused:
        said(content, kind, **columns)
    assert str(refused.value) == message


def test_columns_of_other_names_are_told() -> None:
    found = said("when,headline,id\n2026-04-01,video,7\n", at="when", text="Headline")
    assert found.signals == (
        Signal("enquiry", second("2026-04-01T00:00+09:00"), "7", 1, "video", "watch", author="f.csv"),
    )


def test_a_journey_that_comes_along_is_by_hand_whatever_the_rules_say() -> None:
    found = said("at,text,journey,id\n2026-04-01,動画,料金を支払う,1\n2026-04-01,動画,WATCH,2\n")
    assert [(one.journey, one.by_hand) for one in found.signals] == [("pay", True), ("watch", True)]


def test_without_keys_the_same_file_is_the_same_signals_and_a_longer_one_only_adds() -> None:
    rows = "at,text\n2026-04-01,x\n2026-04-01,x\n2026-04-02,x\n"
    first, longer = said(rows).signals, said(rows + "2026-04-01,x\n2026-04-03,y\n").signals
    assert len({one.key for one in first}) == 3
    assert longer[:3] == first
    assert len({one.key for one in longer}) == 5
    moved = said("at,text\n2026-04-02,x\n2026-04-01,x\n2026-04-01,x\n").signals
    assert {one.key for one in moved} == {one.key for one in first}


GOOD = Signal("voice", NOW, "k", text="止まる\n困る", journey="watch", author="Sato")


@pytest.mark.parametrize(
    ("signal", "found"),
    [
        pytest.param(GOOD, [], id="words of two lines"),
        pytest.param(replace(GOOD, at=NOW + 86_400), [], id="a day ahead"),
        pytest.param(
            replace(GOOD, at=NOW + 86_401),
            [("at", "the time is still to come; is its zone right?")],
            id="a second more",
        ),
        pytest.param(replace(GOOD, at=-1), [("at", "the time is before 1970")], id="before all"),
        pytest.param(replace(GOOD, key=" "), [("key", "the key is empty")], id="no key"),
        pytest.param(
            replace(GOOD, kind="praise"),  # type: ignore[arg-type] # as it comes from outside
            [("kind", "`praise` is no kind of signal; there are enquiry, churn, revenue, voice")],
            id="no kind",
        ),
    ],
)
def test_faults_are_all_told(signal: Signal, found: list[tuple[str, str]]) -> None:
    assert faults(signal, ["watch"], NOW) == found
