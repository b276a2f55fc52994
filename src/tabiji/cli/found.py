"""What was found in logs → the JSON and the YAML of `tabiji discover`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tabiji.discovery import Discovery, Found, Operation, Proposal


def indicators(found: Found) -> Mapping[str, bool]:
    """Which kinds of SLI the events of a source can have."""
    ended = [outcome for one in found.operations for outcome in one.outcomes]
    return {
        "availability": found.kind == "job" or any(outcome.status is not None for outcome in ended),
        "latency": any(outcome.histogram for outcome in ended),
    }


def journeys_yaml(proposal: Proposal) -> str:
    """The files of the proposed journeys, one document after the other."""
    from tabiji.definitions.templates import journey_yaml

    return "---\n".join(
        f"# journeys/{one.journey.name}.yaml\n{journey_yaml(one.journey, comments=one.comments)}"
        for one in proposal.journeys
    )


def definitions_yaml(discovery: Discovery, proposal: Proposal) -> str:
    """The files of a workspace, one document after the other."""
    from tabiji.definitions.templates import site_yaml
    from tabiji.runs.discovering import placed

    site = site_yaml(placed(discovery, Path.cwd()))
    journeys = journeys_yaml(proposal)
    return f"# tabiji.yaml\n{site}" + (f"---\n{journeys}" if journeys else "")


def document(discovery: Discovery, proposal: Proposal) -> dict[str, Any]:
    """`tabiji discover --json`."""
    from tabiji.definitions.templates import journey_yaml

    return {
        "sources": [_found_json(found) for found in discovery.found],
        "coverage": {
            "events": proposal.events,
            "covered": proposal.covered,
            "share": proposal.covered / proposal.events if proposal.events else None,
            "left_out": dict(proposal.left_out),
        },
        "journeys": [
            {
                "journey": one.journey.name,
                "title": one.journey.title.to("en"),
                "events": one.events,
                "steps": [{"step": step.name, "events": step.events} for step in one.journey.steps],
                "objectives": [objective.name for objective in one.journey.objectives],
                "yaml": journey_yaml(one.journey, comments=one.comments),
            }
            for one in proposal.journeys
        ],
        "unrecognised": [
            {"file": one.path, "nearest": [{"format": name, "fits": share} for name, share in one.nearest]}
            for one in discovery.unrecognised
        ],
        "empty": list(discovery.empty),
        "incomplete": [{"file": cut.path, "reason": cut.reason} for cut in discovery.cut],
    }


def _found_json(found: Found) -> dict[str, Any]:
    from tabiji.reports import iso_time

    source, account = found.source, found.account
    return {
        "source": source.name,
        "format": source.format,
        "log_format": source.log_format,
        "fields": None if source.fields is None else dict(source.fields),
        "latency": source.latency,
        "operation": source.operation,
        "error": source.error,
        "why": found.why,
        "fits": found.fit,
        "files": list(source.paths),
        "read": account.read,
        "counted": account.counted,
        "rejected": dict(account.rejected),
        "filtered": account.filtered,
        "duplicate": account.duplicate,
        "from": None if found.first_minute is None else iso_time(found.first_minute * 60),
        "to": None if found.last_minute is None else iso_time(found.last_minute * 60 + 60),
        "indicators": [name for name, there in indicators(found).items() if there],
        "notes": list(found.notes),
        "operations": [_operation_json(one) for one in found.operations],
    }


def _operation_json(operation: Operation) -> dict[str, Any]:
    from tabiji.discovery import is_failure, left_out
    from tabiji.histograms import quantile_us

    statuses: dict[str, int] = {}
    for one in operation.outcomes:
        if one.status is not None:
            statuses[str(one.status)] = statuses.get(str(one.status), 0) + one.events
    failures = sum(one.events for one in operation.outcomes if is_failure(operation.kind, one))
    uppers = {share: quantile_us(operation.histogram, Fraction(share, 100)) for share in (50, 95, 99)}
    return {
        "operation": operation.name,
        "kind": operation.kind,
        "method": operation.method,
        "route": operation.route,
        "events": operation.events,
        "errors": failures,
        "error_share": failures / operation.events,
        "statuses": dict(sorted(statuses.items())),
        **{f"p{share}_ms": None if upper is None else upper / 1000 for share, upper in uppers.items()},
        "examples": list(operation.examples),
        "left_out": left_out(operation),
    }
