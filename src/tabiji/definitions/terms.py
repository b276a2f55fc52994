"""The files of policies → the terms of each: the text that people sign, and what tells it from another.

Terms are all that decides what happens. Comments, order and layout are none of it; and neither are exceptions, which
come and go with an end and a name of their own, nor `agreed`, which says who says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import yaml

from tabiji.definitions.documents import read
from tabiji.policies import BudgetBelow, Condition, Exhausted, Happens

FOLDER = "policies/"
BESIDE = ("agreed", "exceptions")
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Terms:
    """A policy's own text, as YAML of one layout; the same digest is the same terms. `path` is its file."""

    path: str
    text: str
    digest: str


def terms(files: Iterable[tuple[str, str]]) -> dict[str, Terms]:
    """The terms of all policies by name; `files` are those of a site."""
    found = {}
    for path, written in files:
        if not path.startswith(FOLDER):
            continue
        tree: Any = read(path, written.encode()).tree
        policies = tree.get("policies") if isinstance(tree, dict) else None
        for name, own in (policies if isinstance(policies, dict) else {}).items():
            if isinstance(own, dict):
                found[name] = _terms(path, name, {key: one for key, one in own.items() if key not in BESIDE})
    return found


def _terms(path: str, name: str, own: dict[str, Any]) -> Terms:
    said = json.dumps(own, sort_keys=True)
    text = yaml.dump(
        {name: json.loads(json.dumps(own))},  # without what an alias shares
        Dumper=yaml.CSafeDumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=WIDTH,
    )
    return Terms(path, text, hashlib.sha256(said.encode()).hexdigest()[:16])


def condition_text(condition: Condition) -> str:
    """A condition as it is written in YAML."""
    match condition:
        case BudgetBelow(share=share):
            return f"budget below {_percent(share)}%"
        case Exhausted():
            return "budget exhausted"
        case Happens(trigger=trigger):
            return f"{trigger} {'found' if trigger == 'drop' else 'fires'}"


def end_text(condition: Condition) -> str | None:
    """The end of a condition as it is written in YAML; None where none can be agreed."""
    return None if isinstance(condition, Happens) else f"budget back at {_percent(condition.until)}%"


def _percent(share: Fraction) -> str:
    """A share that was written in decimals, exactly, as percent."""
    number = Decimal(share.numerator * 100) / Decimal(share.denominator)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
