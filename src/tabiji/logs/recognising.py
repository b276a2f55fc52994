"""The first lines of a file → the format they are in, and why; None where none fits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji.language import _, listed, ngettext
from tabiji.logs import alb, apache, ndjson, nginx
from tabiji.logs.reading import Reading

FITS_MIN = Fraction(1, 2)  # of the sampled lines; logs begin with banners and hold broken lines
KEYS_MAX = 60  # of an object that become fields; more are no access log

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Recognised:
    """A format with the options that read these lines; `share` of the lines fit, `why` in plain words."""

    format: str
    log_format: str | None
    fields: Fields | None
    share: Fraction
    why: str


def recognised(lines: Sequence[bytes]) -> Recognised | None:
    """The format of a file that begins with these lines; None where none fits at least half of them."""
    texts = [line.decode("utf-8", "replace").rstrip("\r").removeprefix("\ufeff") for line in lines]
    texts = [text for text in texts if text.strip()]
    if not texts:
        return None
    return _json(texts) or _text(texts)


def _json(texts: Sequence[str]) -> Recognised | None:
    objects = [found for text in texts if (found := _object(text)) is not None]
    share = Fraction(len(objects), len(texts))
    if share < FITS_MIN:
        return None
    if 2 * sum("msg" in one and ("ctx" in one or "tid" in one) for one in objects) > len(objects):
        why = _("JSON lines as Sidekiq writes them: `ts`, `tid`, `msg`")
        return Recognised("sidekiq", None, None, share, why)
    if 2 * sum("signal" in one and "time_us" in one for one in objects) > len(objects):
        why = _("log records and spans of OpenTelemetry, as received")
        return Recognised("otlp", None, None, share, why)
    keys: dict[str, str] = {}
    for one in objects:
        for path, value in _leaves(one):
            keys.setdefault(path, value)
    if len(keys) > KEYS_MAX * 4:
        return None
    guessed = _timed(ndjson.guessed(_by_last(keys)), keys)
    if not set(ndjson.TIMES) & set(guessed):
        return None
    if not {"status", "method", "path", "request"} & set(guessed):
        return None
    known = set(guessed.values())
    others = {
        name: path
        for path in list(keys)[:KEYS_MAX]
        if path not in known
        and (name := re.sub(r"\W+", "_", path).strip("_").lower())
        and name not in guessed
    }
    fits = sum(any(path in dict(_leaves(one)) for path in known) for one in objects)
    parts = listed(_("{part} in `{path}`", part=part, path=path) for part, path in guessed.items())
    # A reading of one's own names wins over a guess, so a name stands once.
    fields = tuple({**others, **guessed}.items())
    return Recognised(
        "json", None, fields, Fraction(fits, len(texts)), _("JSON lines with {parts}", parts=parts)
    )


def _object(text: str) -> dict[str, object] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _leaves(value: Mapping[str, object], path: str = "", depth: int = 0) -> list[tuple[str, str]]:
    """Dotted paths of an object's texts and numbers, with their values as texts."""
    found: list[tuple[str, str]] = []
    for key, inner in value.items():
        here = f"{path}.{key}" if path else key
        if isinstance(inner, dict) and depth < 3:
            found += _leaves(inner, here, depth + 1)
        elif isinstance(inner, str | int | float):
            found.append((here, str(inner)))
    return found


def _by_last(keys: Mapping[str, str]) -> dict[str, str]:
    """Paths as they are, and those of nested objects by their last key too where that is not taken."""
    return dict(keys) | {
        last: path for path in keys if "." in path and (last := path.rpartition(".")[2]) not in keys
    }


_UNITS = {"time_ms": r"\d{12,14}(\.\d+)?", "time_us": r"\d{15,17}", "time_ns": r"\d{18,20}"}


def _timed(guessed: Mapping[str, str], keys: Mapping[str, str]) -> dict[str, str]:
    """The guess with whole paths, and with the units that the values are in."""
    whole = _by_last(keys)
    paths = {part: key if key in keys else whole[key] for part, key in guessed.items()}
    sample = keys.get(paths.get("time", ""), "")
    renamed = {"time": next((part for part, shape in _UNITS.items() if re.fullmatch(shape, sample)), "time")}
    if paths.get("duration", "").rpartition(".")[2] == "duration" and keys[paths["duration"]].isdigit():
        renamed["duration"] = "duration_ms"  # whole numbers are hardly ever seconds
    durations = [part for part in ndjson.DURATIONS if part in paths]
    return {renamed.get(part, part): path for part, path in paths.items() if part not in durations[1:]}


