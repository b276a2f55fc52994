"""A file → how its lines are read: recognised from the first of them; or what is nearest."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from tabiji import logs, sources
from tabiji.discovery import Unrecognised
from tabiji.engines import Chunk, Counted, Task
from tabiji.errors import FileError, reason
from tabiji.language import _, listed
from tabiji.logs import Reading
from tabiji.logs.ndjson import PARTS
from tabiji.runs.discovering.placing import ROTATION

NEAREST_MAX = 3
FIRST_LINE_MAX = 200
ALIKE = 0.95  # of the fit that generations of a log have apart, so that they are read alike
UNNAMED = "$extra_"  # fields that were recognised without a name
UNNAMED_VALUES_MAX, UNNAMED_CHARACTERS_MAX = 2, 20

_OPERATION_FIELD = re.compile(
    r"(?:.*[._])?(?:graphql_?)?operation(?:_?name)?|(?:.*[._])?graphql_?operation.*", re.I
)
_ERROR_FIELD = re.compile(r"(?:.*[._])?(?:graphql_?error.*|error_?code|x_error)", re.I)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Fields = tuple[tuple[str, str], ...]
Run = Callable[[Task], "Counted | Future[Counted]"]


@dataclass(frozen=True, slots=True)
class How:
    """How lines are read, in the words of tabiji.yaml."""

    format: str
    log_format: str | None = None
    fields: Fields | None = None
    latency: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A file whose format is known: how it is read, why, the share of sampled lines that fit.

    `others` names fields that the lines hold beside those that are read, `notes` what a person
    should know.
    """

    path: str
    how: How
    why: str
    fit: float
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def recognise(paths: Sequence[Path], given: How | None = None) -> list[Read | Unrecognised | None]:
    """How each file is to be read: as `given`, or as its first lines look; None for an empty one.

    Generations of one log are read alike wherever that fits them: one of them may begin with lines that tell
    less than the others'. Raises FileError where a file can't be read.
    """
    samples = [_sample(path) for path in paths]
    reads = [_recognised(path, lines, given) for path, lines in zip(paths, samples, strict=True)]
    families: defaultdict[Path, list[int]] = defaultdict(list)
    for at, (path, read) in enumerate(zip(paths, reads, strict=True)):
        if isinstance(read, Read):
            families[path.with_name(ROTATION.sub("", path.name) or path.name)].append(at)
    for family in families.values():
        alone = [read for at in family if isinstance(read := reads[at], Read)]
        if len({read.how for read in alone}) < 2:
            continue
        together = _recognised(paths[family[0]], [line for at in family for line in samples[at]], None)
        if isinstance(together, Read) and together.fit * len(alone) >= ALIKE * sum(
            read.fit for read in alone
        ):
            for at in family:
                reads[at] = replace(together, path=str(paths[at]))
    return reads


def _sample(path: Path) -> list[bytes]:
    """The first lines of a file that are not blank."""
    try:
        if not path.is_file():
            raise FileError(_("{path}: not a regular file", path=path))
        return [line for line in sources.first_lines(path) if line.strip()]
    except OSError as error:
        raise FileError(f"{path}: {reason(error)}") from None


def _recognised(path: Path, lines: Sequence[bytes], given: How | None) -> Read | Unrecognised | None:
    if not lines:
        return None
    if given is not None:
        return Read(str(path), given, _("as you said"), 1.0)
    recognised = logs.recognised(lines)
    if recognised is None:
        return _unrecognised(path, lines)
    fields, others = _needed(recognised.fields)
    latency = "elapsed" if recognised.format == "sidekiq" and not _says_when_enqueued(lines) else None
    how = How(recognised.format, recognised.log_format, fields, latency)
    return Read(
        str(path),
        how,
        recognised.why,
        float(recognised.share),
        others,
        _unnamed(recognised.log_format, lines),
    )


def _unnamed(log_format: str | None, lines: Sequence[bytes]) -> tuple[str, ...]:
    """What a person should know about fields that were recognised without a name: some of their values."""
    if log_format is None or UNNAMED not in log_format:
        return ()
    reading = logs.reading("nginx", log_format=log_format)
    pattern = re.compile(reading.pattern or "")
    found = [
        match.groups() for line in lines if (match := pattern.fullmatch(line.decode("utf-8", "replace")))
    ]
    said = []
    for (name, _sql), values in zip(reading.columns, zip(*found, strict=True), strict=False):
        some = [value for value in dict.fromkeys(values) if value not in ("", "-")][:UNNAMED_VALUES_MAX]
        if name.startswith(UNNAMED.removeprefix("$")) and some:
            values_ = listed(value[:UNNAMED_CHARACTERS_MAX] for value in some)
            said.append(_("`{name}` ({values})", name=name, values=values_))
    if not said:
        return ()
    message = _(
        "fields without a name: {fields}. To use them, give nginx's own directive as `--log-format`",
        fields="; ".join(said),
    )
    return (message,)


def _needed(fields: Fields | None) -> tuple[Fields | None, tuple[str, ...]]:
    """The fields that make up an event or tell what it is, and the names of the others, for labels."""
    if fields is None:
        return None, ()
    needed = tuple((name, key) for name, key in fields if name in PARTS or _tells(name))
    return needed, tuple(name for name, _ in fields if (name not in PARTS and not _tells(name)))


def _tells(name: str) -> bool:
    """Whether a field names operations or errors, as GraphQL sites log them."""
    said = _OPERATION_FIELD.fullmatch(name) or _ERROR_FIELD.fullmatch(name)
    return bool(said and _IDENTIFIER.fullmatch(name))


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


def _says_when_enqueued(lines: Sequence[bytes]) -> bool:
    """Whether jobs that are done say when they were enqueued; Sidekiq does so only where a site has added it."""
    contexts = [one.get("ctx") for one in _objects(lines) if one.get("msg") == "done"]
    done = [context for context in contexts if isinstance(context, dict)]
    return 2 * sum("enqueued_at" in context for context in done) > len(done) or not done


def _unrecognised(path: Path, lines: Sequence[bytes]) -> Unrecognised:
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
    if reading.kind != "request":
        return None, None
    names = [name for name, _ in reading.fields if _IDENTIFIER.fullmatch(name)]
    operation = next((name for name in names if _OPERATION_FIELD.fullmatch(name)), None)
    error = next((name for name in names if _ERROR_FIELD.fullmatch(name) and name != operation), None)
    return (
        f"coalesce(nullif({operation}, ''), method || ' ' || route)" if operation else None,
        f"nullif({error}, '')" if error else None,
    )


def result(counted: Counted | Future[Counted]) -> Counted:
    """A count, waited for where it runs elsewhere."""
    return counted.result() if isinstance(counted, Future) else counted
