"""What a process that serves has to say → stderr: a JSON object a line, or plain text on a terminal; no secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, TextIO
from urllib.parse import quote, unquote, urlsplit

from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.definitions import Site

HIDDEN = "[hidden]"
log = logging.getLogger("tabiji")
SHORTEST = 4  # shorter values stand in too many words to be hidden
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_STORE = re.compile(
    r"^store:.*$", re.MULTILINE
)  # of its variables only the password is a secret: it is in the address
_TOKEN = re.compile(r"tabiji_[A-Za-z0-9_-]{16,}")  # of programs that ask or push
SECRETS = ("secret", "token", "key")  # options of receivers
_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class Journal(logging.Formatter):
    """Records → lines, without the secrets that it was told of, in whatever they stand: tracebacks as well."""

    def __init__(self, secrets: Iterable[str] = (), *, plain: bool = False) -> None:
        super().__init__()
        self._plain = plain
        self._secrets: tuple[str, ...] = ()
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Hides these from now on, besides those before: definitions that changed may name others."""
        found = {one for one in secrets if len(one) >= SHORTEST} | set(self._secrets)
        self._secrets = tuple(sorted(found, key=lambda one: (-len(one), one)))

    def format(self, record: logging.LogRecord) -> str:
        """One line; on a terminal a traceback stands in lines of its own."""
        fault = self.formatException(record.exc_info) if record.exc_info else None
        fields = {key: value for key, value in vars(record).items() if key not in _KNOWN}
        if self._plain:
            at = time.strftime("%H:%M:%S", time.localtime(record.created))
            level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
            more = "".join(f" {key}={value}" for key, value in fields.items())
            return self._clean(f"{at} {level}{_said(record)}{more}" + (f"\n{fault}" if fault else ""))
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage()),
            **{key: self._value(value) for key, value in fields.items()},
        }
        if fault is not None:
            line["exception"] = self._clean(fault)
        return json.dumps(line, ensure_ascii=False)

    def _value(self, value: object) -> object:
        return value if isinstance(value, int | float) or value is None else self._clean(str(value))

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _TOKEN.sub(HIDDEN, text)


def begin(secrets: Iterable[str], stream: TextIO | None = None) -> Journal:
    """Lets all that is logged, warned of, or raised and caught by nobody, go to stderr (or `stream`).

    What other parts have to say is heard from warnings on: some would log every address that they ask.
    """
    target = sys.stderr if stream is None else stream
    journal = Journal(secrets, plain=target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(journal)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("tabiji").setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a pipe that is closed is no reason to end
    sys.excepthook = _raised
    threading.excepthook = _raised_in_a_thread
    return journal


def secrets_of(site: Site, environment: Mapping[str, str]) -> set[str]:
    """What must never be shown, as it stands and as it may be written: the store's password, what variables in
    the definitions stand for, and all that leads to a receiver."""
    found = set()
    password = urlsplit(site.store).password
    if password:
        found.add(unquote(password))
    for path, text in site.files:
        rest = _STORE.sub("", text) if path == "tabiji.yaml" else text
        found |= {environment.get(name, "") for name in _VARIABLE.findall(rest)}
    for receiver in site.notifications.receivers:
        if receiver.channel in ("apprise", "webhook"):  # who knows the address may send to it
            found.add(receiver.address)
        found |= {value for name, value in receiver.options if name in SECRETS}
    shapes = {form(one) for one in found for form in (str, quote, lambda one: quote(one, safe=""), _escaped)}
    return shapes - {""}


def _said(record: logging.LogRecord) -> str:
    """What a record says, in the language that is spoken: on a terminal somebody reads it."""
    said = _(str(record.msg))
    return said % record.args if record.args else said


def _escaped(text: str) -> str:
    """As it stands in JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _raised(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("it ends by a fault of its own", exc_info=(kind, error, trace))


def _raised_in_a_thread(raised: threading.ExceptHookArgs) -> None:
    if raised.exc_value is not None and raised.exc_type is not SystemExit:
        name = raised.thread.name if raised.thread else "a thread"
        log.critical(
            "%s ends by a fault of its own",
            name,
            exc_info=(raised.exc_type, raised.exc_value, raised.exc_traceback),
        )
