"""The shape of a source's probes → probes, every fault noted.

Variables in addresses and headers stay as they are written: only who probes needs what they hold. So no secret is in
a definition, nor in the database, where the texts of definitions are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from tabiji import windows
from tabiji.definitions import probe_shapes, shapes
from tabiji.definitions.documents import Document, Loc
from tabiji.language import _, pgettext

FORMAT = "probe"
EVERY_SECONDS_MIN, EVERY_SECONDS_MAX = 5, 86_400
EVERY_SECONDS, WITHIN_MS = 60, 10_000  # where nothing else is said
TEXT_MAX = 1_000
DAYS_MAX = 3_650
PROBES_MAX = 1_000  # of one source
# Keys of a source that say how lines are read, which is settled for probes.
_OF_LINES = ("paths", "log_format", "fields", "latency", "timezone", "routes")
_WITHIN = re.compile(r"([1-9][0-9]{0,5})(ms|s|m)")
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000}
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_SECRET = re.compile(r"authorization|cookie|token|secret|password|(api|access|auth)[-_]?key", re.IGNORECASE)
_TCP = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):([0-9]{1,5}|\$\{[^}]*\})")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Probe:
    """What is asked again and again, by HTTP (`url`) or by opening a connection (`tcp`, host and port).

    `${NAME}` in `url`, `tcp` and the values of `headers` stands for what the environment of who probes holds.
    `statuses` are those expected, none for all below 400; `text` is part of the answer.
    """

    name: str
    every_seconds: int = EVERY_SECONDS
    within_ms: int = WITHIN_MS
    url: str | None = None
    tcp: str | None = None
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    follow: bool = True
    statuses: tuple[int, ...] = ()
    text: str | None = None
    certificate_days: int | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that it takes from the environment."""
        texts = (self.url or "", self.tcp or "", *(value for _, value in self.headers))
        return tuple(dict.fromkeys(name for text in texts for name in _VARIABLE.findall(text)))

    def expanded(self, environment: Mapping[str, str]) -> Probe:
        """The probe with all its variables replaced: it holds secrets then. Raises KeyError for one that is unset."""

        def of(text: str) -> str:
            return _VARIABLE.sub(lambda variable: environment[variable[1]], text)

        return replace(
            self,
            url=None if self.url is None else of(self.url),
            tcp=None if self.tcp is None else of(self.tcp),
            headers=tuple((name, of(value)) for name, value in self.headers),
        )


def as_lines(document: Document, loc: Loc, shape: shapes.Source) -> shapes.Source:
    """A source as it is read: one with probes is of their format. Keys that don't go with probes are faults."""
    if shape.probes is None:
        return shape
    for key in _OF_LINES:
        if getattr(shape, key) is not None:
            message = _("`{key}` does not go with `probes`; make two sources of it", key=key)
            document.blame((*loc, key), message, key=True)
    if shape.format not in (None, FORMAT):
        message = _("the format of probes is `{format}`: leave `format` out", format=FORMAT)
        document.blame((*loc, "format"), message)
    if shape.kind not in (None, FORMAT):
        document.blame((*loc, "kind"), _("the kind of probes is `{kind}`: leave `kind` out", kind=FORMAT))
    return shape.model_copy(update={"format": FORMAT, "kind": None, **dict.fromkeys(_OF_LINES)})


def probes(document: Document, loc: Loc, shape: shapes.Source) -> tuple[Probe, ...]:
    """The probes of a source. What has a fault is noted in the document."""
    loc = (*loc, "probes")
    written = shape.probes
    if written is None:
        return ()
    if not written and not document.left_out(loc):
        message = _("there is no probe here; write for example `top: {url: https://example.com}`")
        document.blame(loc, message)
    if len(written) > PROBES_MAX:
        message = _("a source has at most {most} probes; make several sources of them", most=PROBES_MAX)
        document.blame(loc, message, key=True)
    found = tuple(_probe(document, (*loc, name), name, one) for name, one in written.items())
    _hide(document, loc)
    return found


def _probe(document: Document, loc: Loc, name: str, shape: probe_shapes.Probe) -> Probe:
    if not re.match(shapes.NAME, name):
        message = _(
            "`{name}` can't name {noun}; use letters, digits, `-`, `_` and `.`", name=name, noun=_("a probe")
        )
        document.blame(loc, message, key=True)
    expect = shape.expect or probe_shapes.Expect.model_validate({})
    every = _every(document, (*loc, "every"), shape.every)
    _check_asked(document, loc, shape)
    for header, value in (shape.headers or {}).items():
        _check_header(document, (*loc, "headers", header), name, header, value)
    text = expect.text
    if text is not None and not 1 <= len(text) <= TEXT_MAX:
        message = _("a text has 1 to {most} characters", most=TEXT_MAX)
        document.blame((*loc, "expect", "text"), message)
    if text is not None and shape.method == "HEAD":
        message = _("an answer to HEAD has no text; use `method: GET`")
        document.blame((*loc, "expect", "text"), message, key=True)
    return Probe(
        name=name,
        every_seconds=every,
        within_ms=_within(document, (*loc, "within"), shape.within, every),
        url=shape.url,
        tcp=shape.tcp,
        method=shape.method or "GET",
        headers=tuple((shape.headers or {}).items()),
        follow=_truth(document, (*loc, "follow"), shape.follow),
        statuses=tuple(_statuses(document, (*loc, "expect", "status"), expect.status)),
        text=text,
        certificate_days=_days(
            document, (*loc, "expect", "certificate_days"), expect.certificate_days, shape
        ),
    )


