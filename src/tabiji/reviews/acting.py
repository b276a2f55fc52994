"""What somebody says in a weekly review → the act of it, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from tabiji.acts import Act
from tabiji.language import _, listed
from tabiji.reviews.values import (
    CHOICES,
    FIRST,
    KIND,
    LAST,
    LED,
    NAME_LONGEST,
    OUTCOMES,
    STEPS,
    SUFFERED,
    TEXT_LONGEST,
    Decided,
    Decision,
    Finding,
    Followed,
    Review,
    Word,
)


def begun(review: Review, leader: str, led_by: str, present: Sequence[str], word: Word) -> Act:
    """Somebody leads it from now on, for the team or as an SRE; with who is there. Said again, it is corrected."""
    _not_held(review)
    if led_by not in LED:
        raise ValueError(_("who leads it: the team, or an SRE? Say `team` or `sre`"))
    names = [_line(one, NAME_LONGEST) for one in present if one.strip()]
    body = {"leader": _line(leader, NAME_LONGEST), "led_by": led_by, "present": list(dict.fromkeys(names))}
    return _act(review, "begun", word, body)


def reached(review: Review, step: str, word: Word) -> Act:
    """All look at this step now."""
    _running(review)
    if step not in STEPS:
        raise ValueError(_("`{name}` is no step; there are {known}", name=step[:60], known=listed(STEPS)))
    return _act(review, "reached", word, {"step": step})


def noted(review: Review, finding: Finding, word: Word) -> Act:
    """What is known of a drop: what is empty stays as it was said before."""
    _running(review)
    if finding.suffered is not None and finding.suffered not in SUFFERED:
        raise ValueError(_("did users suffer? Say `yes`, `no` or `unknown`"))
    said = {
        "cause": _text(finding.cause),
        "suffered": finding.suffered,
        "evidence": _text(finding.evidence),
    }
    kept = {key: one for key, one in said.items() if one}
    if not kept:
        raise ValueError(_("the note is empty"))
    return _act(review, "noted", word, {"objective": finding.objective, **kept})


def decided(review: Review, what: Decided, word: Word) -> Act:
    """Something is decided about an objective."""
    _running(review)
    return _act(review, "decided", word, _decided_body(what))


def changed(review: Review, ordinal: int, what: Decided, reason: str, word: Word) -> Act:
    """A decision is another one; the reason is kept."""
    _running(review)
    one = _holding(review, ordinal)
    if not reason.strip():
        raise ValueError(_("why is it decided otherwise? Say the reason; it is kept"))
    if one.decided == what:
        raise ValueError(_("it is so already"))
    return _act(review, "changed", word, {"ordinal": ordinal, **_decided_body(what), "text": _text(reason)})


def withdrawn(review: Review, ordinal: int, reason: str, word: Word) -> Act:
    """A decision does not hold any more; the reason is kept."""
    _running(review)
    _holding(review, ordinal)
    if not reason.strip():
        raise ValueError(_("why does it not hold any more? Say the reason; it is kept"))
    return _act(review, "withdrawn", word, {"ordinal": ordinal, "text": _text(reason)})


def raised(review: Review, text: str, owner: str, due: date | None, word: Word) -> Act:
    """Something worries somebody."""
    _running(review)
    if not text.strip():
        raise ValueError(_("what is it that worries? Say it in a sentence"))
    if due is not None:
        _day(due)
    body = {"text": _text(text), "owner": _line(owner, NAME_LONGEST) if owner.strip() else None}
    body["due"] = None if due is None else due.isoformat()
    return _act(review, "raised", word, {key: one for key, one in body.items() if one})


def followed(review: Review, open_before: Sequence[Decision], what: Followed) -> Act:
    """What became of something that was decided earlier; `open_before` is all that waits for a word."""
    _running(review)
    if what.outcome not in OUTCOMES:
        raise ValueError(_("what became of it? Say `done`, `carried` or `dropped`"))
    if what.name not in (one.name for one in open_before):
        raise ValueError(_("`{name}` is nothing that earlier reviews left open", name=what.name[:80]))
    if what.outcome == "dropped" and not what.text.strip():
        raise ValueError(_("why will it not be done? Say the reason; it is kept"))
    body = {"name": what.name, "outcome": what.outcome, "text": _text(what.text)}
    if what.due is not None:
        if what.outcome != "carried":
            raise ValueError(_("only what is carried over has another day"))
        _day(what.due)
        body["due"] = what.due.isoformat()
    return _act(review, "followed", what.word, body)


def held(review: Review, word: Word) -> Act:
    """It is over: what was decided stands."""
    _running(review)
    return _act(review, "held", word, {})


def reopened(review: Review, reason: str, word: Word) -> Act:
    """It is not over after all; the reason is kept."""
    if review.held_at is None:
        raise ValueError(_("this review is not closed"))
    if not reason.strip():
        raise ValueError(_("why is it not over after all? Say the reason; it is kept"))
    return _act(review, "reopened", word, {"text": _text(reason)})


def _act(review: Review, what: str, word: Word, body: Mapping[str, object]) -> Act:
    return Act(KIND, review.subject, what, word.at, word.who, body)


def _decided_body(what: Decided) -> dict[str, object]:
    if what.choice not in CHOICES:
        message = _(
            "`{name}` can't be decided; there are {known}", name=what.choice[:60], known=listed(CHOICES)
        )
        raise ValueError(message)
    if not what.why.strip():
        raise ValueError(_("why is that decided? Say it in a sentence; it is kept"))
    body: dict[str, object] = {"objective": what.objective, "choice": what.choice, "why": _text(what.why)}
    if what.choice != "nothing" or what.owner.strip():
        if not what.owner.strip():
            raise ValueError(_("who sees to it? Every decision has an owner"))
        body["owner"] = _line(what.owner, NAME_LONGEST)
    if what.choice != "nothing" and what.due is None:
        raise ValueError(_("until when? Every decision has a day"))
    if what.due is not None:
        _day(what.due)
        body["due"] = what.due.isoformat()
    return body


def _holding(review: Review, ordinal: int) -> Decision:
    for one in review.standing:
        if one.ordinal == ordinal:
            return one
    raise ValueError(_("there is no decision {number} that holds", number=ordinal))


def _running(review: Review) -> None:
    _not_held(review)
    if review.began_at is None:
        raise ValueError(_("nobody leads this review yet; begin it first"))


def _not_held(review: Review) -> None:
    if review.held_at is not None:
        raise ValueError(_("this review is closed; reopen it first"))


def _day(due: date) -> None:
    if not FIRST <= due < LAST:
        raise ValueError(_("the time is before 1970 or after 2286"))


def _text(text: str) -> str:
    if len(text) > TEXT_LONGEST:
        raise ValueError(_("that is too long; {n} characters are the most", n=TEXT_LONGEST))
    return text.strip()


def _line(text: str, longest: int) -> str:
    said = text.strip()
    if not said:
        raise ValueError(_("who is it? Say a name"))
    if len(said) > longest:
        raise ValueError(_("that is too long; {n} characters are the most", n=longest))
    if not said.replace("\N{IDEOGRAPHIC SPACE}", "").isprintable():
        raise ValueError(_("it holds characters that can't be printed, such as a line break; leave them out"))
    return said
