"""Journeys' files, edited in place: only what was asked for is another, and the rest stands as it stood."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji.definitions import documents
from tabiji.definitions.editing import Path, UneditableError, edited, excerpt, places

WATCH = """\
# by the learning team
journey: watch
steps:
  open: {title: Open, events: "operation = 'Open'"}
objectives:
  available:  # the one that matters
    title: {en: Watching works, ja: 視聴できる}
    good: "status < 500"   # 4xx are theirs

    # agreed in May
    target: 99.9%
    window:
      calendar: month  # as the business counts
    alerts: {ticket_only: true}
  fast: {steps: [open], faster_than: 800ms, target: 99%}  # soon agreed
  # the end
"""
AVAILABLE: Path = ("objectives", "available")
FAST: Path = ("objectives", "fast")


def changed(old: str, new: str) -> list[str]:
    """What stands in the one and not in the other, line by line."""
    before, after = old.splitlines(), new.splitlines()
    return [f"-{line}" for line in before if line not in after] + [
        f"+{line}" for line in after if line not in before
    ]


@pytest.mark.parametrize(
    ("path", "item", "lines"),
    [
        pytest.param(
            (*AVAILABLE, "target"), "99.5%", ["-    target: 99.9%", "+    target: 99.5%"], id="a scalar"
        ),
        pytest.param(
            (*AVAILABLE, "good"),
            "status < 400",
            ['-    good: "status < 500"   # 4xx are theirs', '+    good: "status < 400"   # 4xx are theirs'],
            id="in its quotes, with its comment",
        ),
        pytest.param(
            (*AVAILABLE, "window"),
            "28d",
            [
                "-    window:",
                "-      calendar: month  # as the business counts",
                "+    window: 28d  # as the business counts",
            ],
            id="a block becomes a line",
        ),
        pytest.param(
            (*AVAILABLE, "alerts"),
            "none",
            ["-    alerts: {ticket_only: true}", "+    alerts: none"],
            id="a mapping becomes a word",
        ),
        pytest.param(
            (*AVAILABLE, "exclude"),
            "status = 499",
            ['+    exclude: "status = 499"'],
            id="a key that was not there, where it belongs",
        ),
        pytest.param((*AVAILABLE, "steps"), ["open"], ["+    steps: [open]"], id="a list"),
        pytest.param(
            (*AVAILABLE, "alerts"), None, ["-    alerts: {ticket_only: true}"], id="a key taken away"
        ),
        pytest.param(
            (*FAST, "target"),
            "95%",
            [
                "-  fast: {steps: [open], faster_than: 800ms, target: 99%}  # soon agreed",
                "+  fast: {steps: [open], faster_than: 800ms, target: 95%}  # soon agreed",
            ],
            id="within braces",
        ),
        pytest.param(
            (*FAST, "exclude"),
            "status = 499",
            [
                "-  fast: {steps: [open], faster_than: 800ms, target: 99%}  # soon agreed",
                '+  fast: {steps: [open], exclude: "status = 499", faster_than: 800ms, target: 99%}'
                "  # soon agreed",
            ],
            id="added within braces",
        ),
        pytest.param(
            (*FAST, "steps"),
            None,
            [
                "-  fast: {steps: [open], faster_than: 800ms, target: 99%}  # soon agreed",
                "+  fast: {faster_than: 800ms, target: 99%}  # soon agreed",
            ],
            id="the first within braces taken away",
        ),
        pytest.param(
            (*FAST, "steps", 0),
            "play",
            [
                "-  fast: {steps: [open], faster_than: 800ms, target: 99%}  # soon agreed",
                "+  fast: {steps: [play], faster_than: 800ms, target: 99%}  # soon agreed",
            ],
            id="an item of a list",
        ),
        pytest.param((*AVAILABLE, "state"), None, [], id="nothing to take away"),
    ],
)
def test_only_what_was_asked_for_is_another(path: Path, item: Any, lines: list[str]) -> None:
    assert changed(WATCH, edited(WATCH, {path: item})) == lines


def test_tiers_that_are_too_long_for_a_line_stand_below_each_other() -> None:
    tiers = [{"share": "2%", "in": "1h", "severity": "page"}, {"share": "5%", "in": "6h", "severity": "page"}]
    tiers.append({"share": "10%", "in": "3d", "severity": "ticket"})
    assert changed(WATCH, edited(WATCH, {(*AVAILABLE, "alerts", "tiers"): tiers}))[1].startswith(
        "+    alerts: {ticket_only: true, tiers: [{share: 2%"
    )
    without = edited(WATCH, {(*AVAILABLE, "alerts"): None})
    assert changed(without, edited(without, {(*AVAILABLE, "alerts"): {"tiers": tiers}})) == [
        "+    alerts:",
        "+      tiers:",
        "+        - {share: 2%, in: 1h, severity: page}",
        "+        - {share: 5%, in: 6h, severity: page}",
        "+        - {share: 10%, in: 3d, severity: ticket}",
    ]


@pytest.mark.parametrize(
    ("text", "path", "why"),
    [
        pytest.param(
            "objectives:\n  a: &a {target: 99%}\n  b: *a\n",
            ("objectives", "b", "target"),
            "`b` is an alias of what stands elsewhere; change it by hand",
            id="an alias",
        ),
        pytest.param(
            "objectives:\n  a: {target: &t 99%}\n  b: {target: *t}\n",
            ("objectives", "a", "target"),
            "`target` is used elsewhere by its anchor; change it by hand",
            id="an anchor",
        ),
        pytest.param(
            "objectives:\n  a:\n    ? target\n    : |\n     99%\n",
            ("objectives", "a", "target"),
            "`target` is written as `? target`; change it by hand",
            id="a key after a question mark",
        ),
        pytest.param(
            "a: 1\n", ("objectives", "a", "target"), "there is no `objectives.a` in this file", id="no such"
        ),
        pytest.param("a: [", ("a",), "this file has faults; mend them first", id="no YAML"),
    ],
)
def test_what_can_not_be_edited_is_said(text: str, path: Path, why: str) -> None:
    with pytest.raises(UneditableError) as refused:
        edited(text, {path: "98%"})
    assert str(refused.value) == why


def test_an_alias_of_another_value_stays() -> None:
    text = "objectives:\n  a: {target: 98%, good: &g status < 500}\n  b: {target: 99%, good: *g}\n"
    assert edited(text, {("objectives", "b", "target"): "97%"}) == text.replace("99%", "97%")
    assert edited(text, {("objectives", "b", "good"): "status < 400"}) == text.replace("*g", '"status < 400"')


def test_breaks_and_a_mark_at_the_beginning_stay() -> None:
    text = "\ufeff" + WATCH.replace("\n", "\r\n")
    new = edited(text, {(*AVAILABLE, "exclude"): "status = 499", (*AVAILABLE, "target"): "99%"})
    assert new == text.replace("target: 99.9%", "target: 99%").replace(
        "are theirs\r\n", 'are theirs\r\n    exclude: "status = 499"\r\n'
    )


def test_a_file_may_end_without_a_break() -> None:
    text = "objectives:\n  a:\n    target: 99%"
    assert edited(text, {("objectives", "a", "window"): "28d"}) == text + "\n    window: 28d"
    assert edited(text, {("objectives", "a", "target"): "98%"}) == text.replace("99%", "98%")


def test_the_part_of_an_objective_and_where_its_keys_stand() -> None:
    assert excerpt(WATCH, FAST) == "  fast: {steps: [open], faster_than: 800ms, target: 99%}  # soon agreed"
    assert excerpt(WATCH, AVAILABLE).splitlines()[-1] == "    alerts: {ticket_only: true}"
    assert excerpt(WATCH, ("objectives", "gone")) == ""
    assert places(WATCH, AVAILABLE) == {
        "title": (7, 5),
        "good": (8, 5),
        "target": (11, 5),
        "window": (12, 5),
        "alerts": (14, 5),
    }


# Laws

WORDS = st.sampled_from(
    [
        "99.9%",
        "28d",
        "status < 500",
        "status = 499",
        "it's",
        'a "b"',
        "視聴",
        "# no",
        "a: b",
        "x # y",
        "{",
        "-",
    ]
)
KEYS = st.sampled_from(["title", "good", "exclude", "target", "window", "alerts", "for", "more"])


def block(column: int) -> st.SearchStrategy[str]:
    """A value as somebody may have written it below or beside its key, and perhaps a comment."""
    gap = "\n" + " " * (column + 2)
    comment = st.sampled_from(["", "  # why", " #"])
    plain = st.tuples(
        st.sampled_from(["99%", "status < 500", "'it''s'", '"a\\tb"', "[a, b]", "{a: b, c: [d]}", "視聴"]),
        comment,
    ).map("".join)
    below = st.sampled_from(
        [
            f"# of it{gap}a: b{gap}# between{gap}c: [d]",
            f"{gap}- a{gap}- b: c",
            f"|{gap}some{gap}text",
            f">- # folded{gap}some{gap}{gap}text",
            f"{gap}{{a: b,{gap} c: d}}",
            f"plain{gap}over lines",
        ]
    )
    return st.one_of(plain, below).map(lambda text: f" {text}")


@st.composite
def files(draw: st.DrawFn) -> str:
    lines = ["journey: j", "objectives:"]
    for name in ("a", "b"):
        if draw(st.booleans()):
            inside = draw(st.dictionaries(KEYS, st.sampled_from(["99%", "[a]", "'x'", "{c: d}"]), min_size=1))
            between = draw(st.sampled_from([", ", ",\n      ", " , "]))
            lines.append(f"  {name}: {{{between.join(f'{key}: {value}' for key, value in inside.items())}}}")
        else:
            lines.append(f"  {name}:{draw(st.sampled_from(['', '  # why']))}")
            keys = draw(st.lists(KEYS, min_size=1, unique=True))
            for key in keys:
                lines += draw(st.sampled_from([[], ["", "    # about the next"]]))
                lines.append(f"    {key}:{draw(block(4))}")
    return "\n".join(lines) + draw(st.sampled_from(["\n", "\n# end\n"]))


ITEMS = st.one_of(
    WORDS,
    st.lists(WORDS, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["calendar", "tiers", "in"]), st.lists(WORDS, max_size=9), min_size=1),
    st.none(),
)


@settings(max_examples=200, deadline=None)
@given(text=files(), objective=st.sampled_from(["a", "b"]), key=KEYS, item=ITEMS)
def test_what_is_read_differs_only_in_what_was_changed(
    text: str, objective: str, key: str, item: Any
) -> None:
    before = documents.read("", text.encode())
    assert not before.faults, str(before.faults[0])
    expected = copy.deepcopy(before.tree)
    assert isinstance(expected, dict)
    if item is None:
        expected["objectives"][objective].pop(key, None)
    else:
        expected["objectives"][objective][key] = item
    try:
        new = edited(text, {("objectives", objective, key): item})
    except UneditableError:
        # only where a mapping of lines would be left without any
        assert item is None
        assert len(before.tree["objectives"][objective]) == 1  # type: ignore[index, call-overload]
        return
    assert documents.read("", new.encode()).tree == expected
    other = "b" if objective == "a" else "a"
    assert excerpt(new, ("objectives", other)) == excerpt(text, ("objectives", other))
    for line in ("# about the next", "# end"):
        assert new.count(line) == text.count(line)
