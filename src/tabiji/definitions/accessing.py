"""The shape of `access:` → who may see the pages and who may change what; every fault noted.

What a variable holds is never repeated, and no line of `oidc` is shown beside a fault: people put secrets there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from tabiji.definitions import access_shapes, shapes
from tabiji.definitions.access import GROUPS_CLAIM, SCOPES, Access, Oidc, Proxy
from tabiji.definitions.documents import Document, Loc
from tabiji.definitions.known import Known, check_teams, required
from tabiji.language import N_, _

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def access(document: Document, shape: shapes.Site, environment: Mapping[str, str] | None) -> Access:
    """What `access:` says. What has a fault is noted in the document and left out.

    A variable that the environment lacks is no fault, for only who serves needs it: it is in `Oidc.unset`.
    """
    found = shape.access
    if found is None:
        return Access()
    made = Access(
        anonymous=bool(found.anonymous),
        oidc=None if found.oidc is None else _oidc(document, found.oidc, environment),
        proxy=None if found.proxy is None else _proxy(document, found.proxy),
        admins=_people(document, ("access", "admins"), found.admins or ()),
        members=tuple(
            (team, _people(document, ("access", "members", team), people))
            for team, people in (found.members or {}).items()
        ),
        frames=_frames(document, found.frames or ()),
    )
    _hide(document)
    return made


def _hide(document: Document) -> None:
    """Faults of `oidc` go without the line in which they are."""
    key = document.keys.get(("access", "oidc"))
    if key is None:
        return
    below = [one.end_line for loc, one in document.places.items() if loc[:2] == ("access", "oidc")]
    lines = range(key.line + 1, max(below) + 2)  # faults count from 1
    document.faults[:] = [
        replace(fault, source="") if fault.line in lines else fault for fault in document.faults
    ]


def check_members(document: Document, found: Access, known: Known) -> None:
    """Whether the teams that have members are teams."""
    for team, _people in found.members:
        check_teams(document, ("access", "members", team), [team], known)


def _oidc(
    document: Document, shape: access_shapes.Oidc, environment: Mapping[str, str] | None
) -> Oidc | None:
    loc: Loc = ("access", "oidc")
    sound = required(document, loc, shape, ("issuer", "client_id", "client_secret"), N_("`oidc`"))
    if shape.issuer and not _is_issuer(shape.issuer):
        document.blame(
            (*loc, "issuer"),
            _("an issuer is such as `https://id.example.com`, without a query, and with https"),
        )
        sound = False
    unset: tuple[str, ...] = ()
    secret = shape.client_secret or ""
    names = _VARIABLE.findall(secret)
    if secret and not names:
        document.blame(
            (*loc, "client_secret"),
            _(
                "a secret does not belong in a file: write `{written}` and put it in the environment",
                written="client_secret: ${OIDC_CLIENT_SECRET}",
            ),
        )
        sound = False
    elif environment is not None:
        unset = tuple(dict.fromkeys(name for name in names if not environment.get(name)))
        if not unset:
            secret = _VARIABLE.sub(lambda variable: environment[variable[1]], secret)
    scopes = tuple(shape.scopes or SCOPES)
    for i, scope in enumerate(scopes):
        if not _SCOPE.fullmatch(scope):
            document.blame((*loc, "scopes", i), _("`{written}` is no scope", written=scope))
            sound = False
    if "openid" not in scopes:
        scopes = ("openid", *scopes)
    if not sound or document.left_out(loc):
        return None
    return Oidc(
        (shape.issuer or "").rstrip("/"),
        shape.client_id or "",
        secret,
        shape.groups_claim or GROUPS_CLAIM,
        scopes,
        unset,
    )


def _is_issuer(written: str) -> bool:
    try:
        parts = urlsplit(written)
        _port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.query or parts.fragment or parts.username is not None or " " in written:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _proxy(document: Document, shape: access_shapes.Proxy) -> Proxy | None:
    loc: Loc = ("access", "proxy")
    sound = required(document, loc, shape, ("user_header",), N_("`proxy`"))
    if not shape.peers and not document.left_out((*loc, "from")):
        document.blame(loc, _("`proxy` needs `from`: the addresses that it asks from"), key=True)
        sound = False
    for key, header in (("user_header", shape.user_header), ("groups_header", shape.groups_header)):
        if header and not _HEADER.fullmatch(header):
            document.blame((*loc, key), _("`{written}` is not the name of a header", written=header))
            sound = False
    peers = []
    for i, written in enumerate(shape.peers or ()):
        try:
            peers.append(str(ipaddress.ip_network(written, strict=False)))
        except ValueError:
            document.blame(
                (*loc, "from", i),
                _("`{written}` is not a network, such as `10.0.0.0/8` or `127.0.0.1`", written=written),
            )
            sound = False
    if not sound or document.left_out(loc):
        return None
    header = shape.groups_header
    return Proxy((shape.user_header or "").lower(), None if header is None else header.lower(), tuple(peers))


def _frames(document: Document, written: Iterable[str]) -> tuple[str, ...]:
    found = []
    for i, one in enumerate(written):
        if _ORIGIN.fullmatch(one):
            found.append(one)
        else:
            said = _(
                "`{written}` is not the origin of a site, such as `https://wiki.example.com`", written=one
            )
            document.blame(("access", "frames", i), said)
    return tuple(found)


def _people(document: Document, loc: Loc, written: Iterable[str]) -> tuple[str, ...]:
    found: list[str] = []
    for i, one in enumerate(written):
        if not one.strip() or not one.isprintable():
            document.blame((*loc, i), _("this names nobody"))
        elif one.casefold() in (known.casefold() for known in found):
            document.blame((*loc, i), _("`{written}` is here twice", written=one))
        else:
            found.append(one)
    return tuple(found)
