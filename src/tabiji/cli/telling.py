"""What log files could not be read as → words, and texts from outside → texts that a terminal may show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tabiji.cli import output

if TYPE_CHECKING:
    from tabiji.discovery import Unrecognised

DESCRIPTIONS = {
    "nginx": "any `log_format` of nginx, as text or JSON; `combined` by default",
    "json": "any JSON, one object a line; `fields:` says which key holds what",
    "apache": "Apache httpd: `common`, `combined`, or any `LogFormat`",
    "alb": "AWS Application Load Balancer access logs",
    "sidekiq": "Sidekiq's JSON formatter: each job, judged on its final outcome",
    "otlp": "spans and log records of OpenTelemetry, as they were pushed",
    "probe": "what Tabiji's own probes found",
}
_AMOUNT = re.compile(r"(\d) (%|d\b|h\b|min\b|s\b|ms\b|\d\d:\d\d\b)")


def tell_unrecognised(one: Unrecognised) -> None:
    """On stderr: what is nearest to a file that no format fits, and what to do about it."""
    path = printable(one.path)
    if one.binary:
        output.say(f"{path}: it is binary, and no log.")
        return
    output.say(f"{path}: no format fits. The nearest:")
    for name, share in one.nearest:
        output.say(f"  {name:8} can read {int(share * 100)} % of its first lines")
    output.say(wrapped(f"It begins: {printable(one.first_line)}"))
    if one.keys:
        output.say(wrapped(f"Its keys: {', '.join(map(printable, one.keys[:20]))}."))
        output.say("Say which of them hold the time, the status and so on, for example")
        output.say(f"  tabiji discover --format json --field time=KEY --field status=KEY {path}")
    else:
        output.say("If your web server writes it in a format of its own, give that, for example")
        output.say(f"  tabiji discover --format nginx --log-format '$remote_addr … $request_time' {path}")


def printable(text: str) -> str:
    """A text from outside without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def wrapped(text: str, indent: str = "") -> str:
    """A text over lines as wide as the terminal. A number and its unit, or a date and its time, stay together."""
    import textwrap

    width = output.console().width
    filled = textwrap.fill(
        _AMOUNT.sub("\\1\N{NO-BREAK SPACE}\\2", text),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace("\N{NO-BREAK SPACE}", " ")
