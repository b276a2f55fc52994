"""Faults as people read them."""

import pytest

from tabiji.errors import DefinitionError, Fault


@pytest.mark.parametrize(
    ("source", "column", "caret"),
    [
        ("faster_thn: 1s", 1, 0),
        ("  faster_thn: 1s", 3, 2),
        ("title: 見る, x: 1", 12, 13),
        ("past the end", 14, 12),
    ],
    ids=["at the beginning", "after spaces", "after wide characters", "after the end"],
)
def test_the_caret_stands_below_what_is_wrong(source: str, column: int, caret: int) -> None:
    fault = Fault("a.yaml", 3, column, "no", source)
    assert str(fault) == f"a.yaml:3:{column}: no\n    {source}\n    {' ' * caret}^"


def test_all_faults_are_said_at_once() -> None:
    error = DefinitionError([Fault("a.yaml", 1, 1, "first"), Fault("b.yaml", 2, 3, "second")])
    assert str(error) == "a.yaml:1:1: first\nb.yaml:2:3: second"
    assert error.exit_code == 2
