"""The shape of `notifications:` → receivers, and who in which team is told what; every fault noted.

What a variable holds is never repeated, and no line in which a receiver stands is shown beside a fault: people put
secrets there, where they don't belong.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urlsplit

from tabiji import windows
from tabiji.definitions import receivers, shapes
from tabiji.definitions.documents import Document, Loc
from tabiji.definitions.known import check_names
from tabiji.definitions.sites import Site, check_name, time_zone
from tabiji.language import _, either, listed
from tabiji.notices import Channel, Duty, Notifications, Quiet, Receiver

REMIND_MINUTES_MAX = 7 * windows.DAY
WEEKDAYS: tuple[receivers.Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# channel → the keys it needs, and those that it may have; all of them may have a language
OPTIONS: Mapping[Channel, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "apprise": ((), ()),
    "alertmanager": ((), ()),
    "webhook": ((), ("secret",)),
    "github": (("token",), ("url",)),
    "jira": (("project", "user", "token"), ("type",)),
    "backlog": (("project", "key"), ("type",)),
}
SECRETS = ("secret", "token", "key")
_EXAMPLES: Mapping[Channel, str] = {
    "apprise": "slack://${SLACK}",
    "alertmanager": "http://alertmanager:9093",
    "webhook": "https://example.com/hook",
    "github": "owner/repo",
    "jira": "https://example.atlassian.net",
    "backlog": "https://example.backlog.com",
}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}://.", re.IGNORECASE | re.DOTALL)
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_.-]{1,100}")
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


@dataclass(frozen=True, slots=True)
class _Reading:
    """Where faults go, and what variables hold; None where nobody will be told anything."""

    document: Document
    environment: Mapping[str, str] | None


def with_notifications(
    site: Site, document: Document, shape: shapes.Site, environment: Mapping[str, str] | None
) -> Site:
    """The site with what it says of messages. What has a fault is noted in the document and left out.

    Without an environment variables stay as they are written: of definitions of the past, that tell nobody. A
    variable that the environment lacks is no fault, for only who sends needs it: it is in the receiver's `unset`.
    """
    reading = _Reading(document, environment)
    found = shape.notifications or receivers.Notifications.model_validate({})
    there_are = {
        name: _receiver(reading, ("notifications", "receivers", name), name, one)
        for name, one in (found.receivers or {}).items()
    }
    named = None if document.left_out(("notifications", "receivers")) else list(there_are)
    default = _duty(document, ("notifications",), found, Duty(), named, site.timezone)
    notifications = Notifications(
        address=_pages(document, found.address),
        receivers=tuple(one for one in there_are.values() if one is not None),
        default=default,
        allowed=_allowed(document, found.allow or ()),
    )
    teams = tuple(
        replace(team, duty=_team_duty(document, team.name, shape, default, named, site.timezone))
        for team in site.teams
    )
    _hide(document)
    return replace(site, notifications=notifications, teams=teams)


def _hide(document: Document) -> None:
    """Faults of receivers go without the line in which they are."""
    place = document.places.get(("notifications", "receivers"))
    if place is None:
        return
    key = document.keys[("notifications", "receivers")]
    below = [
        one.end_line for loc, one in document.places.items() if loc[:2] == ("notifications", "receivers")
    ]
    lines = range(key.line + 1, max(below) + 2)  # faults count from 1
    document.faults[:] = [
        replace(fault, source="") if fault.line in lines else fault for fault in document.faults
    ]


# Receivers


def _receiver(reading: _Reading, loc: Loc, name: str, shape: receivers.Receiver) -> Receiver | None:
    document = reading.document
    check_name(document, loc, name, _("a receiver"))
    channels = [one for one in OPTIONS if getattr(shape, one) is not None]
    if len(channels) != 1:
        if not document.left_out(loc):
            one_of = listed(f"`{one}`" for one in OPTIONS)
            message = _("a receiver has one of {channels}", channels=one_of)
            if channels:
                message = _("a receiver has only one of {channels}", channels=one_of)
            document.blame(loc, message, key=True)
        return None
    channel = channels[0]
    needs, may = OPTIONS[channel]
    written = {
        key: value
        for key, value in shape.model_dump(exclude={*OPTIONS, "language"}).items()
        if value is not None
    }
    sound = True
    for key in written:
        if key not in (*needs, *may):
            where = [one for one, (all_need, all_may) in OPTIONS.items() if key in (*all_need, *all_may)]
            others = either(f"`{one}`" for one in where)
            document.blame((*loc, key), _("`{key}` goes with {others}", key=key, others=others), key=True)
            sound = False
    for key in needs:
        if key not in written:
            if not document.left_out((*loc, key)):
                document.blame(loc, _("`{name}` needs `{key}`", name=channel, key=key), key=True)
            sound = False
    for key in SECRETS:
        if key in written and not _VARIABLE.search(written[key]):
            variable = re.sub(r"\W", "_", f"{name}_{key}").upper()
            line = f"{key}: ${{{variable}}}"
            message = _(
                "a secret does not belong in a file: write `{line}` and put it in the environment", line=line
            )
            document.blame((*loc, key), message)
            sound = False
    address, unset, known = _expanded(reading, getattr(shape, channel))
    if known and not _is_address(channel, address):
        message = _(
            "this is not what `{channel}` takes; write for example `{example}`",
            channel=channel,
            example=_EXAMPLES[channel],
        )
        document.blame((*loc, channel), message)
        sound = False
    options = []
    for key, value in written.items():
        text, missing, known = _expanded(reading, value)
        if known and not _is_option(key, text):
            message = _("this is no {key}", key=key) if text else _("`{key}` is empty", key=key)
            document.blame((*loc, key), message)
            sound = False
        options.append((key, text))
        unset += missing
    if not sound or document.left_out(loc):
        return None
    return Receiver(name, channel, address, tuple(options), shape.language, tuple(dict.fromkeys(unset)))


def _expanded(reading: _Reading, written: str) -> tuple[str, tuple[str, ...], bool]:
    """A text with its variables replaced, those that the environment lacks, and whether that is all known."""
    names = tuple(_VARIABLE.findall(written))
    if reading.environment is None:
        return written, (), not names
    environment = reading.environment
    missing = tuple(name for name in names if not environment.get(name))
    if missing:
        return written, missing, False
    return _VARIABLE.sub(lambda variable: environment[variable[1]], written).strip(), (), True


def _is_address(channel: Channel, address: str) -> bool:
    if channel == "apprise":
        return _SCHEME.match(address) is not None
    if channel == "github":
        return _REPOSITORY.fullmatch(address) is not None
    return _web_address(address) is not None


def _is_option(key: str, text: str) -> bool:
    if key == "url":
        return _web_address(text) is not None
    if key == "project":
        return _PROJECT.fullmatch(text) is not None
    return bool(text) and text.isprintable()


def _web_address(text: str) -> SplitResult | None:
    """The parts of an address of the web; None for anything else."""
    if not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _pages(document: Document, written: str | None) -> str | None:
    """Where people reach the pages, without a slash at its end."""
    if written is None:
        return None
    parts = _web_address(written)
    if parts is None or parts.query or parts.fragment or parts.username is not None:
        message = _("an address of pages is such as `https://tabiji.example.com`")
        document.blame(("notifications", "address"), message)
        return None
    return written.rstrip("/")


def _allowed(document: Document, written: Sequence[str]) -> tuple[str, ...]:
    """Networks and host names, as they can be compared."""
    allowed = []
    for i, one in enumerate(written):
        try:
            allowed.append(str(ipaddress.ip_network(one, strict=False)))
        except ValueError:
            if "/" in one or one.replace(".", "").isdecimal() or not _HOST.fullmatch(one):
                message = _(
                    "`{written}` is neither a network, such as `10.0.0.0/8`, nor the name of a host",
                    written=one,
                )
                document.blame(("notifications", "allow", i), message)
            else:
                allowed.append(one.lower())
    return tuple(allowed)


# Who is told what


def _team_duty(
    document: Document, team: str, shape: shapes.Site, default: Duty, named: Sequence[str] | None, zone: str
) -> Duty | None:
    """None where a team says nothing of its own."""
    written = (shape.teams or {}).get(team)
    keys = ("page", "ticket", "information", "quiet", "remind")
    if written is None or all(getattr(written, key) is None for key in keys):
        return None
    return _duty(document, ("teams", team), written, default, named, zone)


def _duty(
    document: Document,
    loc: Loc,
    shape: receivers.Notifications | shapes.Team,
    default: Duty,
    named: Sequence[str] | None,
    zone: str,
) -> Duty:
    """What is written here, the default for the rest. `named`: the receivers, None where not all are known."""

    def of(key: str, written: list[str] | None, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        if written is None:
            return otherwise
        if named is not None:
            check_names(document, (*loc, key), written, named, _("a receiver"))
        return tuple(written)

    quiet = default.quiet if shape.quiet is None else _quiet(document, (*loc, "quiet"), shape.quiet, zone)
    return Duty(
        page=of("page", shape.page, default.page),
        ticket=of("ticket", shape.ticket, default.ticket),
        information=of("information", shape.information, default.information),
        quiet=quiet,
        remind_minutes=_remind(document, (*loc, "remind"), shape.remind, default.remind_minutes),
    )


def _remind(document: Document, loc: Loc, written: str | None, default: int | None) -> int | None:
    if written is None:
        return default
    if written == "never":
        return None
    try:
        minutes = windows.parse_minutes(written)
    except ValueError as error:
        document.blame(loc, _("{error}, or `never`", error=error))
        return default
    if minutes > REMIND_MINUTES_MAX:
        longest = windows.format_minutes(REMIND_MINUTES_MAX)
        message = _(
            "`{written}` is too long: at most `{longest}`, or `never`", written=written, longest=longest
        )
        document.blame(loc, message)
    return minutes


def _quiet(document: Document, loc: Loc, shape: receivers.Quiet, zone: str) -> Quiet | None:
    minutes = []
    for key, written in (("from", shape.start), ("to", shape.to)):
        if written is None:
            if not document.left_out((*loc, key)):
                message = _("`quiet` needs `{key}`, such as `22:00`", key=key)
                document.blame((*loc, key), message, key=True)
        elif match := _TIME.fullmatch(written):
            minutes.append(int(match[1]) * 60 + int(match[2]) if match[1] else 0)
        else:
            message = _("`{written}` is not a time of the day; write for example `22:00`", written=written)
            document.blame((*loc, key), message)
    if len(minutes) < 2:
        return None
    return Quiet(
        from_minute=minutes[0],
        until_minute=minutes[1],
        timezone=time_zone(document, (*loc, "timezone"), shape.timezone) or zone,
        whole_days=frozenset(WEEKDAYS.index(day) for day in shape.days or ()),
    )
