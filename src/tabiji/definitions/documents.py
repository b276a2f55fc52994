"""A YAML file → texts, lists and mappings, each with its place, and every fault found on the way.

YAML 1.2 without its traps: every scalar stays the text that was written (so `on`, `1:30` and `0.999` are what
they look like), only an empty value, `~` and `null` are nothing. Duplicate keys, tags and cycles are refused,
and so is what unfolds into more nodes than a person would write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from tabiji.errors import Fault
from tabiji.language import N_, _

BYTES_MAX = 1024 * 1024
DEPTH_MAX = 20
NODES_MAX = 200_000  # aliases unfolded
SHOWN_MAX = 200  # characters of a line beside a fault

Loc = tuple[str | int, ...]  # the keys and places in lists that lead to a value
Tree = str | list[Any] | dict[str, Any] | None

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # what YAML 1.1's scanner takes for the end of a line
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|(?<!^)\ufeff")
_PROBLEMS = {
    "mapping values are not allowed in this context": N_("a `:` can't stand here; put the text in quotes"),
    "did not find expected key": N_("this does not line up with the keys above it"),
    "did not find expected '-' indicator": N_("this does not line up with the list above it"),
    "found a tab character that violates indentation": N_("a tab can't indent; use spaces"),
    "could not find expected ':'": N_("a `:` is missing after this key"),
    "did not find expected node content": N_("a value is missing here"),
    "did not find expected ',' or ']'": N_("a `,` or `]` is missing"),
    "did not find expected ',' or '}'": N_("a `,` or `}` is missing"),
    "found undefined tag handle": N_("tags are not allowed"),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A value as it stands in the file; lines and columns count from 0."""

    kind: Literal["scalar", "list", "mapping"]
    line: int
    column: int
    end_line: int
    text: str = ""
    style: str = ""
    items: list[Node] = field(default_factory=list)  # of a mapping: key, value, key, value …

    @property
    def is_null(self) -> bool:
        return self.kind == "scalar" and not self.style and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class Document:
    """A file's contents, and what is wrong with it so far. `tree` is None where nothing could be read."""

    path: str
    lines: tuple[str, ...]
    tree: Tree
    places: Mapping[Loc, Node]
    keys: Mapping[Loc, Node]
    faults: list[Fault]
    faulty: set[Loc] = field(default_factory=set)  # values left out because of a fault already told

    def blame(self, loc: Loc, message: str, *, key: bool = False, offset: int | None = None) -> None:
        """Note a fault at a value (or its key); `offset` counts the characters into a scalar's text.

        A value that is missing is blamed on what should hold it.
        """
        place = self.keys.get(loc) if key else None
        while place is None:
            place = self.places.get(loc)
            loc = loc[:-1]
        line, column = place.line, place.column
        if offset is not None:
            line, column = _inside(place, self.lines, offset)
        self.faults.append(fault_at(self.path, self.lines, line, column, message))

    def left_out(self, loc: Loc) -> bool:
        """Whether a fault was already told of what stands here, around it or below it."""
        return any(faulty[: len(loc)] == loc[: len(faulty)] for faulty in self.faulty)


def fault_at(path: str, lines: tuple[str, ...], line: int, column: int, message: str) -> Fault:
    """A fault with its line, for a place that counts from 0."""
    shown = lines[line].replace("\t", " ") if line < len(lines) else ""
    if len(shown) > SHOWN_MAX:
        shown = shown[: SHOWN_MAX - 1] + "…" if column < SHOWN_MAX else ""
    return Fault(path, line + 1, column + 1, message, shown)


def read(path: str, content: bytes) -> Document:
    """The document of a file; `path` is how faults name it. Faults are noted, never raised."""
    if len(content) > BYTES_MAX:
        message = _("a definition has at most {most:,} bytes", most=BYTES_MAX)
        return _unread(path, (), (0, 0), message)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        return _unread(path, _lines(before + "\ufffd"), _place(before), _("this is not UTF-8"))
    lines = _lines(text)
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        message = _("the character U+{code:04X} is not allowed", code=ord(unprintable[0]))
        return _unread(path, lines, _place(text[: unprintable.start()]), message)
    faults: list[Fault] = []
    places: dict[Loc, Node] = {}
    keys: dict[Loc, Node] = {}
    try:
        root = _composed(text)
        unfolding = _Unfolding(path, lines, places, keys, faults)
        tree = _unfolded(root, (), unfolding)
    except _RefusedError as error:
        return _unread(path, lines, error.at, error.message)
    except yaml.MarkedYAMLError as error:
        return _unread(path, lines, *_problem(error, lines))
    return Document(path, lines, {} if tree is None else tree, places, keys, faults)


