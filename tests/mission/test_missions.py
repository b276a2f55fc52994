"""The mission: its versions by its acts, what became of each line, and the text that people edit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tabiji import missions, store
from tabiji.acts import Act
from tabiji.errors import UsageError
from tabiji.missions import Change, Known, Line, Version
from tabiji.runs import stating

NOW = 1_780_000_000
FIRST = (
    Line("m1", "mission", "Learners can watch."),
    Line("m2", "mission", "Teams own it."),
    Line("v1", "vision", "No enquiry about a page that hangs."),
    Line("s1", "sre", "An answer within a day."),
    Line("t1", "teams", "Reviews are held."),
)
SECOND = (
    Line("m2", "mission", "Teams own what they build."),
    Line("m1", "mission", "Learners can watch."),
    Line("m3", "mission", "Nobody is woken for nothing."),
    Line("s1", "sre", "An answer within a day."),
    Line("t1", "teams", "Reviews are held."),
)


def version(nth: int, lines: tuple[Line, ...]) -> Version:
    return Version(nth, nth, NOW + nth, "Sato", lines)


BEFORE = [version(1, FIRST), version(2, SECOND)]


def test_versions_are_what_was_written_in_its_order() -> None:
    acts: list[Act] = []
    for number, lines in enumerate((FIRST, SECOND), 1):
        act = missions.writing(lines, missions.versions(acts), "Sato", NOW + number, "Tanaka", " because ")
        acts.append(replace(act, number=number))
    assert missions.versions([Act("review", "x", "written", NOW, "Ito"), *acts]) == [
        replace(version(1, FIRST), agreed_with="Tanaka", why="because"),
        replace(version(2, SECOND), agreed_with="Tanaka", why="because"),
    ]


def test_every_line_that_there_ever_was_is_known() -> None:
    first, second = BEFORE
    assert missions.known(BEFORE) == {
        "m2": Known(SECOND[0], 1, None, ((first, "Teams own it."), (second, "Teams own what they build."))),
        "m1": Known(SECOND[1], 2, None, ((first, "Learners can watch."),)),
        "m3": Known(SECOND[2], 3, None, ((second, "Nobody is woken for nothing."),)),
        "s1": Known(SECOND[3], 4, None, ((first, "An answer within a day."),)),
        "t1": Known(SECOND[4], 5, None, ((first, "Reviews are held."),)),
        "v1": Known(FIRST[2], None, second, ((first, "No enquiry about a page that hangs."),)),
    }
    assert list(missions.known(BEFORE)) == ["m2", "m1", "m3", "s1", "t1", "v1"]
    assert missions.known([]) == {}


def test_a_line_that_came_back_is_no_more_removed() -> None:
    found = missions.known([*BEFORE, version(3, FIRST)])
    assert (found["v1"].place, found["v1"].removed) == (3, None)
    assert (found["m3"].place, found["m3"].removed) == (None, version(3, FIRST))


def test_a_difference_tells_every_line_once() -> None:
    assert missions.difference(FIRST, SECOND) == [
        Change("reworded", "mission", "m2", "Teams own it.", "Teams own what they build."),
        Change("moved", "mission", "m1", "Learners can watch.", "Learners can watch."),
        Change("added", "mission", "m3", None, "Nobody is woken for nothing."),
        Change("kept", "sre", "s1", "An answer within a day.", "An answer within a day."),
        Change("kept", "teams", "t1", "Reviews are held.", "Reviews are held."),
        Change("removed", "vision", "v1", "No enquiry about a page that hangs.", None),
    ]


def letters(names: str) -> tuple[Line, ...]:
    return tuple(Line(name, "mission", name) for name in names)


MOVED: dict[str, tuple[str, str, str]] = {
    "nothing": ("abcd", "abcd", ""),
    "the last to the front": ("abcd", "dabc", "d"),
    "the first to the end": ("abcd", "bcda", "a"),
    "one was removed": ("abcd", "abd", ""),
    "one is new in front": ("abcd", "xabcd", ""),
    "two ends": ("abcd", "dbca", "da"),
}


@pytest.mark.parametrize(("before", "after", "moved"), MOVED.values(), ids=MOVED)
def test_as_few_as_can_be_have_moved(before: str, after: str, moved: str) -> None:
    changes = missions.difference(letters(before), letters(after))
    assert "".join(one.id for one in changes if one.kind == "moved") == moved


def test_another_section_is_a_move() -> None:
    line = Line("m1", "mission", "x")
    assert missions.difference([line], [replace(line, section="vision")]) == [
        Change("moved", "vision", "m1", "x", "x")
    ]


def test_what_is_written_is_read_as_the_same_lines() -> None:
    assert missions.read(missions.written(SECOND), BEFORE) == (SECOND, [])
    assert missions.written(FIRST[:3]) == (
        "# mission\n[m1] Learners can watch.\n[m2] Teams own it.\n\n"
        "# vision\n[v1] No enquiry about a page that hangs.\n\n# sre\n\n# teams\n"
    )


def test_new_lines_get_ids_that_no_line_ever_had() -> None:
    text = "\n# ミッション\r\n- [m2] 所有する\n- 守る\n目標を決める\n\n# Vision\n[north-star] 届く\n遠く\n"
    assert missions.read(text, BEFORE) == (
        (
            Line("m2", "mission", "所有する"),
            Line("m4", "mission", "守る"),
            Line("m5", "mission", "目標を決める"),
            Line("north-star", "vision", "届く"),
            Line("v2", "vision", "遠く"),
        ),
        [],
    )


WRONG: dict[str, tuple[str, list[tuple[int, str]]]] = {
    "no heading": ("x\n", [(1, "write a heading first, such as `# mission`")]),
    "no section": (
        "# mision\nx\n# vision\n[v1] y",
        [(1, "`mision` is no section; there are mission, vision, sre, teams")],
    ),
    "no id": (
        "# mission\n[M 1] x\n[M1] x",
        [(3, "`M1` can't be the id of a line; write small letters, digits and `-`")],
    ),
    "an id twice": ("# mission\n[m1] x\n# sre\n[m1] y", [(4, "another line has the id `m1` already")]),
    "nothing behind an id": (
        "# mission\n[m1]",
        [(2, "the line is empty; write what it says, or leave it out")],
    ),
    "too long": (
        f"# mission\n{'x' * 400}\n{'x' * 401}",
        [(3, "that is too long; 400 characters are the most")],
    ),
    "a bell": (
        "# mission\n\ax",
        [(2, "it holds characters that can't be printed, such as a line break; leave them out")],
    ),
    "too many": (
        "# mission\n" + "x\n" * 61,
        [(62, "there are more than 60 lines; nobody will know them")],
    ),
}


@pytest.mark.parametrize(("text", "faults"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_text_is_told_by_its_lines(text: str, faults: list[tuple[int, str]]) -> None:
    assert missions.read(text, BEFORE)[1] == faults


def test_lines_are_added_reworded_and_removed() -> None:
    found = missions.edited(
        BEFORE, [("teams", "They answer."), ("vision", "Far.")], [("m1", " All can watch. ")], ["m3"]
    )
    assert found == (
        SECOND[0],
        Line("m1", "mission", "All can watch."),
        Line("v2", "vision", "Far."),
        SECOND[3],
        SECOND[4],
        Line("t2", "teams", "They answer."),
    )
    with pytest.raises(
        ValueError, match=r"`v1` is no line of the mission; .*; `x` is no section; .*; m1: the line is"
    ):
        missions.edited(BEFORE, [("x", "y")], [("v1", "y"), ("m1", " ")])


UNWRITTEN: dict[str, tuple[tuple[Line, ...], dict[str, str], str]] = {
    "no line": ((), {}, "the mission has no line; write at least one"),
    "the same": (SECOND, {}, "nothing is other than in version 2"),
    "too long a why": (FIRST, {"why": "x" * 4001}, "that is too long; 4000 characters are the most"),
    "too many names": (FIRST, {"agreed_with": "x" * 201}, "that is too long; 200 characters are the most"),
}


@pytest.mark.parametrize(("lines", "more", "said"), UNWRITTEN.values(), ids=UNWRITTEN)
def test_what_says_nothing_new_is_not_written(
    lines: tuple[Line, ...], more: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        missions.writing(lines, BEFORE, "Sato", NOW, **more)
    assert missions.writing(SECOND, BEFORE, "Sato", NOW, "Tanaka").body["agreed_with"] == "Tanaka"


def test_of_two_who_write_one_is_told(store_url: str) -> None:
    with store.open(store_url) as kept:
        first = stating.write(kept, FIRST, "Sato", NOW, seen=0)
        second = stating.write(kept, SECOND, "Ito", NOW + 10, "Tanaka", "why", first.number)
        with pytest.raises(store.StaleAct):
            stating.write(kept, FIRST, "Sato", NOW + 20, seen=first.number)
        assert stating.versions(kept) == [first, second]
        assert (second.nth, second.lines, second.agreed_with) == (2, SECOND, "Tanaka")
        assert stating.versions(kept, NOW + 10) == [first]
        with pytest.raises(UsageError, match="the mission has no version 3; the last is 2"):
            stating.version(stating.versions(kept), 3)
