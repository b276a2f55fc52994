"""A request → the token that it comes with, and whether that may do what is asked."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import HTTPException, Request

from tabiji.language import _
from tabiji.store import Token
from tabiji.web.context import Context

FIREHOSE_KEY = "x-amz-firehose-access-key"  # how Amazon Data Firehose sends a token


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
        secret = _secret(request)
        token = context.store.tokens.of(secret) if secret else None
        now = context.now()
        if token is None or not token.is_valid(now):
            message = _(
                "this needs a token: `Authorization: Bearer tabiji_…`; `tabiji token create` makes one"
            )
            if secret:
                message = _("this token is not known, or is not valid any more")
            raise HTTPException(401, message, {"WWW-Authenticate": "Bearer"})
        context.store.tokens.used(token, now)
        return token

    return check


def require(token: Token, scope: str) -> None:
    """Answers 403 where a token does not cover a scope."""
    if not token.may(scope):
        message = _("the token `{name}` does not have the scope `{scope}`", name=token.name, scope=scope)
        raise HTTPException(403, message)


def _secret(request: Request) -> str | None:
    scheme, _space, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        return credentials.strip()
    return request.headers.get(FIREHOSE_KEY)