def _unread(path: str, lines: tuple[str, ...], at: tuple[int, int], message: str) -> Document:
    fault = fault_at(path, lines, *at, message)
    return Document(path, lines, None, {(): Node("mapping", 0, 0, 0)}, {}, [fault])


def _lines(text: str) -> tuple[str, ...]:
    return tuple(_BREAK.split(text.removeprefix("\ufeff")))


def _place(before: str) -> tuple[int, int]:
    lines = _lines(before)
    return len(lines) - 1, len(lines[-1])


def _problem(error: yaml.MarkedYAMLError, lines: tuple[str, ...]) -> tuple[tuple[int, int], str]:
    """Where a scanner's complaint belongs, and what it means."""
    line, column = at = _at(error.problem_mark or error.context_mark)
    rest = [lines[line][column:] if line < len(lines) else "", *lines[line + 1 :]]
    if "quoted" in (error.context or "") and not "".join(rest).strip():
        return _at(error.context_mark), _("the quote that opens here is not closed")
    problem = error.problem or _("it can't be read")
    if "cannot start any token" in problem:
        if rest[0].startswith("\t"):
            return at, _("a tab can't indent; use spaces")
        return at, _("text that begins with `{sign}` needs quotes", sign=rest[0][:1])
    if problem in _PROBLEMS:
        return at, _(_PROBLEMS[problem])
    return at, _("this is not YAML: {problem}", problem=problem)


class _RefusedError(Exception):
    """What ends the reading of a file, and where."""

    def __init__(self, message: str, at: tuple[int, int]) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


# Events → nodes, without recursion: depth costs nothing until it is refused


def _composed(text: str) -> Node:
    root = Node("mapping", 0, 0, 0)  # of an empty file
    open_nodes: list[Node] = []
    anchors: dict[str, Node] = {}
    documents = 0
    for event in _events(text, open_nodes):
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise _refused(event, _("a file has one document; remove the second `---`"))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                open_nodes.pop()
            case yaml.NodeEvent():
                node = _node(event, anchors, open_nodes)
                if open_nodes:
                    open_nodes[-1].items.append(node)
                else:
                    root = node
                if isinstance(event, yaml.CollectionStartEvent):
                    open_nodes.append(node)
                    if len(open_nodes) > DEPTH_MAX:
                        raise _refused(event, _too_deep())
    return root


