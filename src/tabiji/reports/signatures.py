"""Policies and who has signed them → sentences, a table and JSON documents, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tabiji.agreements import PART_WORDS, Concern, Part, Signature, Standing, State
from tabiji.definitions.terms import Terms, condition_text, end_text
from tabiji.language import N_, _, headings, listed
from tabiji.policies import Episode, Policy, Step
from tabiji.reports.agreements import ACTIONS, condition_words, end_words
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local, minutes
from tabiji.reports.words import Table

STATES: Mapping[State, str] = {
    "agreed": N_("signed"),
    "changed": N_("changed since it was signed"),
    "waiting": N_("waits for signatures"),
    "unsigned": N_("signed by nobody"),
}
WHO: Mapping[Part, str] = {
    "product-owner": N_("the product owner"),
    "team": N_("the team"),
    "sre": N_("SRE"),
}
SENTENCES: Mapping[str, str] = {
    "file": N_("Its file says: agreed by {by} on {on}."),
    "step": N_("When {condition}: {actions}. Who sees to it: {owners}."),
    "in-force": N_("In force for {objective} since {since}, until {end}."),
    "suspended": N_(
        "Would be in force for {objective} since {since}; an exception holds it back until {until}."
    ),
    "signed": N_("Signed by {who} {part}, on {at}."),
    "outdated": N_("{who} signed earlier terms {part}, on {at}; it changed since."),
    "missing": N_("It waits for {parts}."),
    "agreed": N_("The product owner and the team have signed what is in force."),
    "concern": N_("{who} asks for a change, on {at}: {why}"),
    "exception": N_("Exception until {until}, by {by}: {reason}"),
    "granted": N_("Exception {number} until {until}, by {by}: {reason}"),
}


def policy_json(
    policy: Policy,
    terms: Terms,
    standing: Standing,
    episodes: Sequence[Episode],
    last: int,
    tickets: Iterable[Json] = (),
) -> Json:
    """A policy of `tabiji policies --json`: its terms, who signed them, and which of its steps are in force."""
    return {
        "name": policy.name,
        "title": {"en": policy.title.en, "ja": policy.title.ja},
        "team": policy.team,
        "journeys": list(policy.journeys),
        "path": terms.path,
        "terms": terms.text,
        "digest": terms.digest,
        "state": standing.state,
        "missing": list(standing.missing),
        "signatures": [
            {**_signature_json(one), "current": one.digest == terms.digest}
            for one in sorted((*standing.signed, *standing.outdated), key=lambda each: each.number)
        ],
        "concerns": [_concern_json(one) for one in standing.concerns],
        "agreed_in_file": {"by": list(policy.agreed_by), "on": policy.agreed_on},
        "steps": [_step_json(policy, step, episodes) for step in policy.steps],
        "exceptions": [
            {
                "number": one.number or None,
                "by": one.by,
                "reason": one.reason,
                "from": None if one.start is None else iso_time(one.start * 60),
                "until": iso_time(one.until * 60),
                "steps": list(one.steps),
                "journeys": list(one.journeys),
            }
            for one in policy.exceptions
        ],
        "tickets": list(tickets),
        "last": last,
    }


def _signature_json(one: Signature) -> Json:
    return {"who": one.who, "as": one.part, "at": iso_time(one.at), "digest": one.digest}


def _concern_json(one: Concern) -> Json:
    return {"who": one.who, "why": one.why, "at": iso_time(one.at)}


def _step_json(policy: Policy, step: Step, episodes: Sequence[Episode]) -> Json:
    return {
        "name": step.name,
        "when": condition_text(step.when),
        "until": end_text(step.when),
        "then": list(step.then),
        "owners": list(step.owners),
        "open": [
            {
                "objective": one.objective,
                "since": iso_time(one.began * 60),
                "suspended_until": None
                if one.suspended_until is None
                else iso_time(one.suspended_until * 60),
            }
            for one in episodes
            if (one.policy, one.step) == (policy.name, step.name)
        ],
    }


def policies_table(found: Iterable[tuple[Policy, Standing, int]]) -> Table:
    """One row per policy: how it stands, who is missing, and how many of its episodes are open."""
    return Table(
        headings("policy", "state", "waits for", "in force"),
        tuple(
            (
                policy.name,
                _(STATES[standing.state]),
                listed(_(WHO[part]) for part in standing.missing) or "–",
                str(in_force),
            )
            for policy, standing, in_force in found
        ),
        frozenset({3}),
    )


Times = tuple[int, int]  # how often, and for how many minutes


def past_table(rows: Iterable[tuple[str, Times, Times, Times]]) -> Table:
    """One row per step: what it did, would have done, and would do as changed."""
    return Table(
        headings("step", "did", "as written now", "as changed"),
        tuple((step, *(_times(one) for one in times)) for step, *times in rows),
        frozenset({1, 2, 3}),
    )


def _times(times: Times) -> str:
    return f"{times[0]}, {minutes(times[1])}" if times[0] else "–"


def policy_sentences(
    policy: Policy, standing: Standing, episodes: Sequence[Episode], at_minute: int, zone: str
) -> tuple[str, ...]:
    """What was agreed to happen and when, what is in force, which exceptions hold or come, and who has signed it."""
    said = []
    for step in policy.steps:
        said.append(step_sentence(step))
        for one in episodes:
            if (one.policy, one.step) != (policy.name, step.name):
                continue
            said.append(
                _(
                    SENTENCES["in-force" if one.suspended_until is None else "suspended"],
                    objective=one.objective,
                    since=local(one.began, zone),
                    end=end_words(step.when),
                    until=None if one.suspended_until is None else local(one.suspended_until, zone),
                )
            )
    said += [
        _(
            SENTENCES["granted" if one.number else "exception"],
            until=local(one.until, zone),
            by=one.by,
            reason=one.reason,
            number=one.number,
        )
        for one in policy.exceptions
        if at_minute < one.until
    ]
    return (*said, *signature_sentences(policy, standing, zone))


def step_sentence(step: Step) -> str:
    """What was agreed to happen, when, and who sees to it."""
    return _(
        SENTENCES["step"],
        condition=condition_words(step.when),
        actions=listed(_(ACTIONS[action]) for action in step.then),
        owners=listed(step.owners),
    )


def signature_sentences(policy: Policy, standing: Standing, zone: str) -> tuple[str, ...]:
    """Who has signed it, who did so before it changed, who is missing, and who wants it changed."""
    return (
        *(_signed("signed", one, zone) for one in standing.signed),
        *(_signed("outdated", one, zone) for one in standing.outdated),
        *(
            _(SENTENCES["concern"], who=one.who, at=local(one.at // 60, zone), why=one.why)
            for one in standing.concerns
        ),
        missing_sentence(standing),
        _(SENTENCES["file"], by=listed(policy.agreed_by), on=policy.agreed_on),
    )


def missing_sentence(standing: Standing) -> str:
    """Whose signature is missing, or that nobody's is."""
    if not standing.missing:
        return _(SENTENCES["agreed"])
    return _(SENTENCES["missing"], parts=listed(_(WHO[part]) for part in standing.missing))


def _signed(kind: str, one: Signature, zone: str) -> str:
    return _(SENTENCES[kind], who=one.who, part=_(PART_WORDS[one.part]), at=local(one.at // 60, zone))
