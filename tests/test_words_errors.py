"""What goes wrong, said in Japanese as a whole, caret and all; and texts of users, which come through unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Formatter

import pytest

from tabiji import definitions, expressions, logs, notify, windows
from tabiji.catalogues import catalogue
from tabiji.definitions.documents import read
from tabiji.errors import DefinitionError
from tabiji.language import LANGUAGES, Language, either, listed, speaking
from tabiji.marks import Mark, faults
from tabiji.notify import failures
from tabiji.routes.listings import parse
from tabiji.runs import naming
from tabiji.store import opening

SITE = "sources:\n  web: {format: nginx}\n"
WATCH = """\
journey: watch
steps:
  open: {events: "source = 'web'"}
objectives:
  ok:
    good: status < 500
    target: 99%
"""

# What is changed in the files → what is said of it
FAULTS: Mapping[str, tuple[str, str, str, str]] = {
    "a time zone": (
        "tabiji.yaml",
        "sources:",
        "timezone: Asia/Tokio\nsources:",
        """\
tabiji.yaml:1:11: `Asia/Tokio` というタイムゾーンはありません。`Asia/Tokyo` の間違いではありませんか。
    timezone: Asia/Tokio
              ^""",
    ),
    "a key of a source": (
        "tabiji.yaml",
        "format:",
        "formt:",
        """\
tabiji.yaml:2:9: ソースに `formt` というキーはありません。`format` の間違いではありませんか。
      web: {formt: nginx}
            ^""",
    ),
    "a key like none": (
        "journeys/watch.yaml",
        "good: status < 500",
        "good: status < 500\n    alerts: {zzz: 1}",
        """\
journeys/watch.yaml:7:14: `alerts` の設定に `zzz` というキーはありません。使えるのは ticket_only、tiers です。
        alerts: {zzz: 1}
                 ^""",
    ),
    "a whole number": (
        "tabiji.yaml",
        "format: nginx",
        "format: nginx, series_max: many",
        """\
tabiji.yaml:2:36: `series_max` の値は整数にしてください。
      web: {format: nginx, series_max: many}
                                       ^""",
    ),
    "a list where a mapping belongs": (
        "journeys/watch.yaml",
        "{events: \"source = 'web'\"}",
        "[a, b]",
        """\
journeys/watch.yaml:3:9: ステップはマッピングにしてください。使えるキーは title、events です。
      open: [a, b]
            ^""",
    ),
    "a target without a unit": (
        "journeys/watch.yaml",
        "99%",
        "99",
        """\
journeys/watch.yaml:7:13: `99` は目標値として読めません。`99%` の間違いではありませんか。
        target: 99
                ^""",
    ),
    "a target that leaves nothing": (
        "journeys/watch.yaml",
        "99%",
        "100%",
        """\
journeys/watch.yaml:7:13: `100%` ではエラーバジェットが残りません。目標値は 100% 未満にしてください。
        target: 100%
                ^""",
    ),
    "a window": (
        "journeys/watch.yaml",
        "99%",
        "99%\n    window: 90x",
        """\
journeys/watch.yaml:8:13: `90x` は期間として読めません。`90s`・`5m`・`1h`・`28d` のように書いてください。
        window: 90x
                ^""",
    ),
    "a column, behind a wide text": (
        "journeys/watch.yaml",
        "source = 'web'",
        "source = 'web' and operation = '動画' and statu = 200",
        """\
journeys/watch.yaml:3:59: `statu` という列はありません。`status` の間違いではありませんか。
      open: {events: "source = 'web' and operation = '動画' and statu = 200"}
                                                                ^""",
    ),
    "a source that there is not": (
        "journeys/watch.yaml",
        "'web'",
        "'jobs'",
        """\
journeys/watch.yaml:3:28: `jobs` というソースはありません。使えるのは web です。
      open: {events: "source = 'jobs'"}
                               ^""",
    ),
    "an empty value": (
        "journeys/watch.yaml",
        "good: status < 500",
        "good:",
        """\
