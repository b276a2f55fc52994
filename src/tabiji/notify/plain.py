"""A message → text for people that calls nobody, links nowhere of its own and draws nothing.

Paths, names and notes in a message may be anybody's words. What services would act on is broken up by a space of no
width, which a reader does not see; what text can't show is taken out.
"""

from __future__ import annotations

import re
import unicodedata

from tabiji.notices import Message

NOTHING = "\u200b"  # a space of no width
BODY_MAX = 3_500  # characters: what most services take in one message
TITLE_MAX = 200

_ACTING = re.compile(
    r"""
    @(?=[\w{(<]) | (?<=\w)@ |        # @channel, a@b
    <(?=[!@\#/?\w]) |                # <!here>, <@U1>, <#C1>, <a href>
    \[(?=[~^!@]) | \](?=[(\[:]) |    # [~accountid:…], [text](address)
    !(?=\[) |                        # ![image](address)
    :(?=//) |                        # https://…
    (?:mailto|tel|javascript|data)(?=:) |
    www(?=\.) |
    \#(?=\w) |                       # \#1, \#general
    [{}](?=[{}\w:]) |                # {noformat}, {{name}}
    &(?=\#?\w+;)                     # &lt;
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SPACES = re.compile(r"[^\S\n]+")

_LINK = {"en": "More", "ja": "詳細"}
_ACKNOWLEDGE = {"en": "Acknowledge", "ja": "対応を引き受ける"}


def calm(written: str) -> str:
    """A text in which nothing is a mention, a link or markup that acts."""
    return _ACTING.sub(lambda found: f"{found[0]}{NOTHING}", _shown(written))


def title(message: Message) -> str:
    """The title, in one line."""
    line = calm(" ".join(message.title.split()))
    return line if len(line) <= TITLE_MAX else f"{line[: TITLE_MAX - 1]}…"


def text(message: Message) -> str:
    """The paragraphs, without the message's own links."""
    lines = "\n".join(calm(line) for line in message.lines)
    return lines if len(lines) <= BODY_MAX else f"{lines[: BODY_MAX - 1]}…"


def links(message: Message) -> str:
    """The message's own links, one to a line: these do lead somewhere."""
    found = []
    if message.link is not None:
        found.append(f"{_LINK[message.language]}: {message.link}")
    if message.acknowledge is not None:
        found.append(f"{_ACKNOWLEDGE[message.language]}: {message.acknowledge}")
    return "\n".join(found)


def _shown(written: str) -> str:
    """Without what is no sign: control characters, what turns the direction of text, half of a pair."""
    kept = "".join(
        sign
        if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        else " "
        for sign in written
    )
    return _SPACES.sub(" ", kept).strip()
