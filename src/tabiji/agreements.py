"""What people said of a policy, act by act → who has signed which of its texts, and whether it is agreed.

A policy is agreed where its product owner and its team have signed the very text that is in force; two people, for
nobody agrees with themselves. A text that changes asks anew. A concern is about one text, and lasts until that
changes, or until whoever has it signs or takes it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from tabiji.acts import Act
from tabiji.language import N_, _, listed

KIND = "agreement"  # of the acts; their subject is the policy's name
Part = Literal["product-owner", "team", "sre"]
PARTS: tuple[Part, ...] = get_args(Part)
NEEDED: tuple[Part, ...] = ("product-owner", "team")
State = Literal["agreed", "changed", "waiting", "unsigned"]
TEXT_LONGEST = 4000  # characters of a reason
EXCEPTION_DAYS_MAX = 90  # an exception that nobody looks at again is another policy
DAY = 24 * 60  # minutes

PART_WORDS: Mapping[Part, str] = {
    "product-owner": N_("as the product owner"),
    "team": N_("for the team"),
    "sre": N_("as SRE"),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody signed a text, as what; `digest` tells texts apart, `at` is in seconds since the epoch."""

    who: str
    part: Part
    at: int
    digest: str
    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Concern:
    """Somebody asks that a text be changed, and says why."""

    who: str
    why: str
    at: int
    digest: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Granted:
    """Somebody granted an exception for the minutes `[start, until)`, of some steps and journeys, or of all."""

    who: str
    why: str
    start: int
    until: int
    steps: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was said and not taken back: at most one signature and one concern of each person, the oldest first.

    `exceptions` are all that were granted, those that are over, too. `last` is the number of the last act, 0 for none.
    """

    signatures: tuple[Signature, ...] = ()
    concerns: tuple[Concern, ...] = ()
    last: int = 0
    exceptions: tuple[Granted, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """An agreement, seen from the text in force.

    "agreed": nobody is missing. "changed": earlier texts were signed, and somebody is missing now. "waiting": some
    have signed, others have not. "unsigned": nobody has. `signed` are of this text, `outdated` of earlier ones;
    `concerns` are about this text.
    """

    state: State
    signed: tuple[Signature, ...]
    outdated: tuple[Signature, ...]
    missing: tuple[Part, ...]
    concerns: tuple[Concern, ...]


def fold(acts: Iterable[Act]) -> Agreement:
    """How a policy stands after its acts, which are in the order of their numbers."""
    signatures: dict[str, Signature] = {}
    concerns: dict[str, Concern] = {}
    granted: dict[int, Granted] = {}
    last = 0
    for act in acts:
        last = act.number
        said = {key: str(one) for key, one in act.body.items()}
        digest, why = said.get("digest", ""), said.get("why", "")
        part = next((one for one in PARTS if one == said.get("part")), None)
        match act.what:
            case "signed" if part is not None:
                concerns.pop(act.who, None)
                signatures.pop(act.who, None)  # so that the newest comes last
                signatures[act.who] = Signature(
                    act.who, part, act.at, digest, said.get("text", ""), act.number
                )
            case "asked":
                concerns.pop(act.who, None)
                concerns[act.who] = Concern(act.who, why, act.at, digest, act.number)
            case "withdrawn":
                signatures.pop(act.who, None)
                concerns.pop(act.who, None)
            case "excepted":
                granted[act.number] = _granted(act)
            case "resumed" if (one := granted.get(int(said["number"]))) is not None:
                until = max(min(one.until, act.at // 60), one.start)
                granted[one.number] = replace(one, until=until)
    return Agreement(tuple(signatures.values()), tuple(concerns.values()), last, tuple(granted.values()))


def _granted(act: Act) -> Granted:
    body = act.body
    steps, journeys = (
        tuple(str(one) for one in found) if isinstance(found := body.get(key), list) else ()
        for key in ("steps", "journeys")
    )
    start, until = int(str(body["start"])), int(str(body["until"]))
    return Granted(act.who, str(body["why"]), start, until, steps, journeys, act.number)


def standing(agreement: Agreement, digest: str) -> Standing:
    """What was said, seen from the text of this digest."""
    signed = tuple(one for one in agreement.signatures if one.digest == digest)
    outdated = tuple(one for one in agreement.signatures if one.digest != digest)
    missing = tuple(part for part in NEEDED if all(one.part != part for one in signed))
    state: State = "agreed" if not missing else "changed" if outdated else "waiting" if signed else "unsigned"
    concerns = tuple(one for one in agreement.concerns if one.digest == digest)
    return Standing(state, signed, outdated, missing, concerns)


# What people do: each gives the act, and raises ValueError with a sentence where it makes no sense


def sign(policy: str, agreement: Agreement, digest: str, text: str, who: str, part: Part, at: int) -> Act:
    """Somebody signs the text in force, in one part."""
    before = next((one for one in agreement.signatures if (one.who, one.digest) == (who, digest)), None)
    if before is not None and before.part == part:
        raise ValueError(_("{who} has signed this text already", who=who))
    if before is not None:
        raise ValueError(
            _(
                "{who} has signed this text {part} already; nobody agrees with themselves, so somebody else signs",
                who=who,
                part=_(PART_WORDS[before.part]),
            )
        )
    return Act(KIND, policy, "signed", at, who, {"part": part, "digest": digest, "text": text})


def ask(policy: str, digest: str, who: str, why: str, at: int) -> Act:
    """Somebody asks that the text be changed; a signature of theirs stays, for the others to see both."""
    return Act(KIND, policy, "asked", at, who, {"why": _reason(why), "digest": digest})


def withdraw(policy: str, agreement: Agreement, who: str, why: str, at: int) -> Act:
    """Somebody takes back what they said: signature and concern."""
    said = {one.who for one in agreement.signatures} | {one.who for one in agreement.concerns}
    if who not in said:
        raise ValueError(_("{who} has neither signed this policy nor asked for a change of it", who=who))
    return Act(KIND, policy, "withdrawn", at, who, {"why": _reason(why)})


def except_(policy: str, wanted: Granted, steps: Collection[str], journeys: Collection[str], at: int) -> Act:
    """Somebody grants an exception; it ends by itself. `steps` and `journeys` are those of the policy."""
    for names, known in ((wanted.steps, steps), (wanted.journeys, journeys)):
        for name in names:
            if name not in known:
                raise ValueError(
                    _(
                        "`{name}` is nothing of this policy; there are {known}",
                        name=name[:60],
                        known=listed(sorted(known)),
                    )
                )
    if wanted.until <= max(wanted.start, at // 60):
        raise ValueError(_("the exception would be over already; say a later end"))
    if wanted.until - wanted.start > EXCEPTION_DAYS_MAX * DAY:
        raise ValueError(
            _(
                "an exception lasts {n} days at most; for longer, agree on another policy",
                n=EXCEPTION_DAYS_MAX,
            )
        )
    body = {
        "why": _reason(wanted.why),
        "start": wanted.start,
        "until": wanted.until,
        "steps": list(wanted.steps),
        "journeys": list(wanted.journeys),
    }
    return Act(KIND, policy, "excepted", at, wanted.who, body)


def resume(policy: str, agreement: Agreement, number: int, who: str, why: str, at: int) -> Act:
    """Somebody ends an exception that was granted before it ends by itself."""
    found = next((one for one in agreement.exceptions if one.number == number), None)
    if found is None:
        raise ValueError(_("there is no exception {number} that somebody has granted", number=number))
    if found.until <= at // 60:
        raise ValueError(_("exception {number} is over already", number=number))
    return Act(KIND, policy, "resumed", at, who, {"why": _reason(why), "number": number})


def _reason(why: str) -> str:
    if not why.strip():
        raise ValueError(_("say why in a sentence; it is kept"))
    if len(why) > TEXT_LONGEST:
        raise ValueError(
            _("the reason has {n} characters; {most} are the most", n=len(why), most=TEXT_LONGEST)
        )
    return why.strip()