journeys/watch.yaml:6:5: `good` が空です。値を書くか、消してください。
        good:
        ^""",
    ),
    "a tab": (
        "journeys/watch.yaml",
        "  open:",
        "\topen:",
        """\
journeys/watch.yaml:3:1: 字下げにタブは使えません。空白を使ってください。
     open: {events: "source = 'web'"}
    ^""",
    ),
}


@pytest.mark.parametrize(("path", "old", "new", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_of_definitions(path: str, old: str, new: str, said: str) -> None:
    files = {"tabiji.yaml": SITE, "journeys/watch.yaml": WATCH}
    files[path] = files[path].replace(old, new, 1)
    with speaking(catalogue("ja")), pytest.raises(DefinitionError) as caught:
        definitions.load(Path("/workspace"), {}, files)
    assert str(caught.value) == said


def test_faults_of_several_files_are_all_said() -> None:
    files = {
        "tabiji.yaml": "sources:\n  web: {format: ngnx}\nteams: {learning: {}}\n",
        "journeys/watch.yaml": WATCH.replace("journey:", "team: lerning\njourney:"),
        "policies/a.yaml": "{}\n",
    }
    with speaking(catalogue("ja")), pytest.raises(DefinitionError) as caught:
        definitions.load(Path("/workspace"), {}, files)
    assert [fault.message for fault in caught.value.faults] == [
        "`ngnx` という形式はありません。`nginx` の間違いではありませんか。",
        "`lerning` というチームは tabiji.yaml にありません。`learning` の間違いではありませんか。",
        "取り決めが何も書かれていません。`policies:` か `corrections:` を書いてください。",
    ]


EXPRESSIONS = {
    "status == 500": (8, "`==` はここでは使えません。`=` と書いてください。"),
    "status": (1, "`status` は条件ではありません。`status < 500` のように比べてください。"),
    "status < '500'": (
        1,
        "'500' は文字列、status は整数なので、比べられません。500 を引用符なしで書いてください。",
    ),
    "status <": (8, "式が途中で終わっています。`<` の後に何か足りません。"),
    "status in ()": (1, "`in` には、`in ('a', 'b')` のようにリストが必要です。"),
    "lower(path) = 'a'": (1, "`lower` は関数です。条件の中で関数は使えません。"),
    "pth = 'a'": (1, "`pth` という列はありません。`path` の間違いではありませんか。"),
    "zzz = 'a'": (
        1,
        "`zzz` という列はありません。使える列は path、status です(文字列は一重引用符で囲んでください)。",
    ),
    "path = 'a": (8, "ここで開いた引用符が閉じていません。"),
    "": (1, "式が空です。"),
}


@pytest.mark.parametrize(("text", "said"), EXPRESSIONS.items(), ids=EXPRESSIONS.keys())
def test_faults_of_expressions(text: str, said: tuple[int, str]) -> None:
    with speaking(catalogue("ja")), pytest.raises(expressions.ExpressionError) as caught:
        expressions.predicate(text, {"path": "text", "status": "integer"})
    assert (caught.value.column, caught.value.message) == said
    assert str(caught.value) == f"{said[1]}({said[0]} 文字目)"


OTHERS: Mapping[str, tuple[Callable[[], object], str]] = {
    "a duration": (
        lambda: windows.parse_minutes("90s"),
        "`90s` は分単位になっていません。",
    ),
    "a time": (
        lambda: windows.parse_time("yesterday", 0, "UTC"),
        "`yesterday` は時刻として読めません。`now`・`now-7d`・`2026-03-01`・`2026-03-01T09:30`・"
        "`2026-03-01T09:30:00Z` のように書いてください。",
    ),
    "a window": (
        lambda: naming.window("sprint", None),  # type: ignore[arg-type]  # it is not asked
        "`sprint` は期間として読めません。"
        "`7d` のように書くか、day、week、month、quarter、year のどれかにしてください。",
    ),
    "a list of routes": (
        lambda: parse("GET /users/:id\nFETCH /a\n", "routes.txt"),
        "2 行目: FETCH は HTTP のメソッドではありません。",
    ),
    "a template of a route": (
        lambda: parse("GET /a/{id\n", "routes.txt"),
        "1 行目: 対になっていない波括弧があります: '/a/{id'",
    ),
    "a format": (
        lambda: logs.reading("nginx", log_format="$remote_addr $status"),
        "時刻がありません。$msec、$time_iso8601、$time_local のどれかを加えてください。",
    ),
    "a database": (
        lambda: opening.parsed("mysql://host/a"),
        "`mysql` は Tabiji が使えるデータベースではありません。"
        "`sqlite:///tabiji.db` か `postgresql://user@host/database` のように書いてください。",
    ),
}


@pytest.mark.parametrize(("act", "said"), OTHERS.values(), ids=OTHERS.keys())
def test_what_else_is_refused(act: Callable[[], object], said: str) -> None:
    with speaking(catalogue("ja")), pytest.raises(Exception, match=re.escape(said)) as caught:
        act()
    assert str(caught.value) == said


def test_what_was_recognised_and_why() -> None:
    line = b'203.0.113.7 - - [15/Jun/2025:15:06:40 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl" 0.012 0.010'
    whys = {}
    for language in LANGUAGES:
        with speaking(catalogue(language)):
            found = logs.recognised([line])
            assert found is not None
            whys[language] = found.why
    assert whys == {
        "en": "the combined format with 2 more fields behind it",
        "ja": "combined 形式の後ろにフィールドが 2 個続く形式",
    }


def test_lists() -> None:
    with speaking(catalogue("ja")):
        assert (listed("abc"), either(["`a`", "`b`"])) == ("a、b、c", "`a`または`b`")
    assert (listed("abc"), either(["`a`", "`b`"])) == ("a, b, c", "`a` or `b`")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["{0}", "{x}", "{x!r:>10}", "{", "%s", "%(x)s", "{{}}"])
def test_texts_of_users_come_through_unchanged(language: Language, text: str) -> None:
    said: list[str] = []
    with speaking(catalogue(language)):
        for act in (
            lambda: windows.parse_duration(text),
            lambda: windows.time_zone(text),
            lambda: windows.parse_time(text, 0, "UTC"),
            lambda: expressions.predicate(f"status = '{text}'", {"status": "integer"}),
        ):
            with pytest.raises(Exception, match=re.escape(text)) as caught:
                act()
            said.append(str(caught.value))
        files = {"tabiji.yaml": f"sources:\n  web: {{format: '{text}'}}\n'{text}': 1\n"}
        with pytest.raises(DefinitionError) as faulty:
            definitions.load(Path("/workspace"), {}, files)
        said += [fault.message for fault in faulty.value.faults]
        said += [message for _field, message in faults(Mark("deployment", "a", 0, journeys=(text,)), [])]
        said.append(notify.said(failures.SAID.format(status=400, words=text)))
    assert len(said) == 8
    assert all(text in one for one in said)


@pytest.mark.parametrize("message", failures.MESSAGES)
def test_failures_that_were_kept_are_said_in_the_language_of_whoever_reads_them(message: str) -> None:
    values = {"status": "400", "seconds": "10", "code": "-9", "words": "a: {b} 300"}
    places = [name for _text, name, _spec, _conversion in Formatter().parse(message) if name is not None]
    named = {name: values.get(name, "`a`, `b`") for name in places}
    kept = message.format(**named)
    assert notify.said(kept) == kept
    with speaking(catalogue("ja")):
        assert notify.said(kept) == catalogue("ja").texts[None, message].format(**named)


def test_a_failure_that_nobody_knows_stays_as_it_is() -> None:
    with speaking(catalogue("ja")):
        assert notify.said("{0} was down") == "{0} was down"


def test_yaml_that_can_not_be_read() -> None:
    with speaking(catalogue("ja")):
        document = read("tabiji.yaml", b"a: [1, 2\n")
        assert [str(fault) for fault in document.faults] == [
            "tabiji.yaml:1:4: ここで開いた括弧が閉じていません。\n    a: [1, 2\n       ^"
        ]