def _check_asked(document: Document, loc: Loc, shape: probe_shapes.Probe) -> None:
    """Either a url or a tcp; and only keys that go with it."""
    if (shape.url is None) == (shape.tcp is None):
        if not document.left_out(loc):
            if shape.url is not None:
                message = _("a probe has only one of `url` and `tcp`")
            else:
                message = _("a probe needs one of `url` and `tcp`")
            document.blame(loc, message, key=True)
        return
    if shape.tcp is not None:
        match = _TCP.fullmatch(shape.tcp)
        if not match or (match[2].isdecimal() and not 1 <= int(match[2]) <= 65_535):
            document.blame((*loc, "tcp"), _("write a host and a port, such as `db.internal:5432`"))
        for key in ("method", "headers", "follow", "expect"):
            if getattr(shape, key) is not None:
                document.blame((*loc, key), _("`{key}` goes with `url`, not with `tcp`", key=key), key=True)
        return
    fault = _address_fault(_VARIABLE.sub("1", shape.url or ""))
    if fault is not None:
        document.blame((*loc, "url"), fault)


def _address_fault(url: str) -> str | None:
    no_address = _("this is not an address of the web; write for example `https://example.com/health`")
    if not url.isprintable() or " " in url or "\\" in url:
        return no_address
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError as error:
        return _("this is not an address of the web: {error}", error=error)
    if parts.username is not None or parts.password is not None:
        return _(
            "no user and password in an address: send them as a header, such as `Authorization: ${NAME}`"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return no_address
    return None


def _check_header(document: Document, loc: Loc, probe: str, name: str, value: str) -> None:
    if not _HEADER.fullmatch(name):
        document.blame(loc, _("this is not the name of a header"), key=True)
    elif name.lower() in ("content-length", "transfer-encoding", "connection"):
        document.blame(loc, _("`{name}` is set by the client", name=name), key=True)
    elif _SECRET.search(name) and not _VARIABLE.search(value):
        variable = re.sub(r"\W", "_", f"{probe}_{name}").upper()
        line = f"{name}: ${{{variable}}}"
        message = _(
            "a secret does not belong in a file: write `{line}` and put it in the environment", line=line
        )
        document.blame(loc, message)
    elif not value.isascii() or not value.isprintable():
        document.blame(loc, _("the value of a header is of printable ASCII characters"))


def _every(document: Document, loc: Loc, written: str | None) -> int:
    if written is None:
        return EVERY_SECONDS
    try:
        seconds = windows.parse_duration(written)
    except ValueError as error:
        document.blame(loc, str(error))
        return EVERY_SECONDS_MAX
    if not EVERY_SECONDS_MIN <= seconds <= EVERY_SECONDS_MAX:
        document.blame(loc, _("`every` is from 5s to 1d"))
        return EVERY_SECONDS_MAX
    return seconds


def _within(document: Document, loc: Loc, written: str | None, every_seconds: int) -> int:
    if written is None:
        return min(WITHIN_MS, every_seconds * 500)
    match = _WITHIN.fullmatch(written)
    if not match:
        message = _("`{written}` is not a time limit; write for example `5s` or `800ms`", written=written)
        document.blame(loc, message)
        return WITHIN_MS
    within_ms = int(match[1]) * _UNITS_MS[match[2]]
    if within_ms >= every_seconds * 1_000:
        every = windows.format_duration(every_seconds)
        message = _(
            "`{written}` is not less than `every`, {every}: a probe would overtake itself",
            written=written,
            every=every,
        )
        document.blame(loc, message)
    return within_ms


def _truth(document: Document, loc: Loc, written: str | None) -> bool:
    if written is not None and written.lower() not in ("true", "false"):
        what = pgettext("the value of a key", "`{key}`", key="follow")
        document.blame(loc, _("{what} must be `true` or `false`", what=what))
    return written is None or written.lower() != "false"


def _statuses(document: Document, loc: Loc, written: list[str] | None) -> Iterator[int]:
    if written is not None and not written:
        document.blame(loc, _("no status is expected here; leave `status` out for all below 400"))
    for at, one in enumerate(written or ()):
        if re.fullmatch(r"[1-5][0-9]{2}", one):
            yield int(one)
        else:
            message = _("`{written}` is not a status; write for example `200` or `[200, 302]`", written=one)
            document.blame((*loc, at), message)


def _days(document: Document, loc: Loc, written: str | None, shape: probe_shapes.Probe) -> int | None:
    if written is None:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", written) or int(written) > DAYS_MAX:
        message = _("`{written}` is not a number of days, from 0 to {most}", written=written, most=DAYS_MAX)
        document.blame(loc, message)
        return None
    if shape.url is not None and not shape.url.lower().startswith(("https:", "${")):
        document.blame(loc, _("only an `https` address has a certificate"), key=True)
    return int(written)


def _hide(document: Document, loc: Loc) -> None:
    """Faults go without their line where it holds a header's value or an address's query: people put secrets there."""
    hidden: set[int] = set()
    for at, node in document.places.items():
        of_header = len(at) == len(loc) + 3 and at[-2] == "headers"
        of_query = len(at) == len(loc) + 2 and at[-1] == "url" and ("?" in node.text or "@" in node.text)
        if at[: len(loc)] == loc and (of_header or of_query):
            hidden.update(range(node.line + 1, node.end_line + 2))  # faults count from 1
    document.faults[:] = [
        replace(fault, source="") if fault.line in hidden else fault for fault in document.faults
    ]
