"""`/audit`: what was done by whom, how and when; for admins."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response

from tabiji.language import N_, _
from tabiji.store import ACTIONS, Action, How
from tabiji.web.context import Context
from tabiji.web.rendering import Page

ENTRIES = 50  # a page
NUMBER_MAX = 2**31
WORDS: Mapping[Action, str] = {
    "signed-in": N_("signed in"),
    "sign-in-failed": N_("could not sign in"),
    "signed-out": N_("signed out"),
    "session-revoked": N_("ended a session"),
    "entrance-made": N_("made a link to sign in"),
    "token-created": N_("made a token"),
    "token-revoked": N_("revoked a token"),
    "mark-added": N_("set a mark"),
    "mark-removed": N_("removed a mark"),
    "signals-imported": N_("imported enquiries, cancellations, revenue or voices"),
    "voice-added": N_("wrote down what a user said"),
    "signals-sorted": N_("sorted enquiries by the rules"),
    "signal-placed": N_("said what an enquiry is about"),
    "signal-removed": N_("removed an enquiry or the like"),
    "incident-opened": N_("opened an incident"),
    "incident-closed": N_("closed an incident"),
    "incident-merged": N_("merged incidents"),
    "incident-split": N_("split an incident"),
    "incident-noted": N_("wrote a note"),
    "incident-detected": N_("said when an incident was noticed"),
    "incident-acknowledged": N_("took note of an incident"),
    "incident-owned": N_("said who commands and who helps"),
    "incident-cause-said": N_("said what kind of cause an incident had"),
    "incident-reopened": N_("opened an incident again"),
    "policy-signed": N_("signed a policy"),
    "policy-questioned": N_("asked for a change of a policy"),
    "policy-withdrawn": N_("took back what they said of a policy"),
    "result-opened": N_("opened a key result"),
    "result-changed": N_("changed a key result"),
    "result-closed": N_("closed a key result"),
    "policy-excepted": N_("granted an exception from a policy"),
    "policy-resumed": N_("ended an exception from a policy"),
    "action-opened": N_("opened an action item"),
    "action-owned": N_("said who sees to an action item"),
    "action-supported": N_("said who supports its owner"),
    "action-postponed": N_("said when an action item is due"),
    "action-handed": N_("handed an action item to a team"),
    "action-done": N_("said that an action item is done"),
    "action-dropped": N_("dropped an action item"),
    "action-reopened": N_("reopened an action item"),
    "action-noted": N_("noted something about an action item"),
    "action-served": N_("said which line of the mission an action item serves"),
    "mission-written": N_("wrote a version of the mission"),
    "review-begun": N_("began a weekly review"),
    "review-noted": N_("said something in a weekly review"),
    "review-decided": N_("decided something in a weekly review"),
    "review-held": N_("closed a weekly review"),
    "review-reopened": N_("opened a weekly review again"),
    "workshop-opened": N_("opened a workshop"),
    "workshop-linked": N_("made a new link to a workshop"),
    "workshop-ended": N_("ended a workshop"),
    "postmortem-drafted": N_("began a post-mortem"),
    "postmortem-edited": N_("edited a post-mortem"),
    "postmortem-submitted": N_("handed a post-mortem in for review"),
    "postmortem-returned": N_("handed a post-mortem back"),
    "postmortem-published": N_("published a post-mortem"),
    "engagement-begun": N_("let SRE lead or support a team"),
    "engagement-ended": N_("ended an engagement of SRE"),
    "message-retried": N_("sent messages again"),
    "receiver-tested": N_("tested a receiver"),
    "report-issued": N_("issued a report"),
    "report-sent": N_("sent a report"),
    "lines-read": N_("read log lines"),
    "customer-looked-up": N_("looked a customer up"),
    "days-called": N_("said whether days were calm"),
}
HOW: Mapping[How, str] = {
    "session": N_("signed in"),
    "token": N_("by a token"),
    "proxy": N_("by the proxy"),
    "anonymous": N_("not signed in"),
    "link": N_("by a link of a message"),
    "command": N_("on the command line"),
}


def admins_only(page: Page) -> None:
    """Answers 403 to everybody else."""
    if not page.visitor.is_admin:
        raise HTTPException(403, _("Only admins see this."))


def routes(context: Context) -> APIRouter:
    """What was done, the newest first."""
    router = APIRouter(include_in_schema=False)

    @router.get("/audit")
    def shown(
        request: Request, who: str = "", what: str = "", about: str = "", before: int | None = None
    ) -> Response:
        page = Page(context, request)
        admins_only(page)
        found = context.store.audit.between(
            None if before is None else max(0, min(before, NUMBER_MAX - 1)),
            who=_asked(who),
            what=_asked(what),
            about=_asked(about),
            limit=ENTRIES + 1,
        )
        more = {
            "who": who,
            "what": what,
            "about": about,
            "before": found[ENTRIES - 1].number if found[ENTRIES:] else "",
        }
        return page.html(
            "audit.html",
            entries=found[:ENTRIES],
            people=context.store.audit.people(),
            actions=[(one, WORDS[one]) for one in ACTIONS],
            who=who,
            what=what,
            about=about,
            before=before,
            words=WORDS,
            how=HOW,
            older=f"?{urlencode({key: one for key, one in more.items() if one})}" if more["before"] else None,
        )

    return router


def _asked(written: str) -> str | None:
    """What a field asks for. A character that no database holds is in none of its rows."""
    return written.replace("\0", "�").encode("utf-8", "replace").decode() or None