def _text(texts: Sequence[str]) -> Recognised | None:
    candidates: list[tuple[Reading, str, str | None, str]] = [
        (alb.read(), "alb", None, _("the fields of an AWS Application Load Balancer")),
    ]
    bases: tuple[tuple[Callable[..., Reading], str, str, str], ...] = (
        (nginx.read, "nginx", nginx.COMBINED, _("the combined format of nginx and Apache")),
        (apache.read, "apache", apache.NICKNAMES["vhost_combined"], _("Apache's vhost_combined format")),
        (apache.read, "apache", apache.NICKNAMES["common"], _("the common log format")),
    )
    candidates += [(read(log_format=base), format_, base, name) for read, format_, base, name in bases]
    best: Recognised | None = None
    for reading, format_, base, name in candidates:
        share = _share(reading, texts, quoted=base is None or base.endswith('"'))
        if best is None or share > best.share:
            log_format = None if format_ == "alb" or base == nginx.COMBINED else base
            best = Recognised(format_, log_format, None, share, name)
        if share == 1:
            return best
    extended = _extended(texts)
    if extended is not None and (best is None or extended.share > best.share):
        best = extended
    return best if best is not None and best.share >= FITS_MIN else None


def _share(reading: Reading, texts: Sequence[str], *, quoted: bool) -> Fraction:
    """How many of the lines a format fits whole: a last value without quotes may not swallow what follows."""
    pattern = re.compile(reading.pattern or "")
    found = [match for text in texts if (match := pattern.fullmatch(text))]
    return Fraction(sum(quoted or " " not in match.groups()[-1] for match in found), len(texts))


_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')
_SECONDS = re.compile(r"\d+\.\d{3}")
_LIST_OF_SECONDS = re.compile(r"-|[\d.]+(?:(?:,| :) [\d.-]+)*")
_NAMED = re.compile(r"(\w+)=(.*)")
_SHORT = {"rt": "request_time", "urt": "upstream_response_time", "uct": "upstream_connect_time",
          "uht": "upstream_header_time"}  # fmt: skip


def _extended(texts: Sequence[str]) -> Recognised | None:
    """The combined or common format with more fields behind it, which are named as far as they tell what they are."""
    for base, name in ((nginx.COMBINED, "combined"), (nginx.COMMON, "common")):
        pattern = re.compile((nginx.read(log_format=base).pattern or "") + r" (\S.*)")
        rests = [found.group(found.re.groups) for text in texts if (found := pattern.fullmatch(text))]
        if len(rests) < len(texts) * FITS_MIN:
            continue
        rows = [_TOKEN.findall(rest) for rest in rests]
        width = max({len(row) for row in rows}, key=[len(row) for row in rows].count)
        rows = [row for row in rows if len(row) == width]
        log_format = base + "".join(f" {variable}" for variable in _variables(rows))
        share = _share(nginx.read(log_format=log_format), texts, quoted=log_format.endswith('"'))
        why = ngettext(
            "the {name} format with one more field behind it",
            "the {name} format with {n} more fields behind it",
            width,
            name=name,
            n=width,
        )
        return Recognised("nginx", log_format, None, share, why)
    return None


def _variables(rows: Sequence[Sequence[tuple[str, str, str]]]) -> list[str]:
    """For each column of tokens, how a `log_format` would say it."""
    said: list[str] = []
    used: set[str] = set()

    def fresh(name: str, at: int) -> str:
        chosen = name if name not in used else f"extra_{at}"
        used.add(chosen)
        return f"${chosen}"

    for at, column in enumerate(zip(*rows, strict=True), start=1):
        quoted, bracketed = any(c[0] for c in column), any(c[1] for c in column)
        values = [c[0] or c[1] or c[2] for c in column]
        names = {found.group(1) for value in values if (found := _NAMED.fullmatch(value))}
        prefix = ""
        if len(names) == 1 and all(_NAMED.fullmatch(value) for value in values):
            prefix = f"{(key := names.pop())}="
            values = [value[len(prefix) :].strip('"') for value in values]
            body = fresh(_SHORT.get(key, f"extra_{at}"), at)
            if any(c[2].startswith(prefix + '"') for c in column):
                body = f'"{body}"'
        elif all(_SECONDS.fullmatch(value) for value in values):
            body = fresh("request_time" if "request_time" not in used else "upstream_response_time", at)
        elif any(_SECONDS.search(v) for v in values) and all(_LIST_OF_SECONDS.fullmatch(v) for v in values):
            body = fresh("upstream_response_time", at)
        else:
            body = fresh(f"extra_{at}", at)
        said.append(f'"{prefix}{body}"' if quoted else f"[{prefix}{body}]" if bracketed else prefix + body)
    return said
