"""Apache httpd: common, combined, or any `LogFormat` → a reading."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tabiji.language import _
from tabiji.logs.reading import (
    LogFormatError,
    Reading,
    common_log_us,
    decimal,
    empty_as_null,
    epoch_us,
    given,
    name,
    request_method,
    request_target,
)
from tabiji.logs.template import Item, Literal, Variable, compiled

NICKNAMES = {
    "common": '%h %l %u %t "%r" %>s %b',
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "vhost_combined": '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
}
VARIABLES = {
    "a": "remote_addr",
    "h": "remote_addr",
    "A": "local_addr",
    "l": "remote_logname",
    "u": "remote_user",
    "t": "time_local",
    "r": "request",
    "s": "status",
    "b": "body_bytes_sent",
    "B": "body_bytes_sent",
    "O": "bytes_sent",
    "I": "bytes_received",
    "D": "duration_us",
    "T": "duration_s",
    "v": "host",
    "V": "host",
    "p": "port",
    "m": "request_method",
    "U": "request_path",
    "q": "query",
    "H": "protocol",
    "X": "connection",
    "P": "pid",
    "k": "keepalive",
    "L": "log_id",
    "f": "file",
    "R": "handler",
    "S": "bytes_total",
}
# Where Apache's time stands in braces, its format is one of these.
TIMES = {"sec": "epoch_s", "msec": "epoch_ms", "usec": "epoch_us"}
DURATIONS = {"us": "duration_us", "ms": "duration_ms", "s": "duration_s"}

_DIRECTIVE = re.compile(r'\s*LogFormat\s+"((?:[^"\\]|\\.)*)"\s*(\S+)?\s*')
_CONVERSION = re.compile(r"%(?:(%)|[!\d,]*[<>]?(?:\{([^}]*)\})?(?:[<>])?(\^t[io]|[a-zA-Z]))")


def read(log_format: str | None, **others: object) -> Reading:
    """The reading of a `LogFormat`: a nickname, the whole directive, or just its string.

    Raises LogFormatError for a conversion that Apache does not have, and where the time is missing.
    """
    written = (log_format or "combined").strip()
    directive = _DIRECTIVE.fullmatch(written)
    template = NICKNAMES.get(written) or (directive.group(1) if directive else written)
    # Many sites add fields behind the default; what is not described is not read.
    parsed = compiled(_items(template.replace('\\"', '"')), more_may_follow=log_format is None)
    has = {variable: name(variable) for variable in parsed.columns}
    duration, unit = _duration(has)
    method, target = has.get("request_method"), has.get("request_path")
    if "request" in has:
        method = method or request_method(has["request"])
        target = target or request_target(has["request"])
    return Reading(
        format="apache",
        shape=parsed.shape,
        columns=tuple(parsed.columns.items()),
        sound=parsed.sound,
        pattern=parsed.pattern,
        tokens=parsed.tokens,
        time_us=_time(has),
        duration_us=f"({decimal(duration)}) * {unit}" if duration else None,
        has_duration=given(duration) if duration else "false",
        status=has.get("status"),
        method=method,
        target=target,
        host=has.get("host"),
        fields=tuple((variable, empty_as_null(sql)) for variable, sql in has.items()),
        notes=() if duration else (_("no %D in the format: latency can't be judged"),),
    )


def _items(template: str) -> Sequence[Item]:
    items: list[Item] = []
    at = 0
    for found in _CONVERSION.finditer(template):
        percent, argument, letter = found.groups()
        items.append(Literal(template[at : found.start()]))
        at = found.end()
        if percent:
            items.append(Literal("%"))
            continue
        variable = _variable(argument, letter, found.start() + 1)
        if variable == "time_local":
            items += [Literal("["), Variable(variable), Literal("]")]
        elif variable == "query" and items[-2:] == [Variable("request_path"), Literal("")]:
            continue  # `%U%q` is the whole target
        else:
            items.append(Variable(variable))
    return [*items, Literal(template[at:])]


def _variable(argument: str | None, letter: str, column: int) -> str:
    if argument is not None:
        if letter in "io":
            field = argument.lower().replace("-", "_")
            return field if letter == "i" else f"sent_{field}"
        if letter in "nCe":
            return argument.lower().replace("-", "_")
        if letter == "t":
            variable = TIMES.get(argument.removeprefix("begin:").removeprefix("end:"))
            if variable is None:
                message = _("a time written as %{{{argument}}}t is not read; use %t", argument=argument)
                raise LogFormatError(message, column)
            return variable
        if letter == "T":
            return DURATIONS.get(argument, "duration_s")
        if letter == "p":
            return "port"
    if letter.startswith("^"):
        return argument or letter
    if letter not in VARIABLES:
        message = _("%{letter} is not a conversion of Apache's LogFormat", letter=letter)
        raise LogFormatError(message, column)
    return VARIABLES[letter]


def _time(has: dict[str, str]) -> str:
    if "time_local" in has:
        return common_log_us(has["time_local"])
    if "epoch_us" in has:
        return epoch_us(has["epoch_us"], 1)
    if "epoch_ms" in has:
        return epoch_us(has["epoch_ms"], 1_000)
    if "epoch_s" in has:
        return epoch_us(has["epoch_s"])
    raise LogFormatError(_("the time is missing: add %t"))


def _duration(has: dict[str, str]) -> tuple[str | None, int]:
    for variable, unit in (("duration_us", 1), ("duration_ms", 1_000), ("duration_s", 1_000_000)):
        if variable in has:
            return has[variable], unit
    return None, 1
