"""Measurements → rows of the table: ratios against a peer or a limit, in Markdown and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from timing import Times


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    lines: int
    repeats: int
    keep: bool  # large files, for the next time


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `ratio` is to the peer (more is better) or, with `at_most`, to a limit (less is better).

    None: it could not be measured, and `note` says why.
    """

    what: str
    peer: str
    ratio: float | None
    target: float | None
    note: str
    samples: Mapping[str, object]
    at_most: bool = False

    @property
    def reached(self) -> bool | None:
        if self.ratio is None or self.target is None:
            return None
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target

    def noted(self, words: str) -> Row:
        return replace(self, note=f"{self.note}; {words}" if self.note else words)


def ratio(what: str, peer: str, ours: Times, theirs: Times, target: float | None, units: int) -> Row:
    """The ratio of throughputs: of the medians; those of the best runs and of CPU seconds stand in the note."""
    note = (
        f"{theirs.best / ours.best:.2f} of the best runs; {units / ours.median / 1000:,.0f} k/s against "
        f"{units / theirs.median / 1000:,.0f} k/s"
    )
    if min(ours.cpu) and min(theirs.cpu):
        note += f"; CPU {min(theirs.cpu) / min(ours.cpu):.2f}"
    samples = {
        "ours": {"seconds": ours.seconds, "cpu": ours.cpu},
        "theirs": {"seconds": theirs.seconds, "cpu": theirs.cpu},
    }
    return Row(what, peer, theirs.median / ours.median, target, note, samples)


def limited(what: str, seconds: Times, limit: float, note: str = "") -> Row:
    """The median as a share of a limit in seconds."""
    best, cpu = 1000 * seconds.best, 1000 * min(seconds.cpu)
    words = f"{1000 * seconds.median:.0f} ms (best {best:.0f}; CPU {cpu:.0f})"
    return Row(
        what,
        f"{limit:g} s",
        seconds.median / limit,
        1,
        f"{words}; {note}" if note else words,
        {"seconds": seconds.seconds, "cpu": seconds.cpu},
        at_most=True,
    )


def markdown(rows: Sequence[Row]) -> str:
    """The table."""
    lines = ["| what | against | ratio | wanted | reached | |", "|---|---|---:|---:|:-:|---|"]
    for row in rows:
        shown = "–" if row.ratio is None else f"{row.ratio:.2f}" if row.ratio < 10 else f"{row.ratio:.0f}"
        wanted = "" if row.target is None else f"{'≤' if row.at_most else '≥'} {row.target:g}"
        reached = {None: "", True: "yes", False: "no"}[row.reached]
        lines.append(f"| {row.what} | {row.peer} | {shown} | {wanted} | {reached} | {row.note} |")
    return "\n".join(lines) + "\n"


def document(rows: Sequence[Row]) -> list[dict[str, object]]:
    """The same for machines, with every sample."""
    return [
        {
            "what": row.what,
            "against": row.peer,
            "ratio": row.ratio,
            "target": row.target,
            "at_most": row.at_most,
            "reached": row.reached,
            "note": row.note,
            "samples": row.samples,
        }
        for row in rows
    ]