def _events(text: str, open_nodes: list[Node]) -> Iterator[yaml.Event]:
    """The parser's events; an end inside brackets is blamed on the one that opened them."""
    try:
        yield from yaml.parse(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        lines = _lines(text)
        line, column = _at(error.problem_mark)
        at_end = not "".join([*(lines[line : line + 1] or [""])[0][column:], *lines[line + 1 :]]).strip()
        brackets = [node for node in open_nodes if node.style == "flow"]
        if at_end and brackets and "quoted" not in (error.context or ""):
            message = _("the bracket that opens here is not closed")
            raise _RefusedError(message, (brackets[-1].line, brackets[-1].column)) from None
        raise


def _node(event: yaml.NodeEvent, anchors: dict[str, Node], open_nodes: list[Node]) -> Node:
    if isinstance(event, yaml.AliasEvent):
        known = anchors.get(str(event.anchor))
        if known is None:
            raise _refused(event, _("there is no anchor `&{anchor}` before this", anchor=event.anchor))
        if any(known is outer for outer in open_nodes):
            raise _refused(event, _("`*{anchor}` contains itself", anchor=event.anchor))
        return known
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag not in (None, "!"):
        written = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        raise _refused(event, _("tags such as `{tag}` are not allowed", tag=written))
    (line, column), end_line = _at(event.start_mark), _at(event.end_mark)[0]
    match event:
        case yaml.ScalarEvent():
            node = Node("scalar", line, column, end_line, event.value, event.style or "")
        case yaml.SequenceStartEvent():
            node = Node("list", line, column, end_line, style="flow" if event.flow_style else "")
        case _:
            flow = isinstance(event, yaml.MappingStartEvent) and event.flow_style
            node = Node("mapping", line, column, end_line, style="flow" if flow else "")
    if event.anchor:
        anchors[event.anchor] = node
    return node


def _at(mark: Any) -> tuple[int, int]:
    return (mark.line, mark.column) if mark is not None else (0, 0)


def _refused(event: yaml.Event, message: str) -> _RefusedError:
    return _RefusedError(message, _at(event.start_mark))


# Nodes → a tree of plain values


@dataclass(frozen=True, slots=True)
class _Unfolding:
    path: str
    lines: tuple[str, ...]
    places: dict[Loc, Node]
    keys: dict[Loc, Node]
    faults: list[Fault]

    def blame(self, node: Node, message: str) -> None:
        self.faults.append(fault_at(self.path, self.lines, node.line, node.column, message))


def _unfolded(node: Node, loc: Loc, unfolding: _Unfolding) -> Tree:
    unfolding.places[loc] = node
    if len(unfolding.places) > NODES_MAX:
        message = _("the aliases unfold into more than {most:,} values", most=NODES_MAX)
        raise _RefusedError(message, (node.line, node.column))
    if len(loc) > DEPTH_MAX:
        raise _RefusedError(_too_deep(), (node.line, node.column))
    if node.kind == "scalar":
        return None if node.is_null else node.text
    if node.kind == "list":
        return [_unfolded(item, (*loc, i), unfolding) for i, item in enumerate(node.items)]
    tree: dict[str, Any] = {}
    for key, value in _pairs(node):
        if key.kind != "scalar" or (not key.text and not key.style):
            unfolding.blame(key, _("a key is a plain text"))
            continue
        below = (*loc, key.text)
        if key.text in tree:
            first = unfolding.keys[below]
            message = _(
                "the key `{key}` is here twice; the first is in line {line}",
                key=key.text,
                line=first.line + 1,
            )
            unfolding.blame(key, message)
            continue
        unfolding.keys[below] = key
        tree[key.text] = _unfolded(value, below, unfolding)
    return tree


def _too_deep() -> str:
    return _("at most {most} levels within each other", most=DEPTH_MAX)


def _pairs(node: Node) -> Iterator[tuple[Node, Node]]:
    items = iter(node.items)
    return zip(items, items, strict=True)


# Places inside a scalar


_ANCHOR = re.compile(r"&\S+\s+")
_ESCAPE = re.compile(r"\\(?:x..|u....|U........|.)|.", re.DOTALL)


def _inside(node: Node, lines: tuple[str, ...], offset: int) -> tuple[int, int]:
    """The line and column of a character of a scalar's text; its beginning where that can't be told."""
    if node.kind != "scalar":
        return node.line, node.column
    anchor = _ANCHOR.match(lines[node.line], node.column)
    begin = anchor.end() if anchor else node.column
    if node.line == node.end_line and node.style not in ("|", ">"):
        return node.line, begin + _width(node, lines[node.line], begin, offset)
    # Over several lines only spaces differ from the text: count the others.
    before = node.text[:offset].replace("'", "''") if node.style == "'" else node.text[:offset]
    wanted = len("".join(before.split()))
    first = node.line + 1 if node.style in ("|", ">") else node.line
    skip = 0 if node.style in ("|", ">") else begin + bool(node.style)
    for line in range(first, min(node.end_line + 1, len(lines))):
        for column, sign in enumerate(lines[line]):
            if column < skip or sign.isspace():
                continue
            if wanted == 0:
                return line, column
            wanted -= 1
        skip = 0
    return node.line, node.column


def _width(node: Node, line: str, begin: int, offset: int) -> int:
    """How many characters of the line the first `offset` characters of a scalar's text took."""
    if not node.style:
        return offset
    if node.style == "'":
        return 1 + offset + node.text[:offset].count("'")
    units = [match.end() - match.start() for match in _ESCAPE.finditer(line, begin + 1)]
    return 1 + sum(units[:offset])
