"""`enquiries:` in tabiji.yaml: what its rules mean, and every fault at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabiji.definitions import load
from tabiji.errors import DefinitionError
from tabiji.signals import Rule

JOURNEY = """\
journey: watch-course
steps: {all: {events: "kind = 'request'"}}
objectives: {available: {good: status < 500, target: 99%}}
"""


def written(folder: Path, site: str) -> Path:
    (folder / "journeys").mkdir()
    (folder / "tabiji.yaml").write_text(site, "utf-8")
    (folder / "journeys" / "watch.yaml").write_text(JOURNEY, "utf-8")
    return folder


def test_rules_are_kept_in_their_order(tmp_path: Path) -> None:
    rules = "    - {contains: [動画, video], journey: watch-course}\n    - {contains: [x], journey: watch-course}\n"
    site = load(written(tmp_path, f"enquiries:\n  rules:\n{rules}"), {})
    assert site.enquiries == (Rule(("動画", "video"), "watch-course"), Rule(("x",), "watch-course"))


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        pytest.param("{contains: [x], journey: watch-cuorse}",
                     "3:31: `watch-cuorse` is not a journey; did you mean `watch-course`?", id="no such journey"),
        pytest.param("{contains: [x]}", "3:6: a rule needs `journey`", id="no journey"),
        pytest.param("{journey: watch-course}", "3:6: a rule needs `contains`", id="no words"),
        pytest.param('{contains: [x, " "], journey: watch-course}',
                     "3:21: every text contains this; write a word", id="an empty word"),
        pytest.param("{contians: [x], contains: [x], journey: watch-course}",
                     "3:7: `contians` is not a key of a rule; did you mean `contains`?", id="a key written wrong"),
    ],
)  # fmt: skip
def test_every_fault_is_told_at_its_place(tmp_path: Path, rule: str, fault: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        load(written(tmp_path, f"enquiries:\n  rules:\n   - {rule}\n"), {})
    told = [f"{one.line}:{one.column}: {one.message}" for one in refused.value.faults]
    assert told == [fault]
