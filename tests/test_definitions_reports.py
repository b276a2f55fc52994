"""`reports:` in tabiji.yaml: what is issued when and who is told, and every fault at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabiji.definitions import Schedule, load
from tabiji.errors import DefinitionError

SITE = """\
teams: {learning: {title: Learning}, money: {title: Money}}
notifications:
  receivers: {chat: {apprise: "slack://a/b/c"}, am: {alertmanager: "http://am:9093"}}
"""
JOURNEY = """\
journey: watch-course
team: learning
steps: {all: {events: "kind = 'request'"}}
objectives: {available: {good: status < 500, target: 99%}}
"""


def written(folder: Path, reports: str) -> Path:
    (folder / "journeys").mkdir()
    (folder / "tabiji.yaml").write_text(SITE + reports, "utf-8")
    (folder / "journeys" / "watch.yaml").write_text(JOURNEY, "utf-8")
    return folder


MEANT: dict[str, tuple[str, tuple[Schedule, ...]]] = {
    "nothing": ("", ()),
    "the usual": (
        "reports: {weekly: {}, monthly: {}}",
        (Schedule("weekly", 0, 540, None, None), Schedule("monthly", 0, 540, None, None)),
    ),
    "all that can be said": (
        'reports:\n  weekly: {day: fri, time: "23:59", teams: [money], to: [chat]}\n'
        "  monthly: {day: 28, time: 00:00, to: []}\n",
        (Schedule("weekly", 4, 1439, ("money",), ("chat",)), Schedule("monthly", 27, 0, None, ())),
    ),
    "the first day of the month": ("reports: {monthly: {day: 1}}", (Schedule("monthly", 0, 540),)),
}


@pytest.mark.parametrize(("text", "meant"), MEANT.values(), ids=MEANT.keys())
def test_what_is_issued_when(tmp_path: Path, text: str, meant: tuple[Schedule, ...]) -> None:
    assert load(written(tmp_path, text), {}).schedules == meant


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("weekly: {day: monday}", "4:25: `monday` is not known here; did you mean `mon`?",
                     id="no day of the week"),
        pytest.param("weekly: {time: 24:00}", "4:26: `24:00` is not a time of the day; write for example `09:00`",
                     id="no time"),
        pytest.param("weekly: {teams: [lerning]}", "4:28: `lerning` is not a team; did you mean `learning`?",
                     id="no team"),
        pytest.param("weekly: {to: [cht]}", "4:25: `cht` is not a receiver; did you mean `chat`?", id="no receiver"),
        pytest.param("weekly: {to: [am]}", "4:25: `am` is reached by `alertmanager`, which shows no reports",
                     id="a receiver of what goes on only"),
        pytest.param("monthly: {day: 29}", "4:26: `29` is no day that every month has; write 1 to 28", id="the 29th"),
        pytest.param("monthly: {day: 0}", "4:26: `0` is no day that every month has; write 1 to 28", id="the 0th"),
        pytest.param("monthly: {team: x}", "4:21: `team` is not a key of `monthly`; there are day, time, to",
                     id="a key that it has not"),
        pytest.param("weekly: ~", "4:11: `weekly` is empty; give it a value or remove it", id="nothing said"),
        pytest.param("daily: {}", "4:11: `daily` is not a key of `reports`; there are weekly, monthly",
                     id="each day"),
    ],
)  # fmt: skip
def test_every_fault_is_told_at_its_place(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        load(written(tmp_path, f"reports: {{{text}}}\n"), {})
    assert [f"{one.line}:{one.column}: {one.message}" for one in refused.value.faults] == [fault]
