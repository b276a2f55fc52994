"""What log files could not be read as → words, and texts from outside → texts that a terminal may show."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from tabiji.cli import output
from tabiji.cli.wrapping import fill, is_wide
from tabiji.language import N_, _, listed

if TYPE_CHECKING:
    from tabiji.discovery import Unrecognised

DESCRIPTIONS = {
    "nginx": N_("any `log_format` of nginx, as text or JSON; `combined` by default"),
    "json": N_("any JSON, one object a line; `fields:` says which key holds what"),
    "apache": N_("Apache httpd: `common`, `combined`, or any `LogFormat`"),
    "alb": N_("AWS Application Load Balancer access logs"),
    "sidekiq": N_("Sidekiq's JSON formatter: each job, judged on its final outcome"),
    "otlp": N_("spans and log records of OpenTelemetry, as they were pushed"),
    "probe": N_("what Tabiji's own probes found"),
}
_AMOUNT = re.compile(r"(\d) (%|d\b|h\b|min\b|s\b|ms\b|\d\d:\d\d\b)")


def tell_unrecognised(one: Unrecognised) -> None:
    """On stderr: what is nearest to a file that no format fits, and what to do about it."""
    from tabiji.reports import percent

    path = printable(one.path)
    if one.binary:
        output.say(_("{path}: it is binary, and no log.", path=path))
        return
    output.say(_("{path}: no format fits. The nearest:", path=path))
    for name, share in one.nearest:
        read = percent(Fraction(int(share * 100), 100), 0)
        output.say("  " + _("{format} can read {share} of its first lines", format=f"{name:8}", share=read))
    output.say(wrapped(_("It begins: {line}", line=printable(one.first_line))))
    if one.keys:
        output.say(wrapped(_("Its keys: {names}.", names=listed(map(printable, one.keys[:20])))))
        output.say(_("Say which of them hold the time, the status and so on, for example"))
        output.say(f"  tabiji discover --format json --field time=KEY --field status=KEY {path}")
    else:
        output.say(_("If your web server writes it in a format of its own, give that, for example"))
        output.say(f"  tabiji discover --format nginx --log-format '$remote_addr … $request_time' {path}")


def printable(text: str) -> str:
    """A text from outside without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def wrapped(text: str, indent: str = "") -> str:
    """A text over lines as wide as the terminal. A number and its unit, or a date and its time, stay together."""
    import textwrap

    width = output.console().width
    if is_wide(text):
        return fill(text, width, indent, indent)
    filled = textwrap.fill(
        _AMOUNT.sub("\\1\N{NO-BREAK SPACE}\\2", text),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace("\N{NO-BREAK SPACE}", " ")
