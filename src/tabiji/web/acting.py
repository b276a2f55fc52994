"""What a visitor says of action items → recorded and noted in the audit, where they may say so."""

from __future__ import annotations

from fastapi import HTTPException, Request

from tabiji.actions import Item, Wanted, Word
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.runs import acting
from tabiji.runs.acting import What
from tabiji.web import auditing
from tabiji.web.context import Context
from tabiji.web.visitors import Visitor

NOBODY = "-"  # takes somebody, a day or a team away


def found(context: Context, number: int) -> Item:
    """An item by its number; answers 404 where there is none."""
    try:
        return acting.find(context.store, number)
    except UsageError:
        raise HTTPException(404, _("There is no action item {number}.", number=number)) from None


def may(visitor: Visitor, item: Item, what: What, value: str | None) -> bool:
    """Members of its team may say anything of it; every other member may note something, and offer their own help."""
    if visitor.may_change(item.wanted.team):
        return True
    helps = what == "support" and (value or visitor.name) == visitor.name
    return visitor.may_change(None) and (what == "note" or helps)


def act(
    context: Context,
    request: Request,
    number: int,
    what: What,
    value: str | None,
    text: str,
    seen: int | None,
) -> Item:
    """Does something to an item, and gives it as it is then. `value` as `acting.change` takes it; `-` for none.

    Where nobody is named, whoever asks sees to it or supports it. Answers 403 and 404; raises UsageError and StaleAct.
    """
    visitor: Visitor = request.state.visitor
    item = found(context, number)
    if what in ("own", "support"):
        value = value or visitor.name
    if not may(visitor, item, what, value):
        raise HTTPException(403, _("Action items are changed by members of their team."))
    word = Word(visitor.name, int(context.now()), text.strip())
    to = None if value in (NOBODY, "") else value
    changed = acting.change(context.site(), context.store, number, what, to, word, seen)
    details = {"to": value, "text": text.strip() or None}
    said = {name: one for name, one in details.items() if one is not None}
    auditing.note(context, request, acting.AUDITED[what], f"action {number}", **said)
    return changed


def open_(context: Context, request: Request, wanted: Wanted) -> Item:
    """Opens an item, for a team that whoever asks belongs to or for none. Answers 403; raises UsageError."""
    visitor: Visitor = request.state.visitor
    if not visitor.may_change(wanted.team):
        raise HTTPException(
            403, _("Action items are opened by members of their team; open it, then hand it over.")
        )
    item = acting.open_(context.site(), context.store, wanted, visitor.name, int(context.now()))
    auditing.note(context, request, "action-opened", f"action {item.number}", title=item.wanted.title)
    return item
