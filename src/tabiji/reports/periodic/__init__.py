"""The facts of a week or a month → a report for people, as Markdown or as one HTML file; and as a JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tabiji.reports.periodic import markdown, monthly, page, weekly
from tabiji.reports.periodic.blocks import Pages, Picture
from tabiji.reports.periodic.facts import Report


def pages(report: Report) -> Pages:
    """The report in words, in the language that is spoken now."""
    return weekly.pages(report) if report.kind == "weekly" else monthly.pages(report)


def as_markdown(report: Report, notes: Sequence[str] = ()) -> str:
    """The report as Markdown; `notes` stand above all: that it was revised."""
    return markdown.written(pages(report), notes)


def as_body(report: Report, charts: Mapping[str, bytes], notes: Sequence[str] = ()) -> str:
    """As `as_html`, what stands within a page of others."""
    return page.body(pages(report), charts, notes)


def as_html(report: Report, charts: Mapping[str, bytes], notes: Sequence[str] = ()) -> str:
    """The report as one HTML file; `charts` are SVG by the ids of promises, those that `pictured` names."""
    return page.whole(pages(report), charts, notes)


def pictured(report: Report) -> list[str]:
    """The ids of the promises that the report shows a chart of."""
    return [block.promise for block in pages(report).blocks if isinstance(block, Picture)]
