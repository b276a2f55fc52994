"""nginx: any `log_format`, taken verbatim → a reading."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from tabiji.language import _
from tabiji.logs.reading import (
    SECOND_US,
    LogFormatError,
    Reading,
    common_log_us,
    decimal,
    empty_as_null,
    epoch_us,
    given,
    iso8601_us,
    last_of_list,
    name,
    request_method,
    request_target,
    summed,
)
from tabiji.logs.template import Item, Literal, Template, Variable, compiled

COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
COMBINED = COMMON + ' "$http_referer" "$http_user_agent"'
RENAMED = {"http_user_agent": "user_agent", "http_referer": "referer"}

_DIRECTIVE = re.compile(r"\s*log_format\s+\S+\s+(?:escape=(?:default|json|none)\s+)?", re.DOTALL)
_ESCAPE_JSON = re.compile(r"\s*log_format\s+\S+\s+escape=json\s")
_QUOTED = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*;?\s*""", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def read(log_format: str | None, **others: object) -> Reading:
    """The reading of a `log_format`: nginx's whole directive, its quoted strings, or just what is between them.

    Raises LogFormatError where the time is missing or a variable can't be told from its neighbour.
    """
    written = COMBINED if log_format in (None, "combined") else log_format
    template = _strings(written)
    if _ESCAPE_JSON.match(written) or template.lstrip().startswith("{"):
        return _reading(_json(template), None)
    # Many sites add fields behind the default; what is not described is not read.
    parsed = compiled(_items(template), more_may_follow=log_format is None)
    return _reading(parsed.columns, parsed)


def _strings(written: str) -> str:
    """The format's text out of the directive, with its quoted strings joined as nginx does."""
    directive = _DIRECTIVE.match(written)
    rest = written[directive.end() :] if directive else written
    if not rest.lstrip().startswith(("'", '"')) or (not directive and not _all_quoted(rest)):
        if directive:
            raise LogFormatError(_("the strings of `log_format` stand in quotes"), directive.end() + 1)
        return rest.strip("\n")
    joined, at = [], 0
    while at < len(rest):
        found = _QUOTED.match(rest, at)
        if not found:
            raise LogFormatError(_("this quote is not closed"), len(written) - len(rest) + at + 1)
        single, double = found.groups()
        joined.append((single if single is not None else double).replace("\\'", "'").replace('\\"', '"'))
        at = found.end()
    return "".join(joined)


def _all_quoted(rest: str) -> bool:
    at = 0
    while at < len(rest):
        found = _QUOTED.match(rest, at)
        if not found:
            return False
        at = found.end()
    return True


def _items(template: str) -> Sequence[Item]:
    items: list[Item] = []
    at = 0
    for found in _VARIABLE.finditer(template):
        if found.start() > at:
            items.append(Literal(template[at : found.start()]))
        items.append(Variable(found.group(1) or found.group(2)))
        at = found.end()
    if at < len(template):
        items.append(Literal(template[at:]))
    return items


def _json(template: str) -> dict[str, tuple[str, ...]]:
    """`escape=json`: the keys of the object, each holding one variable."""
    quoted = re.sub(r"(?<=[:\[,])(\s*)(\$(?:\w+|\{\w+\}))(?=\s*[,}\]])", r'\1"\2"', template)
    try:
        shape = json.loads(quoted)
    except ValueError as error:
        at = getattr(error, "pos", 0)
        raise LogFormatError(_("this is not a JSON object: {error}", error=error), at + 1) from None
    columns: dict[str, tuple[str, ...]] = {}
    for path, value in _leaves(shape, ()):
        found = _VARIABLE.fullmatch(value.strip())
        if found:
            columns.setdefault(found.group(1) or found.group(2), path)
    return columns


def _leaves(value: object, path: tuple[str, ...]) -> Sequence[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*path, key))]
    return [(path, value)] if isinstance(value, str) else []


def _reading(columns: Mapping[str, str | tuple[str, ...]], parsed: Template | None) -> Reading:
    """nginx's variables → the parts of an event. `parsed` is None for JSON."""
    has = {variable: name(variable) for variable in columns}
    duration = _first(has, "request_time", "upstream_response_time")
    method, target = has.get("request_method"), _first(has, "request_uri", "uri", "document_uri")
    if "request" in has:
        method = method or request_method(has["request"])
        target = target or request_target(has["request"])
    status = has.get("status")
    if status is None and "upstream_status" in has:
        status = last_of_list(has["upstream_status"])
    return Reading(
        format="nginx",
        shape=parsed.shape if parsed else "json",
        columns=tuple(columns.items()),
        sound=parsed.sound if parsed else "true",
        pattern=parsed.pattern if parsed else None,
        tokens=parsed.tokens if parsed else None,
        time_us=_time(has),
        duration_us=_duration(has),
        has_duration=given(duration) if duration else "false",
        status=status,
        method=method,
        target=target,
        host=_first(has, "host", "http_host", "server_name"),
        fields=tuple((field, empty_as_null(sql)) for field, sql in fields(has).items()),
        notes=() if duration else (_("no $request_time in the format: latency can't be judged"),),
    )


def _first(has: Mapping[str, str], *variables: str) -> str | None:
    return next((has[variable] for variable in variables if variable in has), None)


def _time(has: Mapping[str, str]) -> str:
    if "msec" in has:
        return epoch_us(has["msec"])
    if "time_iso8601" in has:
        return iso8601_us(has["time_iso8601"])
    if "time_local" in has:
        return common_log_us(has["time_local"])
    raise LogFormatError(_("the time is missing: add $msec, $time_iso8601 or $time_local"))


def _duration(has: Mapping[str, str]) -> str | None:
    if "request_time" in has:
        return f"({decimal(has['request_time'])}) * {SECOND_US}"
    if "upstream_response_time" in has:
        return f"({summed(has['upstream_response_time'])}) * {SECOND_US}"
    return None


def fields(has: Mapping[str, str]) -> dict[str, str]:
    """The names that expressions may use: `$http_x_plan` is `x_plan`, `$sent_http_x_error` is `x_error`."""
    named: dict[str, str] = {}
    for variable, sql in has.items():
        short = RENAMED.get(variable, variable)
        for prefix in ("sent_http_", "upstream_http_", "http_"):
            if variable not in RENAMED and variable.startswith(prefix):
                short = variable.removeprefix(prefix)
        named.setdefault(variable if short in named else short, sql)
    return named
