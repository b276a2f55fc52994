"""The language that commands speak: helps that fit, who hears which, and JSON that is the same in all."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
import pytest

from tabiji import language
from tabiji.catalogues import catalogue
from tabiji.cli import COMMANDS, cli, main, speaking
from tabiji.cli.wrapping import cells, fill
from tabiji.language import ENGLISH, Catalogue

# Helps


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            assert found is not None
            yield from _commands(found, (*path, name))


@pytest.fixture(params=["en", "ja"])
def spoken(request: pytest.FixtureRequest) -> Iterator[Catalogue]:
    """A language that the process speaks meanwhile."""
    found = catalogue(request.param)
    speaking.begin()
    language.speak(found)
    yield found
    language.speak(ENGLISH)


@pytest.mark.parametrize("path", [*_commands(cli)], ids=" ".join)
def test_every_help_fits_80_columns(
    path: tuple[str, ...],
    spoken: Catalogue,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        speaking.said(cli).main([*path, "--help"], prog_name="tabiji")
    shown = capsys.readouterr().out
    prose = [
        line for line in shown.splitlines() if not line.startswith("    tabiji ")
    ]  # examples are copied whole
    assert [line for line in prose if cells(line) > 80] == []
    told = re.findall(r"[ぁ-ん]", shown)
    assert bool(told) is (spoken.language == "ja")
    assert ("\b" in shown, "Options:" in shown) == (False, spoken.language == "en")


def test_every_command_is_listed_and_helps_in_japanese() -> None:
    texts = catalogue("ja").texts
    assert [name for name, (_, line) in COMMANDS.items() if (None, line) not in texts] == []


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("あいうえお", 10, ["あいうえお"]),
        ("あいうえお", 9, ["あいうえ", "お"]),
        ("あいうえ。お", 8, ["あいう", "え。お"]),
        ("あいう「えお", 8, ["あいう", "「えお"]),
        ("`tabiji check` で調べる", 14, ["`tabiji check`", "で調べる"]),
        ("a (あい) b", 20, ["a (あい) b"]),
        ("", 10, [""]),
    ],
)
def test_japanese_breaks_between_letters_and_never_before_a_full_stop(
    text: str, width: int, lines: list[str]
) -> None:
    assert fill(text, width).split("\n") == lines


# Who hears which language


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        pytest.param({}, None, id="nothing is set: the site's"),
        pytest.param({"TABIJI_LANGUAGE": "ja"}, "ja", id="asked for"),
        pytest.param(
            {"TABIJI_LANGUAGE": "en", "LANG": "ja_JP.UTF-8"}, "en", id="asked for, whatever the locale"
        ),
        pytest.param(
            {"TABIJI_LANGUAGE": "fr", "LANG": "ja_JP.UTF-8"}, "ja", id="asked for what there is not"
        ),
        pytest.param({"LANG": "ja_JP.UTF-8"}, "ja", id="a Japanese locale"),
        pytest.param({"LANG": "ja"}, "ja", id="a Japanese locale without a country"),
        pytest.param({"LANG": "en_US"}, "en", id="an English locale"),
        pytest.param({"LANG": "en_GB.UTF-8@euro"}, "en", id="an English locale with all that may be in one"),
        pytest.param({"LC_ALL": "en_US.UTF-8", "LANG": "ja_JP.UTF-8"}, "en", id="LC_ALL goes before LANG"),
        pytest.param({"LC_MESSAGES": "ja_JP", "LANG": "en_US"}, "ja", id="LC_MESSAGES goes before LANG"),
        pytest.param({"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, "ja", id="an empty one is not set"),
        pytest.param({"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, None, id="C, which is set first"),
        pytest.param({"LANG": "C.UTF-8"}, None, id="C.UTF-8"),
        pytest.param({"LANG": "POSIX"}, None, id="POSIX"),
        pytest.param({"LANG": "de_DE.UTF-8"}, None, id="another language"),
        pytest.param({"LANG": "jam_JM"}, None, id="a language whose name begins alike"),
    ],
)
def test_who_hears_which_language(environment: Mapping[str, str], chosen: str | None) -> None:
    assert speaking.chosen(environment) == chosen


Run = Callable[..., tuple[int, str, str]]

LINE = '192.0.2.1 - - [02/Jun/2026:20:{minute:02d}:00 +0900] "GET /watch HTTP/1.1" {status} 5 "-" "-"\n'
JOURNEY = """\
journey: watch
title: {en: Watch, ja: 視聴}
steps: {all: {events: "operation = 'GET /watch'"}}
objectives:
  available: {good: status < 500, target: 90%}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A Japanese site with an hour of lines."""
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text(
        "language: ja\ntimezone: Asia/Tokyo\nsources:\n  web: {format: nginx, paths: [access.log]}\n"
    )
    (tmp_path / "journeys" / "watch.yaml").write_text(JOURNEY)
    lines = (LINE.format(minute=minute, status=500 if minute == 7 else 200) for minute in range(60))
    (tmp_path / "access.log").write_text("".join([*lines, "not a line\n"]))
    return tmp_path


@pytest.fixture
def run(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs a command where nobody asks for a language but by these variables: exit code, stdout and stderr."""
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("COLUMNS", "80")
    for name in (speaking.VARIABLE, *speaking.LOCALE):
        monkeypatch.delenv(name, raising=False)

    def run(command: str, **environment: str) -> tuple[int, str, str]:
        code: object = 0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["tabiji", *command.split()])
            for name, value in environment.items():
                patch.setenv(name, value)
            try:
                main()
            except SystemExit as done:
                code = done.code
        said = capsys.readouterr()
        return int(str(code)), said.out, said.err

    yield run
    language.speak(ENGLISH)


