"""Acts on the mission → its versions: what we are here for, line by line, and what became of each line since."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tabiji.actions import unknown_line
from tabiji.acts import Act
from tabiji.language import _, listed

KIND = SUBJECT = "mission"  # of the acts: a site has one mission
Section = Literal["mission", "vision", "sre", "teams"]
SECTIONS: tuple[Section, ...] = get_args(Section)  # in their order; `sre` is what teams may expect of SRE
LINE_LONGEST = 400  # characters
LINES_MOST = 60
NAME_LONGEST = 200
WHY_LONGEST = 4000
_ID = re.compile(r"[a-z][a-z0-9-]{0,29}")
_MARKED = re.compile(r"\[(?P<id>[^\]\s]*)\]\s*(?P<text>.*)")
_LETTERS: Mapping[Section, str] = {"mission": "m", "vision": "v", "sre": "s", "teams": "t"}
_HEADS: Mapping[str, Section] = {  # of a text, in small letters
    "mission": "mission",
    "ミッション": "mission",
    "vision": "vision",
    "ビジョン": "vision",
    "sre": "sre",
    "teams": "teams",
    "チーム": "teams",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of the mission. Its `id` stays while it is reworded or moved, and is never another line's."""

    id: str
    section: Section
    text: str


@dataclass(frozen=True, slots=True)
class Version:
    """The mission as it was written down once: the first is 1. `number` is that of its act.

    `agreed_with` says whom it was agreed upon with, such as the head of the organisation.
    """

    nth: int
    number: int
    at: int
    who: str
    lines: tuple[Line, ...]
    agreed_with: str = ""
    why: str = ""

    def of(self, section: Section) -> tuple[Line, ...]:
        """The lines of a section, in their order."""
        return tuple(one for one in self.lines if one.section == section)


