"""The process in which Apprise sends one message: JSON on stdin → JSON on stdout.

Whatever Apprise's services do in Python, they connect by `socket.socket`; so that is where addresses are checked, in
this process only. Answers over HTTP are cut off, as nothing in them is needed.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import json
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabiji.notify import failures
from tabiji.notify.addresses import RefusedAddressError, is_named, may_reach, resolved
from tabiji.notify.http import ANSWER_BYTES_MAX

SECONDS = 30  # after which nobody waits any more


class _Told:
    """What was seen of the outside while Apprise sent: the reason, where it says no."""

    reason: str | None = None
    retry_after: str | None = None


def main() -> None:
    """Sends what is asked for on stdin, and says on stdout what came of it."""
    signal.alarm(SECONDS)
    asked = json.load(sys.stdin)
    told = _Told()
    # what libraries print is nobody's business
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        _guard_sockets(tuple(asked["allowed"]), told)
        _cut_answers(told)
        sent = _sent(asked, told)
    reason = told.reason or failures.NOT_TAKEN
    json.dump({"sent": sent, "reason": reason, "retry_after": told.retry_after}, sys.stdout)


def _sent(asked: dict[str, Any], told: _Told) -> bool:
    import apprise

    logging.disable(logging.CRITICAL)
    asset = apprise.AppriseAsset(
        app_id="Tabiji",
        app_desc="Tabiji",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        http_redirects=False,
        interpret_escapes=False,
        interpret_emojis=False,
        pgp_autogen=False,
        pem_autogen=False,
    )
    service = apprise.Apprise.instantiate(asked["url"], asset=asset)
    if service is None:
        told.reason = failures.UNKNOWN_URL
        return False
    _thread(service, asked["thread"])
    if service.overflow_mode == apprise.OverflowMode.UPSTREAM:  # what is still too long once it is escaped
        service.overflow_mode = apprise.OverflowMode.SPLIT
    notifying = apprise.Apprise(asset=asset)
    notifying.add(service)
    with tempfile.TemporaryDirectory() as folder:
        image = None
        if asked["image"] is not None:
            image = Path(folder) / "chart.png"
            image.write_bytes(base64.b64decode(asked["image"]))
        return bool(
            notifying.notify(
                title=asked["title"],
                body=_fitting(asked["body"], asked["links"], service.body_maxlen - len(asked["title"]) - 2),
                notify_type=asked["kind"],
                body_format=apprise.NotifyFormat.TEXT,
                attach=None if image is None else str(image),
            )
        )


def _fitting(text: str, links: str, longest: int) -> str:
    """Text and links, the text cut off where a service takes no more."""
    room = max(0, longest - len(links) - 2)
    if len(text) > room:
        text = f"{text[: room - 1]}…" if room > 1 else ""
    return "\n\n".join(part for part in (text, links) if part)


def _thread(service: Any, thread: str) -> None:
    """Lets pagers know what belongs together, so that what is over closes what was opened.

    What the URL says of it is left as it is.
    """
    name = type(service).__name__
    if name == "NotifyPagerDuty" and service.dedup is None:
        service.dedup, service.action = thread, "map"
    elif name == "NotifyOpsgenie" and not service.alias and not service.entity:
        service.alias = thread
    elif name == "NotifySplunk" and service.entity_id == f"{service.app_id}/{service.routing_key}":
        service.entity_id = thread


def _guard_sockets(allowed: Sequence[str], told: _Told) -> None:
    """From here on every socket of this process connects to checked addresses only."""
    named: set[str] = set()  # addresses of hosts that are allowed by name
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    sendto, getaddrinfo = socket.socket.sendto, socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **more: Any) -> Any:
        try:
            found = getaddrinfo(host, *rest, **more)
        except OSError:
            told.reason = failures.NO_NAME
            raise
        text = host.decode() if isinstance(host, bytes) else host
        if text and is_named(text, allowed):
            named.update(str(entry[4][0]) for entry in found)
        return found

    def checked(of: socket.socket, address: Any) -> Any:
        if of.family not in (socket.AF_INET, socket.AF_INET6):
            return address  # a socket of this machine's files
        host, port = str(address[0]), int(address[1])
        try:
            if not _is_address(host):
                host = resolved(host, port, allowed)[0][0]
            elif host not in named and not may_reach(host, allowed):
                raise RefusedAddressError(host)
        except RefusedAddressError as error:
            told.reason = str(error)
            raise
        return (host, *address[1:])

    def guarded_connect(self: socket.socket, address: Any) -> None:
        target = checked(self, address)
        try:
            connect(self, target)
        except OSError as error:
            refused = isinstance(error, ConnectionError)
            told.reason = failures.REFUSES if refused else failures.UNREACHABLE
            raise

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        return connect_ex(self, checked(self, address))

    def guarded_sendto(self: socket.socket, content: Any, *rest: Any) -> int:
        *flags, address = rest
        target = checked(self, address)
        return sendto(self, content, flags[0], target) if flags else sendto(self, content, target)

    parts: tuple[tuple[Any, str, Any], ...] = (
        (socket, "getaddrinfo", look_up),
        (socket.socket, "connect", guarded_connect),
        (socket.socket, "connect_ex", guarded_connect_ex),
        (socket.socket, "sendto", guarded_sendto),
    )
    for holder, name, guarded in parts:
        setattr(holder, name, guarded)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _cut_answers(told: _Told) -> None:
    """Answers to requests are read up to their limit; what they say is noted."""
    from requests.adapters import HTTPAdapter

    send: Any = HTTPAdapter.send

    def cut(self: HTTPAdapter, request: Any, **options: Any) -> Any:
        response = send(self, request, **{**options, "stream": True})
        body = response.raw.read(ANSWER_BYTES_MAX, decode_content=True)
        response.raw.close()
        response._content, response._content_consumed = body, True
        if response.status_code >= 300:
            told.reason = failures.ANSWERED.format(status=response.status_code)
            told.retry_after = response.headers.get("Retry-After")
        return response

    holder: Any = HTTPAdapter
    holder.send = cut


if __name__ == "__main__":
    main()
