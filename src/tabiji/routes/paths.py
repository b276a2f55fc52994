"""Request target → path → path with placeholders. Exact classes of segments; nothing is learned here.

Two steps, because lines are many and paths are few: `fold` is what SQL does to every line (one RE2 pattern),
`normalise` is what Python does to the few distinct results. Their law: `normalise(fold(p)) == normalise(p)`,
and both change nothing when applied twice.

| segment | becomes |
|---|---|
| number, UUID, ULID, eight or more hex digits (one of them 0–9) | `:id` |
| number or UUID first, then words: `123-my-title`, `123_x`, `10.0.0.1` | `:id` |
| … with a suffix or verb: `12.json`, `12-my-title.html`, `12:cancel` | `:id.json`, `:id.html`, `:id:cancel` |
| id inside a word: `app-3f9ab1c2d4.js`, `top-202611` (six digits; in files four) | `app-:id.js`, `top-:id` |
| `2026-11-21`, `2026_11_21`, `20261121T101500Z`, with or without words after it | `:date` |
| e-mail address | `:email` |
| 20 characters or more that look random, more than 64 characters, control characters | `:token` |

Known edges: a bare compact date (`20261121`) is a number; `7-11-21` is a date, for folding has taken the 7.
A trailing slash is kept: `/a/` and `/a` are two routes, as one of them is often a redirect to the other.
Percent-encoding is never decoded: a Persian title of 70 characters `%D8%A7…` is long, and so `:token`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

NO_PATH: Final = "(no path)"
"""The route of requests whose target is no path: `*`, `host:443`, TLS bytes on a plain port, garbage."""

ELLIPSIS: Final = "…"
"""The last segment of a route that was cut."""

SEGMENTS_MAX: Final = 32
CHARACTERS_MAX: Final = 512
SEGMENT_CHARACTERS_MAX: Final = 64

PLACEHOLDERS: Final = frozenset({":id", ":date", ":email", ":token", ":slug"})
"""What may stand for a whole segment; `:slug` comes from learning only."""

_UUID: Final = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

ID_PATTERN: Final = rf"/(?:{_UUID}|[0-9]+)\b"
"""RE2: a segment that is, or starts with, a UUID or a number.

