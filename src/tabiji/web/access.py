"""A request → the token that it comes with, and whether that may do what is asked."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import HTTPException, Request

from tabiji.language import _
from tabiji.store import Token
from tabiji.web.context import Context

FIREHOSE_KEY = "x-amz-firehose-access-key"  # how Amazon Data Firehose sends a token
CHALLENGE = {"WWW-Authenticate": "Bearer"}


def allowed(context: Context, scope: str) -> Callable[[Request], Token]:
    """A dependency: the token of the request, if it covers a scope.

    A scope such as `ingest:{source}` is completed by the request's path. Answers 401 without a valid token, 403 where
    it does not cover the scope. It asks the database, so it runs in a thread.
    """
    one = caller(context)

    def check(request: Request) -> Token:
        token = one(request)
        require(token, scope.format(**request.path_params))
        return token

    return check


def caller(context: Context) -> Callable[[Request], Token]:
    """A dependency: the valid token of the request, whatever it covers. Answers 401 without one."""

    def check(request: Request) -> Token:
        secret = bearer(request) or request.headers.get(FIREHOSE_KEY)
        if not secret:
            raise HTTPException(401, needed(), CHALLENGE)
        return proved(context, secret)

    return check


def bearer(request: Request) -> str:
    """The secret that a request brings in its header; empty without one."""
    scheme, _space, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def proved(context: Context, secret: str) -> Token:
    """The valid token that a secret proves, which is thereby used. Answers 401 where there is none."""
    now = context.now()
    token = context.store.tokens.of(secret)
    if token is None or not token.is_valid(now):
        raise HTTPException(401, _("this token is not known, or is not valid any more"), CHALLENGE)
    context.store.tokens.used(token, now)
    return token


def needed() -> str:
    """What to do without a token."""
    return _("this needs a token: `Authorization: Bearer tabiji_…`; `tabiji token create` makes one")


def require(token: Token, scope: str) -> None:
    """Answers 403 where a token does not cover a scope."""
    if not token.may(scope):
        message = _("the token `{name}` does not have the scope `{scope}`", name=token.name, scope=scope)
        raise HTTPException(403, message)
