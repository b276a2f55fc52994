"""A file → how its lines are read: recognised from the first of them; or what is nearest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from tabiji import logs, sources
from tabiji.discovery import Unrecognised
from tabiji.engines import Chunk, Counted, Task
from tabiji.errors import FileError
from tabiji.logs import Reading

NEAREST_MAX = 3
FIRST_LINE_MAX = 200

_OPERATION_FIELD = re.compile(
    r"(?:.*[._])?(?:graphql_?)?operation(?:_?name)?|(?:.*[._])?graphql_?operation.*", re.I
)
_ERROR_FIELD = re.compile(r"(?:.*[._])?(?:graphql_?error.*|error_?code|x_error)", re.I)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Run = Callable[[Task], "Counted | Future[Counted]"]


@dataclass(frozen=True, slots=True)
class How:
    """How lines are read, in the words of tabiji.yaml."""

    format: str
    log_format: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    latency: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A file whose format is known: how it is read, why, and the share of sampled lines that fit."""

    path: str
    how: How
    why: str
    fit: float


def recognise(path: Path, given: How | None = None) -> Read | Unrecognised | None:
    """How a file is to be read: as `given`, or as its first lines look; None for an empty one.

    Raises FileError where it can't be read.
    """
    try:
        if not path.is_file():
            raise FileError(f"{path}: not a regular file")
        lines = sources.first_lines(path)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from None
    if not any(line.strip() for line in lines):
        return None
    if given is not None:
        return Read(str(path), given, "as you said", 1.0)
    recognised = logs.recognised(lines)
    if recognised is None:
        return _unrecognised(path, lines)
    fields = recognised.fields
    if fields is not None:
        fields = tuple(fields) + _telling(lines, dict(fields))
    latency = "elapsed" if recognised.format == "sidekiq" and not _says_when_enqueued(lines) else None
    how = How(recognised.format, recognised.log_format, fields, latency)
    return Read(str(path), how, recognised.why, float(recognised.share))


def _objects(lines: Iterable[bytes]) -> list[dict[str, object]]:
    found = []
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def _telling(lines: Sequence[bytes], known: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Keys of JSON lines, beyond those recognised, that name operations and errors, as GraphQL sites log them."""
    keys = dict.fromkeys(
        key for one in _objects(lines) for key, value in one.items() if isinstance(value, str)
    )
    return tuple(
        (key, key)
        for key in keys
        if key not in known.values()
        and _IDENTIFIER.fullmatch(key)
        and (_OPERATION_FIELD.fullmatch(key) or _ERROR_FIELD.fullmatch(key))
    )


def _says_when_enqueued(lines: Sequence[bytes]) -> bool:
    """Whether jobs that are done say when they were enqueued; Sidekiq does so only where a site has added it."""
    contexts = [one.get("ctx") for one in _objects(lines) if one.get("msg") == "done"]
    done = [context for context in contexts if isinstance(context, dict)]
    return 2 * sum("enqueued_at" in context for context in done) > len(done) or not done


def _unrecognised(path: Path, lines: Sequence[bytes]) -> Unrecognised:
    lines = [line for line in lines if line.strip()]
    objects = _objects(lines)
    keys = dict.fromkeys(key for one in objects for key in one) if 2 * len(objects) > len(lines) else {}
    return Unrecognised(
        str(path),
        (),
        lines[0][:FIRST_LINE_MAX].decode("utf-8", "replace"),
        tuple(keys),
        binary=any(b"\0" in line for line in lines) and not objects,
    )


def nearest(path: Path, run: Run) -> tuple[tuple[str, float], ...]:
    """The formats that are nearest to a file, with the share of its first lines that they can read."""
    content = b"\n".join(sources.first_lines(path))
    shares: dict[str, float] = {}
    for name, log_format in (("nginx", None), ("apache", "common"), ("alb", None), ("sidekiq", None)):
        reading = logs.reading(name, log_format=log_format)
        account = result(run(Task(Chunk(None, 0, 0, content), reading, ()))).account
        shares[name] = account.counted / max(account.read, 1)
    looks_like_json = content.lstrip()[:1] == b"{"
    order = ("json", "sidekiq", "nginx") if looks_like_json else ("nginx", "apache", "alb")
    shares.setdefault("json", 0.0)
    ranked = sorted(
        shares, key=lambda name: (-shares[name], order.index(name) if name in order else len(order))
    )
    return tuple((name, shares[name]) for name in ranked[:NEAREST_MAX])


def told(reading: Reading) -> tuple[str | None, str | None]:
    """Source expressions for what requests say themselves: a GraphQL operation, an error code."""
    names = [name for name, _ in reading.fields if _IDENTIFIER.fullmatch(name)]
    if reading.kind != "request":
        return None, None
    operation = next((name for name in names if _OPERATION_FIELD.fullmatch(name)), None)
    error = next((name for name in names if _ERROR_FIELD.fullmatch(name) and name != operation), None)
    return (
        f"coalesce(nullif({operation}, ''), method || ' ' || route)" if operation else None,
        f"nullif({error}, '')" if error else None,
    )


def result(counted: Counted | Future[Counted]) -> Counted:
    """A count, waited for where it runs elsewhere."""
    return counted.result() if isinstance(counted, Future) else counted