In SQL: `regexp_replace(path, ID_PATTERN, ID_REPLACEMENT, 'g')`."""

ID_REPLACEMENT: Final = "/:id"

_FOLD = re.compile(ID_PATTERN, re.ASCII)  # RE2's \b knows ASCII only
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,18}")  # shorter than any token, no digit: nothing to look for
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_DAY = r"(?:0[1-9]|1[0-2])[-_](?:0[1-9]|[12][0-9]|3[01])"
_FOLDED_DATE = re.compile(rf":id-{_DAY}(?:T[0-9:.%+-]*Z?)?(?![0-9A-Za-z])")
_DATE = re.compile(
    rf"(?<![0-9A-Za-z%])(?:(?:19|20)[0-9]{{2}}[-_]{_DAY}|[0-9]{{8}}T[0-9]{{4,6}}Z?)(?![0-9A-Za-z])"
)
_ID = re.compile(
    rf"^[0-9]+(?=_)|(?<![0-9A-Za-z%])(?:{_UUID}|[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{{25}}"
    r"|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,}|[0-9]{6,})(?![0-9A-Za-z])"
)
_BUILD_HASH = re.compile(  # index-BxK3q9Za.js, app.411.js; not jquery-1.11.3.js
    r"(?:(?<=[-.])(?=[a-zA-Z]*[0-9])(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])[0-9A-Za-z]{8,20}|(?<=[A-Za-z]\.)[0-9]+)"
    r"(?=(?:\.[a-z]{1,8}){0,2}\.(?:m?js|css|map|wasm)$)"
)
_FILE_NUMBER = re.compile(r"(?<![0-9A-Za-z%])[0-9]{4,}(?![0-9A-Za-z])")  # versions have fewer digits
_LED = re.compile(r"(:(?:id|date|email|token|slug))(?![0-9A-Za-z])")
_VERB = re.compile(r":[A-Za-z]{1,40}")
_SUFFIX = re.compile(r"(?:\.[A-Za-z][A-Za-z0-9]{0,4}){1,3}$")
_DOMAIN = re.compile(  # not icon@2x.png
    r"(?![1-9](?:\.[0-9])?x\.)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}"
)
_RUN = re.compile(r"[0-9A-Za-z]+")
_DIGITS_BY_LETTER = re.compile(r"(?<=[A-Za-z])[0-9]+|[0-9]+(?=[A-Za-z])")
_SWITCH = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_PADDED = re.compile(r"[0-9A-Za-z+_-]{18,}(?:=|%3[Dd]){1,2}")

_REMEMBERED_CHARACTERS_MAX = 1024  # of a path; longer ones are hostile and not worth the memory


def path_of(target: str) -> str:
    """The path of a request target: without query, fragment, scheme and host; otherwise as it came.

    An empty target is "/". A target that is no path (`*`, `host:443`, bytes) is `NO_PATH`.
    """
    if not target.startswith("/"):
        origin = _ORIGIN.match(target)
        if origin is not None:
            target = target[origin.end() :]
        if not target or target[0] in "?#":
            return "/"
        if target[0] != "/":
            return NO_PATH
    return target.partition("?")[0].partition("#")[0]


def fold(path: str) -> str:
    """What `regexp_replace(path, ID_PATTERN, ID_REPLACEMENT, 'g')` does in DuckDB."""
    return _FOLD.sub(ID_REPLACEMENT, path)


def normalise(path: str) -> str:
    """The path with placeholders for the segments in the table above, for a raw or a folded path.

    At most `SEGMENTS_MAX` segments and `CHARACTERS_MAX` characters: a longer one ends in `/…`.
    What doesn't start with a slash is `NO_PATH`. Never raises.
    """
    if not path.startswith("/"):
        return NO_PATH
    segments = path.split("/", SEGMENTS_MAX + 1)
    if len(segments) > SEGMENTS_MAX + 1:
        segments[SEGMENTS_MAX:] = [ELLIPSIS]
    classify = _remembered if len(path) <= _REMEMBERED_CHARACTERS_MAX else _segment
    segments = list(map(classify, segments))
    route = "/".join(segments)
    if len(route) > CHARACTERS_MAX:
        if segments[-1] != ELLIPSIS:
            segments.append(ELLIPSIS)
        while len(route) > CHARACTERS_MAX:
            del segments[-2]
            route = "/".join(segments)
    return route


def fold_segment(segment: str) -> str:
    """What `fold` does to one segment (a path folds segment by segment)."""
    return _FOLD.sub(ID_REPLACEMENT, "/" + segment)[1:]


def _segment(raw: str) -> str:
    if not raw or raw in PLACEHOLDERS or _WORD.fullmatch(raw):
        return raw
    if _CONTROL.search(raw):
        return ":token"
    segment = fold_segment(raw)
    session = segment.lower().find(";jsessionid=")
    if session >= 0:  # Java's query string in the path
        segment = segment[:session]
    if _is_email(segment):
        return ":email"
    segment = _FOLDED_DATE.sub(":date", segment, count=1) if segment.startswith(":id-") else segment
    segment = _BUILD_HASH.sub(":id", _ID.sub(":id", _DATE.sub(":date", segment)))
    suffix = _SUFFIX.search(segment[-18:])
    ending = suffix.group() if suffix else ""
    if ending:
        segment = _FILE_NUMBER.sub(":id", segment)
    led = _LED.match(segment)
    if led is not None:
        rest = segment[led.end() :]
        return segment if _VERB.fullmatch(rest) else led.group() + ending
    stem = segment[: len(segment) - len(ending)]
    return ":token" + ending if _is_token(stem) else segment


_remembered = lru_cache(maxsize=16_384)(_segment)


def _is_email(segment: str) -> bool:
    name, at, domain = segment.replace("%40", "@").partition("@")
    return bool(name and at) and _DOMAIN.fullmatch(domain) is not None


def _is_token(stem: str) -> bool:
    """Long, or 20 characters and more that no one would type: digits between letters, again and again.

    `getUserByIdAndName2`, `http_session_duration_95p` and `galaxy-s8-vs-iphone-x8` are words.
    """
    if len(stem) < 20:
        return False
    if len(stem) > SEGMENT_CHARACTERS_MAX or _PADDED.fullmatch(stem):
        return True
    if len(_DIGITS_BY_LETTER.findall(stem)) < 2:
        return False
    if any(len(run) >= 20 and len(_DIGITS_BY_LETTER.findall(run)) >= 2 for run in _lower_runs(stem)):
        return True
    return 10 * len(_SWITCH.findall(stem)) >= 3 * len(stem)


def _lower_runs(stem: str) -> list[str]:
    """Runs of letters and digits in one case: camel case has upper-case letters for a reason."""
    return [run for run in _RUN.findall(stem) if run == run.lower() or run == run.upper()]
