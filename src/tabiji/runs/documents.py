"""What runs find → JSON documents of the contract, the same for command line and API; numbers in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tabiji.budgets import sli
from tabiji.incidents import Incident
from tabiji.marks import Mark
from tabiji.policies import Policy
from tabiji.postmortems import Cause
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.incidents import incident_json
from tabiji.reports.marks import mark_json
from tabiji.reports.mission import mission_json
from tabiji.reports.numbers import decimal_text
from tabiji.reports.signatures import policy_json
from tabiji.runs import intervening
from tabiji.runs.exploring import Gone, Line
from tabiji.runs.judging import Coverage
from tabiji.runs.simulating import Difference, Outcome
from tabiji.runs.trying import Past, Tried
from tabiji.runs.viewing.mission import Mission
from tabiji.runs.viewing.policies import PolicyNow
from tabiji.store import IncidentFact, Posted
from tabiji.windows import format_minutes


def coverage_json(one: Coverage) -> Json:
    """How much of a source the objectives see."""
    return {
        "source": one.source,
        "events": one.events,
        "covered": one.covered,
        "share": one.covered / one.events if one.events else None,
        "beyond_cap": one.other,
        "unseen": [{"operation": operation, "events": events} for operation, events in one.unseen],
    }


def line_json(line: Line) -> Json:
    """A log line behind a number."""
    return {
        "path": line.path,
        "offset": line.offset,
        "minute": iso_time(line.minute * 60),
        "duration_ms": None if line.duration_us is None else line.duration_us / 1000,
        "good": line.good,
        "line": line.text,
    }


def gone_json(gone: Gone) -> Json:
    """Lines that can't be read any more."""
    return {"path": gone.path, "lines": gone.lines, "reason": gone.reason}


def simulation_json(differences: Sequence[Difference], first: int, until: int) -> Json:
    """`tabiji simulate --json`: old against new, over the minutes [first, until)."""
    return {
        "from": iso_time(first * 60),
        "to": iso_time(until * 60),
        "objectives": [
            {"id": one.id, "old": outcome_json(one.old), "new": outcome_json(one.new)} for one in differences
        ],
    }


def outcome_json(side: Outcome | None) -> Json | None:
    """What one definition would have said of a period; None where there was none."""
    if side is None:
        return None
    share = sli(side.tally)
    return {
        "target": decimal_text(side.objective.target),
        "good": side.tally.good,
        "total": side.tally.total,
        "bad": side.tally.bad,
        "sli": None if share is None else float(share),
        "consumed": None if side.spent is None else float(side.spent),
        "alerts": [
            {
                "share": float(alert.tier.share),
                "long": format_minutes(alert.tier.long_minutes),
                "severity": alert.tier.severity,
                "opened": iso_time(alert.opened_minute * 60),
                "closed": _moment(alert.closed_minute),
            }
            for alert in side.alerts
        ],
        "incidents": [_incident_json(one) for one in side.incidents],
        "policies": [
            {
                "policy": change.episode.policy,
                "step": change.episode.step,
                "kind": change.kind,
                "reason": change.reason,
                "at": iso_time(change.minute * 60),
                "actions": list(change.actions),
            }
            for change in side.changes
        ],
    }


def posted_json(one: Posted) -> Json:
    """A message of the outbox."""
    return {
        "key": one.message.key,
        "receiver": one.message.receiver,
        "topic": one.message.topic,
        "stage": one.message.stage,
        "title": one.message.title,
        "state": one.state,
        "tries": one.tries,
        "failure": one.failure,
        "created_at": iso_time(one.created_at),
        "due_at": iso_time(one.due_at) if one.state == "pending" else None,
        "ended_at": None if one.ended_at is None else iso_time(one.ended_at),
    }


def incident_document(
    incident: Incident, facts: Sequence[IncidentFact], marks: Sequence[Mark], cause: Cause | None = None
) -> Json:
    """`tabiji incidents show --json`: an incident, what people said of it, and what was marked around it.

    `kind_of_cause` is what people found to be behind it; `cause` is how the incident itself came to be one.
    """
    roles = intervening.roles_of(facts)
    history = [
        {
            "at": iso_time(one.at),
            "author": one.author,
            "what": one.kind,
            "time": _moment(one.minute),
            "text": one.text,
        }
        for one in facts
    ]
    return {
        **incident_json(incident),
        "kind_of_cause": cause,
        "commander": roles.commander,
        "helpers": list(roles.helpers),
        "history": history,
        "marks": [mark_json(one) for one in marks],
    }


def policy_document(one: PolicyNow) -> Json:
    """A policy of `tabiji policies --json`."""
    signed = one.signed
    episodes = [episode for step in one.steps for episode in step.episodes]
    tickets: list[Json] = [
        {
            "action": ticket.item.number,
            "title": ticket.item.wanted.title,
            "objective": ticket.objective or None,
            "step": ticket.step or None,
            "opened": iso_time(ticket.item.opened.at),
            "state": ticket.state,
            "ended": None if ticket.item.ended_at is None else iso_time(ticket.item.ended_at),
            "outcome": ticket.item.outcome or None,
        }
        for ticket in one.tickets
    ]
    return policy_json(signed.policy, signed.terms, signed.standing, episodes, signed.agreement.last, tickets)


def tried_document(one: Tried) -> Json:
    """A policy of `tabiji policies try --json`: what it did, would have done, and would have done as drafted."""
    policy = one.draft or one.policy
    return {
        "name": None if policy is None else policy.name,
        "from": iso_time(one.first * 60),
        "to": iso_time(one.end * 60),
        "known_since": _moment(one.since),
        "did": _past_json(one, one.did, one.policy),
        "now": None if one.policy is None else _past_json(one, one.would, one.policy),
        "draft": None if one.draft is None else _past_json(one, one.drafted, one.draft),
    }


def _past_json(tried: Tried, side: Mapping[str, Past], policy: Policy | None) -> Json:
    return {
        "stopped_minutes": tried.stopped(side, policy),
        "steps": [
            {
                "name": past.step,
                "minutes": past.minutes,
                "episodes": [
                    {
                        "objective": episode.objective,
                        "began": iso_time(episode.began * 60),
                        "acted": _moment(episode.acted),
                        "ended": _moment(episode.ended),
                    }
                    for episode in past.episodes
                ],
            }
            for past in side.values()
        ],
    }


def _incident_json(one: Incident) -> Json:
    times = one.measured.times if one.measured else None
    return {
        "started": _moment(times.started if times else None),
        "detected": _moment(times.detected if times else None),
        "recovered": _moment(times.recovered if times else None),
        "budget_spent": None if one.share is None else float(one.share),
        "verdict": one.verdict,
    }


def _moment(minute: int | None) -> str | None:
    return None if minute is None else iso_time(minute * 60)


def mission_document(found: Mission) -> Json:
    """`tabiji mission --json`."""
    serving = {row.line.id: [one.number for one in (*row.open, *row.done)] for row in found.rows}
    return mission_json(found.version, len(found.versions), serving, found.unserved)
