"""The bytes of a CSV file → signals, and every row that is none with what is wrong in it."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from tabiji.language import _, listed
from tabiji.signals.facts import Kind, Signal
from tabiji.signals.faults import faults
from tabiji.signals.rules import Rule, folded, journey_of
from tabiji.windows import parse_time

Field = Literal["at", "text", "amount", "journey", "key", "author"]
FIELDS: tuple[Field, ...] = get_args(Field)
# What columns are called, by programs and by people; capitals and widths make no difference
_NAMES: Mapping[Field, tuple[str, ...]] = {
    "at": (
        *("at", "time", "date", "day", "datetime", "timestamp", "created_at", "created at", "received_at"),
        *("日時", "日付", "時刻", "日", "受付日時", "受信日時", "作成日時", "発生日時", "登録日時"),
    ),
    "text": (
        *("text", "subject", "title", "message", "comment", "reason", "words"),
        *("件名", "内容", "タイトル", "本文", "コメント", "理由", "声", "ご意見", "問い合わせ内容"),
    ),
    "amount": (
        *("amount", "count", "revenue", "sales", "cancellations", "churn"),
        *("件数", "金額", "売上", "売上金額", "売上高", "解約数", "解約件数"),
    ),
    "journey": ("journey", "ジャーニー"),
    "key": (
        *("key", "id", "number", "ticket", "ticket_id", "ticket id"),
        *("番号", "受付番号", "問い合わせ番号", "チケット番号", "管理番号"),
    ),
    "author": ("author", "記入者", "登録者"),
}
_NEEDED: Mapping[Kind, tuple[Field, ...]] = {
    "enquiry": ("at",),
    "churn": ("at",),
    "revenue": ("at", "amount"),
    "voice": ("at", "text"),
}
_TIME = re.compile(
    r"(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?"
    r"(?:[T\s]\s*(\d{1,2})(?::|時)(\d{2})分?(?::?(\d{2})(?:[.,]\d+)?秒?)?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"([+-]?)[¥\\$€]?\s*(\d{1,3}(?:,\d{3})+|\d+)\s*(?:円|件)?")
_SEPARATORS = (",", "\t", ";")
Row = tuple[int, Mapping[Field, str] | str]  # its place, and what it says; or what is wrong with all of it


class TableError(ValueError):
    """A file that can't be read at all, or whose columns can't be told."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says. `faults` are lines (from 1) and what is wrong there; `unread` are columns nobody asked for."""

    signals: tuple[Signal, ...]
    faults: tuple[tuple[int, str], ...]
    unread: tuple[str, ...]


def read(
    content: bytes,
    kind: Kind,
    *,
    columns: Mapping[Field, str],
    journeys: Mapping[str, str],
    rules: Sequence[Rule],
    author: str,
    zone: str,
    now: int,
) -> Read:
    """The signals of a CSV file, in the order of its rows. Raises TableError.

    `columns` says which column holds what, where its name does not tell. `journeys` are names and titles → names.
    Times without a zone are of `zone`; `now` is in seconds since the epoch. A row without a key of its own is
    called by what it says, and by how many before it say the same: the same file is the same signals.
    """
    lines = _lines(_text(content))
    header = next(lines, None)
    if header is None:
        raise TableError(_("the file is empty; its first line names the columns"))
    places = _places([name.strip() for name in header[1]], kind, columns)

    def rows() -> Iterator[Row]:
        for line, cells in lines:
            if len(cells) > len(header[1]):
                yield line, _("there are more cells than columns; put a text with commas in quotes")
            elif any(cell.strip() for cell in cells):
                yield (
                    line,
                    {field: cells[at].strip() if at < len(cells) else "" for field, at in places.items()},
                )

    found, wrong = gathered(
        rows(), kind, journeys=journeys, rules=rules, author=author, zone=zone, now=now, place="line"
    )
    read_columns = set(places.values())
    unread = tuple(name.strip() for at, name in enumerate(header[1]) if at not in read_columns)
    return Read(found, wrong, tuple(name for name in unread if name))


