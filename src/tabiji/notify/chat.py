"""A message → chat, mail and pagers, by Apprise, in a process of its own.

Apprise reads whole answers, waits as long as each of its 170 services sees fit, and connects where it likes. So it runs
in a child process that is ended in time, whose connections are checked, and whose answers are cut off
(`notify/apprising.py`). What it says is not repeated: it may hold addresses, which are secrets here.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys

from tabiji.notices import Message
from tabiji.notify import failures, http, plain
from tabiji.notify.sending import NotSent, Sending, Sent

SECONDS = 20.0
# What the child must not take from its surroundings: ways around the checks, and other people's passwords.
_UNSET = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")


def send(sending: Sending) -> Sent:
    """Tells the receiver, with the image where the service can show one. Raises NotSent."""
    message = sending.message
    asked = {
        "url": sending.receiver.address,
        "title": plain.title(message),
        "body": plain.text(message),
        "links": plain.links(message),
        "kind": _kind(message),
        "thread": f"tabiji/{message.topic}",
        "image": None if sending.image is None else base64.b64encode(sending.image).decode(),
        "allowed": sending.allowed,
    }
    environment = {name: value for name, value in os.environ.items() if name.lower() not in _UNSET}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tabiji.notify.apprising"],
            input=json.dumps(asked).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            env={**environment, "NETRC": os.devnull},
        )
    except subprocess.TimeoutExpired:
        raise NotSent(failures.NO_ANSWER.format(seconds=f"{SECONDS:.0f}")) from None
    except OSError as error:
        raise NotSent(failures.NO_PROCESS.format(why=error.strerror)) from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise NotSent(failures.PROCESS_ENDED.format(code=done.returncode)) from None
    if answer["sent"]:
        return Sent()
    wait = http.retry_after(answer["retry_after"], sending.now)
    raise NotSent(answer["reason"], wait)


def _kind(message: Message) -> str:
    """What Apprise colours by, and pagers open and close by."""
    if message.stage == "over":
        return "success"
    if message.stage == "test" or message.urgency == "information":
        return "info"
    return "failure" if message.urgency == "page" and message.stage != "better" else "warning"
