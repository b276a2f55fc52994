"""Operation → the thing that it is about, and plain words for it: `POST /courses/:id/enrol` → course, "Enrol"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from tabiji.discovery.found import Operation
from tabiji.language import N_, _, pgettext

HOME = "home"
PAGES = "page"
TITLE_MAX = 60
NAME_MAX = 40

_PASSED_OVER = re.compile(
    r"api|rest|rpc|ajax|v[0-9]+(?:\.[0-9]+)?|m|www|index\.(?:html?|php)|[a-z]{2}(?:[-_][a-zA-Z]{2})?"
)
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_JOB_ENDING = re.compile(r"(?<=.)(?:Job|Worker|Task)$")
_UNSOUND = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffd]")
_VERB_WORDS = """
add all apply archive bulk cancel charge check cleanup confirm create delete deliver destroy detail details download
edit enqueue enrol enroll export fetch find generate get import index join leave like list load make mark my new notify
open pay perform play process publish purge put query read record refresh register remove reset resolve restore resume
save search send set show start stop submit subscribe suspend sync unsubscribe update upload validate verify view worker
write
"""
_VERBS = frozenset(_VERB_WORDS.split())
_LOOKING = _VERBS & {
    "all",
    "detail",
    "details",
    "find",
    "get",
    "index",
    "list",
    "load",
    "my",
    "new",
    "open",
    "read",
}
_LOOKING |= {"search", "show", "view"}
_DEEDS = {  # the last word of a path, when it is what is done rather than a thing
    "login": N_("Log in"),
    "signin": N_("Log in"),
    "sign_in": N_("Log in"),
    "sign-in": N_("Log in"),
    "logout": N_("Log out"),
    "signout": N_("Log out"),
    "sign_out": N_("Log out"),
    "sign-out": N_("Log out"),
    "signup": N_("Sign up"),
    "sign_up": N_("Sign up"),
    "sign-up": N_("Sign up"),
    "checkout": N_("Check out"),
    "new": N_("Open the form for {thing}"),
    "edit": N_("Open the form to change {thing}"),
}

_BY_METHOD = {"GET": N_("See {thing}"), "DELETE": N_("Remove {thing}"), "POST": N_("Send {thing}")}
_CHANGE = N_("Change {thing}")


def about(operation: Operation) -> str:
    """The thing that an operation is about, in the singular and in lower case: what journeys are grouped by."""
    segments = _segments(operation)
    if segments is None:
        words = _words(operation.name or "")
        things = [word for word in words if word not in _VERBS]
        return singular((things or words or ["other"])[0])
    named = [segment for segment in segments if not _PASSED_OVER.fullmatch(segment)] or segments
    if not named:
        return HOME
    return PAGES if named[0].startswith(":") else singular(_plain(named[0]).lower())


def thing(operations: Iterable[Operation], about_it: str) -> str:
    """The word as people see it, in the plural where any operation uses it: `courses`, `home page`."""
    if about_it == HOME:
        return _("home page")
    if about_it == PAGES:
        return pgettext("things of a site", "pages")
    words = {
        word: None
        for operation in operations
        for word in (_words(operation.name or "") if _segments(operation) is None else _seen(operation))
        if singular(word.lower()) == about_it
    }
    return max(words, key=len, default=about_it)


def is_deed(operation: Operation) -> bool:
    """Whether users do something by it, and do not only look at something. A job is always one."""
    if operation.kind == "job":
        return True
    if _segments(operation) is not None:
        return operation.method in ("POST", "PUT", "PATCH", "DELETE")
    words = _words(operation.name or "")
    return bool(words) and words[0] in _VERBS - _LOOKING


def title(operation: Operation) -> str:
    """What an operation does, in plain words that a person will improve: "See a course", "Charge (job)".

    In the language that is spoken; what stands in the logs stays as it is.
    """
    segments = _segments(operation)
    if segments is not None:
        said = _deed(operation.method or "", segments)
    else:
        said = " ".join(_words(operation.name or ""))
        said = said[:1].upper() + said[1:]
        said = _("{deed} (job)", deed=said) if operation.kind == "job" else said
    return _short(said)


def name(said: str, taken: set[str]) -> str:
    """A title as a name for definitions: `see-a-course`, or with a number where that one is taken. It is taken then."""
    words = re.findall(r"[a-z0-9]+", said.lower())
    kept = [word for word in words if word not in ("a", "an", "the", "of", "for", "to")] or words
    base = "-".join(kept)[:NAME_MAX].strip("-") or "step"
    found, number = base, 2
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    taken.add(found)
    return found


def singular(word: str) -> str:
    """An English plural's singular, as far as endings tell."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "news")):
        return word[:-1]
    return word


def _segments(operation: Operation) -> list[str] | None:
    """The words of the route; None for an operation that is named otherwise."""
    if operation.route is None or not (operation.name or "").endswith(operation.route):
        return None
    return [segment for segment in operation.route.split("/") if segment]


def _seen(operation: Operation) -> list[str]:
    return [_plain(segment) for segment in _segments(operation) or ()]


def _plain(segment: str) -> str:
    """A segment for people: decoded, without suffix and separators."""
    return _UNSOUND.sub("", re.sub(r"[-_+\s]+", " ", _SUFFIX.sub("", unquote(segment)))).strip() or segment


def _words(written: str) -> list[str]:
    """`Billing::ChargeJob` → billing, charge; `CourseDetail` → course, detail."""
    parts = [_JOB_ENDING.sub("", part) for part in re.split(r"::|[./\s_-]+", written)]
    return [word.lower() for part in parts for word in _CAMEL.findall(part) or [part] if word]


def _deed(method: str, segments: list[str]) -> str:
    if not segments:
        return _("See the home page") if method == "GET" else _("Send something to the home page")
    last = segments[-1]
    words = [_plain(segment) for segment in segments if not segment.startswith(":")]
    noun = words[-1] if words else pgettext("things of a site", "page")
    one = singular(noun.lower()) if noun.isascii() else noun
    if last.startswith(":"):
        one_of_them = one != noun.lower() or not words
        return _(
            _BY_METHOD.get(method, _CHANGE),
            thing=_a(one) if one_of_them else _("a page of {noun}", noun=noun),
        )
    if last.lower() in _DEEDS:
        before = words[-2].lower() if len(words) > 1 else pgettext("things of a site", "page")
        return _(_DEEDS[last.lower()], thing=_a(singular(before)))
    if (one.partition(" ")[0] in _VERBS and len(segments) > 1) or one in ("search", "subscribe", "register"):
        return _with_object(noun, words[:-1])
    if method == "GET":
        return _(_BY_METHOD["GET"], thing=noun)
    if method == "POST" and one != noun.lower():
        return _("Add {thing}", thing=_a(one))
    return _(_BY_METHOD.get(method, _CHANGE), thing=noun)


def _with_object(deed: str, before: list[str]) -> str:
    """`suspend` after `users` → "Suspend a user"."""
    said = deed[:1].upper() + deed[1:]
    objects = [word for word in before if not _PASSED_OVER.fullmatch(word)]
    return _("{deed} {thing}", deed=said, thing=_a(singular(objects[-1].lower()))) if objects else said


def _a(noun: str) -> str:
    return _("an {noun}", noun=noun) if noun and noun[:1] in "aeio" else _("a {noun}", noun=noun)


def _short(said: str) -> str:
    said = _UNSOUND.sub("", said) or _("Something")
    return said if len(said) <= TITLE_MAX else said[: TITLE_MAX - 1].rstrip() + "…"