def gathered(
    rows: Iterable[Row],
    kind: Kind,
    *,
    journeys: Mapping[str, str],
    rules: Sequence[Rule],
    author: str,
    zone: str,
    now: int,
    place: Literal["line", "entry"],
) -> tuple[tuple[Signal, ...], tuple[tuple[int, str], ...]]:
    """The signals that rows say, in their order; and the places of the others, with what is wrong there.

    `place` is what the number of a row is called. The rest: see `read`.
    """
    spelled = {folded(title): name for title, name in journeys.items()}
    found: list[Signal] = []
    wrong: list[tuple[int, str]] = []
    said: Counter[str] = Counter()
    first: dict[str, int] = {}
    for number, values in rows:
        try:
            if isinstance(values, str):
                raise ValueError(values)
            signal = _signal(kind, values, spelled, rules, author, zone, now)
        except ValueError as error:
            wrong.append((number, str(error)))
            continue
        if not signal.key:
            content_of = f"{signal.at}\0{signal.amount}\0{signal.text}"
            said[content_of] += 1
            digest = hashlib.sha256(f"{content_of}\0{said[content_of]}".encode("utf-8", "replace"))
            signal = replace(signal, key=f"row-{digest.hexdigest()[:32]}")
        elif signal.key in first:
            message = _("`{key}` is on line {line} already", key=signal.key[:100], line=first[signal.key])
            if place == "entry":
                message = _("`{key}` is entry {n} already", key=signal.key[:100], n=first[signal.key])
            wrong.append((number, message))
            continue
        first.setdefault(signal.key, number)
        if bad := faults(signal, set(journeys.values()), now):
            wrong.append((number, "; ".join(message for _field, message in bad)))
        else:
            found.append(signal)
    return tuple(found), tuple(wrong)


def _text(content: bytes) -> str:
    """UTF-8, with or without a mark; UTF-16 with one; Shift_JIS as Windows writes it."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError(_("the file is neither UTF-8 nor Shift_JIS; save it as CSV UTF-8"))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line on which each begins."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = next((line for line in lines if line.strip()), "")
    separator = max(_SEPARATORS, key=head.count)
    rows = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    while True:
        begun = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(_("line {line} is no CSV: {error}", line=begun, error=error)) from None
        if any(cell.strip() for cell in cells):
            yield begun, cells


def _places(header: Sequence[str], kind: Kind, columns: Mapping[Field, str]) -> dict[Field, int]:
    """Which column holds what."""
    names = [folded(name) for name in header]
    places: dict[Field, int] = {}
    for field, column in columns.items():
        if folded(column) not in names:
            message = _("there is no column `{name}`; there are {known}", name=column, known=listed(header))
            raise TableError(message)
        places[field] = names.index(folded(column))
    taken = set(places.values())
    candidates: defaultdict[Field, list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        for field, known in _NAMES.items():
            if field not in places and at not in taken and name in known:
                candidates[field].append(at)
    for field, found in candidates.items():
        if len(found) > 1:
            both = listed(header[at] for at in found)
            message = _("{columns} may all be `{field}`; say which with `--map {field}={one}`",
                        columns=both, field=field, one=header[found[0]])  # fmt: skip
            raise TableError(message)
        places[field] = found[0]
    for field in _NEEDED[kind]:
        if field not in places:
            message = _(
                "no column is known for `{field}`; there are {known}; "
                "call it so, or say which it is: `--map {field}=COLUMN`",
                field=field,
                known=listed(header),
            )
            raise TableError(message)
    return places


def _signal(
    kind: Kind,
    values: Mapping[Field, str],
    journeys: Mapping[str, str],
    rules: Sequence[Rule],
    author: str,
    zone: str,
    now: int,
) -> Signal:
    text = values.get("text", "")
    written = values.get("journey", "")
    journey = journeys.get(folded(written), written) if written else journey_of(text, rules)
    amount = values.get("amount", "")
    if not amount and kind == "revenue":
        raise ValueError(_("the amount is missing"))
    return Signal(
        kind=kind,
        at=_second(values.get("at", ""), zone, now),
        key=values.get("key", ""),
        amount=_amount(amount) if amount else 1,
        text=text,
        journey=journey,
        by_hand=bool(written),
        author=values.get("author", "") or author,
    )


def _second(written: str, zone: str, now: int) -> int:
    """Times as spreadsheets write them, too: `2026/4/1 9:05`, `2026年4月1日`; never `now`."""
    if not written:
        raise ValueError(_("the time is missing"))
    match = _TIME.fullmatch(folded(written).upper())
    if not match:
        raise ValueError(
            _(
                "`{text}` is not a time; write for example `2026-03-01`, `2026/3/1 9:30` or `2026-03-01T09:30:00Z`",
                text=written[:100],
            )
        )
    year, month, day, hour, minute, second, offset = match.groups()
    plain = f"{year}-{int(month):02}-{int(day):02}"
    if hour is not None:
        plain += f"T{int(hour):02}:{minute}:{second or '00'}"
        if offset is not None:
            plain += "Z" if offset in ("Z", "UTC") else f"{offset[:3]}:{offset[-2:]}"
    return parse_time(plain, now, zone)


def _amount(written: str) -> int:
    match = _AMOUNT.fullmatch(folded(written))
    if not match or len(written) > 30:
        raise ValueError(
            _("`{text}` is not a whole number; write for example `3` or `12,000`", text=written[:100])
        )
    return int(match[1] + match[2].replace(",", ""))
