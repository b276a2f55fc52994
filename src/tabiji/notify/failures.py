"""Why a message was not sent: in English, as it is kept → in the language of whoever reads it."""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

from tabiji.language import N_, _

NO_RECEIVER = N_("there is no receiver `{name}` in the definitions any more")
NO_VARIABLES = N_("the environment has no {names}")
NO_CHANNEL = N_("the channel failed ({error}); the log has more")
NO_PROCESS = N_("the process that sends can't be started: {why}")
PROCESS_ENDED = N_("the process that sends ended with {code}")
UNKNOWN_URL = N_("its URL is none that Apprise knows")
NOT_TAKEN = N_("it did not take it")

INSIDE = N_(
    "{address} is inside the own net, or none of the public internet; "
    "if it is meant, add it to `allow:` in `notifications:`"
)
NO_ADDRESS = N_("its address can't be understood")
NO_NAME = N_("its name can't be resolved")
NO_CERTIFICATE = N_("its certificate can't be trusted (SSL_CERT_FILE names authorities of your own)")
NO_TLS = N_("it does not speak TLS")
REFUSES = N_("it refuses connections")
UNREACHABLE = N_("it can't be reached")
BROKE = N_("the connection broke before there was an answer")
NO_ANSWER = N_("no answer within {seconds} s")

REDIRECTS = N_("it answered {status}: redirects are not followed, so give the address it leads to")
SAID = N_("it answered {status}: {words}")
ANSWERED = N_("it answered {status}")
NO_ISSUE = N_("it answered without the number of an issue; is `url` that of an API?")
NO_KEY_OF_JIRA = N_("it answered without the key of an issue; is this the address of a Jira?")
NO_KEY_OF_BACKLOG = N_("it answered without the key of an issue; is this the address of a Backlog?")
NO_NUMBER = N_("it answered without a number; is this the address of a Backlog?")
NO_TYPE = N_("its project has no type `{name}`; there are {names}")
NO_TYPES = N_("its project has no types")

# What has more to say stands before what would fit as well.
MESSAGES = (
    *(NO_RECEIVER, NO_VARIABLES, NO_CHANNEL, NO_PROCESS, PROCESS_ENDED, UNKNOWN_URL, NOT_TAKEN),
    *(INSIDE, NO_ADDRESS, NO_NAME, NO_CERTIFICATE, NO_TLS, REFUSES, UNREACHABLE, BROKE, NO_ANSWER),
    *(NO_ISSUE, NO_KEY_OF_JIRA, NO_KEY_OF_BACKLOG, NO_NUMBER, NO_TYPE, NO_TYPES),
    *(REDIRECTS, SAID, ANSWERED),
)


def said(failure: str) -> str:
    """A reason as it was kept, in the language that is spoken now; one that is not known stays as it is."""
    for message in MESSAGES:
        found = _pattern(message).fullmatch(failure)
        if found:
            return _(message, **found.groupdict())
    return failure


@cache
def _pattern(message: str) -> re.Pattern[str]:
    """What a message looks like with its places filled."""
    parts = [
        re.escape(text) + (f"(?P<{place}>.+?)" if place is not None else "")
        for text, place, _spec, _conversion in Formatter().parse(message)
    ]
    return re.compile("".join(parts), re.DOTALL)
