"""A report ⇄ its JSON document: the same values give the same bytes, and the bytes give the values again.

Keys are sorted, times are ISO 8601 in UTC, shares are texts in full; there is no number with a point in it.
"""

from __future__ import annotations

import dataclasses
import json
import types
from datetime import datetime
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from tabiji.reports.documents import iso_time
from tabiji.reports.periodic.facts import VERSION, Report

_MINUTE = "_minute"  # fields that end so are moments; without it they are keys, of ISO times

Packed = TypeVar("Packed")


def text(report: Report) -> str:
    """The document of a report, to the byte."""
    return json.dumps(document(report), ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The same, as values of JSON."""
    found: dict[str, Any] = _packed(report)
    return found


def read(written: str) -> Report:
    """The report of a document. Raises ValueError where it is none of this version."""
    try:
        values = json.loads(written)
        if values["version"] != VERSION:
            raise KeyError("version")
        found: Report = _unpacked(Report, values)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is not the document of a report: {error!r}") from None
    return found


def _packed(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_packed(one) for one in value]
    if not dataclasses.is_dataclass(value):
        return value
    found = {}
    for field in dataclasses.fields(value):
        one = getattr(value, field.name)
        if field.name.endswith(_MINUTE):
            found[field.name.removesuffix(_MINUTE)] = None if one is None else iso_time(one * 60)
        else:
            found[field.name] = _packed(one)
    return found


def _unpacked(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if value is None or origin is Literal or kind in (int, str, bool):
        return value
    if origin in (Union, types.UnionType):
        return _unpacked(next(one for one in get_args(kind) if one is not type(None)), value)
    if origin is tuple:
        return tuple(_unpacked(get_args(kind)[0], one) for one in value)
    hints = get_type_hints(kind)
    found = {}
    for field in dataclasses.fields(kind):
        if field.name.endswith(_MINUTE):
            written = value[field.name.removesuffix(_MINUTE)]
            found[field.name] = None if written is None else _minute(written)
        else:
            found[field.name] = _unpacked(hints[field.name], value[field.name])
    return kind(**found)


def _minute(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp()) // 60