@dataclass(frozen=True, slots=True)
class Known:
    """A line over all versions: as it is worded now, or was at last; and how high it stands, 1 being the highest.

    `place` is None once it was removed, by the version `removed`. `wordings` are all there were, each with the first
    version that had it.
    """

    line: Line
    place: int | None
    removed: Version | None
    wordings: tuple[tuple[Version, str], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a line between two versions."""

    kind: Literal["kept", "moved", "reworded", "added", "removed"]
    section: Section
    id: str
    before: str | None
    after: str | None


def versions(acts: Iterable[Act]) -> list[Version]:
    """All versions that these acts wrote, the oldest first."""
    found: list[Version] = []
    for act in acts:
        if act.kind == KIND and act.what == "written":
            body = act.body
            found.append(
                Version(
                    len(found) + 1,
                    act.number,
                    act.at,
                    act.who,
                    _lines(body.get("lines")),
                    _text(body.get("agreed_with")),
                    _text(body.get("why")),
                )
            )
    return found


def known(some: Sequence[Version]) -> dict[str, Known]:
    """Every line that there ever was, by its id: those of the last version first, in their order."""
    if not some:
        return {}
    now = {line.id: place for place, line in enumerate(some[-1].lines, 1)}
    texts: dict[str, list[tuple[Version, str]]] = {}
    last: dict[str, tuple[int, Line]] = {}
    for place, version in enumerate(some):
        for line in version.lines:
            wordings = texts.setdefault(line.id, [])
            if not wordings or wordings[-1][1] != line.text:
                wordings.append((version, line.text))
            last[line.id] = (place, line)
    return {
        name: Known(
            line,
            now.get(name),
            None if name in now else some[place + 1],
            tuple(texts[name]),
        )
        for name, (place, line) in sorted(last.items(), key=lambda one: (now.get(one[0], LINES_MOST), one[0]))
    }


def difference(before: Sequence[Line], after: Sequence[Line]) -> list[Change]:
    """What became of every line, in the order of what came after; what was removed last, as it stood."""
    old = {one.id: one for one in before}
    new = {one.id: one for one in after}
    stayed = [one.id for one in before if one.id in new]
    still = _in_order([(one.id, one.section) for one in after if one.id in old], stayed, old)
    found = []
    for one in after:
        was = old.get(one.id)
        kind: Literal["kept", "moved", "reworded", "added"]
        if was is None:
            kind = "added"
        elif was.text != one.text:
            kind = "reworded"
        else:
            kind = "kept" if one.id in still else "moved"
        found.append(Change(kind, one.section, one.id, None if was is None else was.text, one.text))
    found += [Change("removed", one.section, one.id, one.text, None) for one in before if one.id not in new]
    return found


def _in_order(
    after: Sequence[tuple[str, Section]], before: Sequence[str], old: Mapping[str, Line]
) -> frozenset[str]:
    """Those that did not move: the longest run that stands in the same order and section as before."""
    places = {name: place for place, name in enumerate(before)}
    best: dict[str, list[str]] = {}  # the longest run that ends with each
    for name, section in after:
        if old[name].section == section:
            fitting = [run for last, run in best.items() if places[last] < places[name]]
            longest = max([[], *fitting], key=len)
            best[name] = [*longest, name]
    longest = max([[], *best.values()], key=len)
    return frozenset(longest)


# A text that people edit ⇄ lines


def written(lines: Iterable[Line]) -> str:
    """Lines as a text that `read` takes: a heading for each section, a line for each line, with its id in brackets."""
    some = list(lines)
    return "\n".join(
        f"# {section}\n" + "".join(f"{marked(one)}\n" for one in some if one.section == section)
        for section in SECTIONS
    )


def marked(line: Line) -> str:
    """A line as it is edited: [m1] Learners can always watch what they paid for."""
    return f"[{line.id}] {line.text}"


def read(text: str, before: Sequence[Version]) -> tuple[tuple[Line, ...], list[tuple[int, str]]]:
    """The lines of a text, and what is wrong with it, each fault with the number of its line of the text.

    What has no id in brackets is a new line, and gets an id that no line ever had.
    """
    section: Section | None = None
    headed = False
    rows: list[tuple[int, Section, str]] = []
    faults: list[tuple[int, str]] = []
    for number, raw in enumerate(text.split("\n"), 1):
        row = raw.strip()
        if row.startswith("#"):
            name = row.lstrip("#").strip()
            found = _HEADS.get(name.lower())
            if found is None:
                message = _(
                    "`{name}` is no section; there are {known}", name=name[:60], known=listed(SECTIONS)
                )
                faults.append((number, message))
            section, headed = found, True
        elif row and not headed:
            faults.append((number, _("write a heading first, such as `# mission`")))
        elif row and section is not None:
            rows.append((number, section, row))
    lines, wrong = gathered(rows, before)
    return lines, sorted([*faults, *wrong])


def gathered(
    rows: Iterable[tuple[int, Section, str]], before: Sequence[Version]
) -> tuple[tuple[Line, ...], list[tuple[int, str]]]:
    """Lines of sections as they are edited, each with a number that faults are told with → lines, and faults."""
    taken = {line.id for version in before for line in version.lines}
    some = list(rows)
    marks = [_MARKED.fullmatch(row.removeprefix("- ").strip()) for _number, _section, row in some]
    taken |= {one["id"] for one in marks if one}
    lines: list[Line] = []
    faults: list[tuple[int, str]] = []
    for (number, section, row), mark in zip(some, marks, strict=True):
        name = mark["id"] if mark else _next(section, taken)
        text = (mark["text"] if mark else row.removeprefix("- ")).strip()
        if not _ID.fullmatch(name):
            faults.append(
                (
                    number,
                    _(
                        "`{name}` can't be the id of a line; write small letters, digits and `-`",
                        name=name[:60],
                    ),
                )
            )
        elif any(one.id == name for one in lines):
            faults.append((number, _("another line has the id `{name}` already", name=name)))
        elif fault := _line_fault(text):
            faults.append((number, fault))
        taken.add(name)
        lines.append(Line(name, section, text))
    if len(lines) > LINES_MOST:
        faults.append((some[-1][0], _("there are more than {n} lines; nobody will know them", n=LINES_MOST)))
    return tuple(lines), faults


def edited(
    before: Sequence[Version],
    added: Iterable[tuple[str, str]] = (),
    reworded: Iterable[tuple[str, str]] = (),
    removed: Iterable[str] = (),
) -> tuple[Line, ...]:
    """The lines of the last version, changed: (section, text) added, (id, text) reworded, ids removed.

    Raises ValueError with every fault.
    """
    lines = list(before[-1].lines) if before else []
    faults: list[str] = []
    for name, text in reworded:
        place = next((place for place, one in enumerate(lines) if one.id == name), None)
        if place is None:
            faults.append(unknown_line(name, [one.id for one in lines]))
        else:
            lines[place] = Line(name, lines[place].section, text.strip())
    for name in removed:
        if not any(one.id == name for one in lines):
            faults.append(unknown_line(name, [one.id for one in lines]))
        lines = [one for one in lines if one.id != name]
    taken = {line.id for version in before for line in version.lines}
    for head, text in added:
        section = _HEADS.get(head.lower())
        if section is None:
            faults.append(
                _("`{name}` is no section; there are {known}", name=head[:60], known=listed(SECTIONS))
            )
            continue
        one = Line(_next(section, taken), section, text.strip())
        taken.add(one.id)
        lines.append(one)
    faults += [f"{one.id}: {fault}" for one in lines if (fault := _line_fault(one.text))]
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(one for section in SECTIONS for one in lines if one.section == section)


def writing(
    lines: Sequence[Line], before: Sequence[Version], who: str, at: int, agreed_with: str = "", why: str = ""
) -> Act:
    """The act that writes the next version. Raises ValueError where nothing would be written, or nothing be other."""
    if not lines:
        raise ValueError(_("the mission has no line; write at least one"))
    lines = [one for section in SECTIONS for one in lines if one.section == section]
    if before and tuple(lines) == before[-1].lines and agreed_with.strip() in ("", before[-1].agreed_with):
        raise ValueError(_("nothing is other than in version {n}", n=before[-1].nth))
    for text, longest in ((agreed_with, NAME_LONGEST), (why, WHY_LONGEST)):
        if len(text) > longest:
            raise ValueError(_("that is too long; {n} characters are the most", n=longest))
    body = {
        "lines": [{"id": one.id, "section": one.section, "text": one.text} for one in lines],
        "agreed_with": agreed_with.strip(),
        "why": why.strip(),
    }
    return Act(KIND, SUBJECT, "written", at, who, body)


def _next(section: Section, taken: Iterable[str]) -> str:
    letter = _LETTERS[section]
    numbers = [
        int(one[1:]) for one in taken if one[:1] == letter and one[1:].isascii() and one[1:].isdecimal()
    ]
    return f"{letter}{max(numbers, default=0) + 1}"


def _line_fault(text: str) -> str | None:
    if not text:
        return _("the line is empty; write what it says, or leave it out")
    if len(text) > LINE_LONGEST:
        return _("that is too long; {n} characters are the most", n=LINE_LONGEST)
    if not text.replace("\N{IDEOGRAPHIC SPACE}", "").isprintable():
        return _("it holds characters that can't be printed, such as a line break; leave them out")
    return None


def _lines(value: object) -> tuple[Line, ...]:
    rows = value if isinstance(value, list) else []
    return tuple(
        Line(_text(one.get("id")), section, _text(one.get("text")))
        for one in rows
        if isinstance(one, dict)
        for section in SECTIONS
        if section == one.get("section")
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
