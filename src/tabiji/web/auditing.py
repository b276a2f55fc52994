"""What a visitor has done → an entry of the audit."""

from __future__ import annotations

from starlette.requests import Request

from tabiji.store import Action
from tabiji.store.audit import Detail
from tabiji.web.context import Context
from tabiji.web.visitors import Visitor


def note(context: Context, request: Request, what: Action, about: str = "", /, **details: Detail) -> None:
    """Notes what the one who asks has done, after it succeeded. Details are never secrets, nor lines of logs."""
    visitor: Visitor = request.state.visitor
    context.store.audit.add(int(context.now()), visitor.name, visitor.how, what, about, **details)