def test_a_japanese_site_is_told_of_in_japanese(run: Run) -> None:
    assert run("check", LANG="C.UTF-8") == (
        0,
        "誤りはありません: ソース 1 件、ジャーニー 1 件、SLO 1 件。\n",
        "",
    )
    code, said, _ = run("ingest")
    assert (code, re.sub(r"\(毎秒 [0-9,]+ 行\)", "", said)) == (
        0,
        "web: 読み込み 61 行、集計 60 行、不正 1 行、対象外 0 行\n    1 not_this_format: ログ形式に合わない行\n",
    )
    assert run("status --at 2026-06-02T21:00") == (
        0,
        "SLO              状態    良好  目標値  残り  枯渇まで\n"
        "watch/available  健全  98.33%     90%   83%     140日\n"
        "\n"
        "web: 全 60 件のうち 100% をいずれかの SLO が見ています。\n",
        "",
    )


def test_the_same_in_english_where_somebody_asks_for_it(run: Run) -> None:
    assert run("check", LANG="en_US.UTF-8")[1] == "No faults: 1 source, 1 journey, 1 objective.\n"
    assert run("xyz", LANG="ja_JP.UTF-8")[2].splitlines()[-1] == (
        "エラー: `xyz` というコマンドはありません。`tabiji --help` で一覧を確認できます"
    )
    assert run("mark --bogus", LANG="ja_JP.UTF-8") == (
        2,
        "",
        "使い方: tabiji mark [OPTIONS] [KIND] [TITLE]\n'tabiji mark --help' でヘルプを表示します。\n\n"
        "エラー: オプション '--bogus' はありません。\n",
    )


def test_json_is_the_same_in_all_languages(run: Run) -> None:
    assert run("ingest")[0] == 0
    for command in (
        "gate watch",
        "doctor",
        "alerts --why watch/available --at 2026-06-02T21:00",
        "discover access.log",
    ):
        (code, english, _), (same, japanese, _) = (
            run(f"{command} --json", **asked) for asked in ({"TABIJI_LANGUAGE": "en"}, {})
        )
        assert (code, _timeless(english)) == (same, _timeless(japanese))


def _timeless(document: str) -> object:
    """Without what a later moment changes."""
    return json.loads(re.sub(r'"(at|lag_seconds|value)": ("[^"]*"|[0-9.]+)', r'"\1": 0', document))


def test_english_loads_no_translation() -> None:
    program = (
        "import sys; sys.argv = ['tabiji', '--help']\n"
        "from tabiji.cli import main\n"
        "try: main()\n"
        "finally: print([one for one in ('babel', 'tabiji.catalogues') if one in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
