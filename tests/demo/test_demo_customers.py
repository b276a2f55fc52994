"""What the demonstration's customers said: tables that an import reads whole, telling what the logs tell."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from reread import NOW

from tabiji import definitions, demo, signals
from tabiji.demo.customers import EARLIER_DAYS, Language
from tabiji.demo.site import DAY_S
from tabiji.signals import Signal

LANGUAGES: tuple[Language, ...] = ("en", "ja")


def told(folder: Path, language: Language) -> tuple[demo.Written, dict[signals.Kind, tuple[Signal, ...]]]:
    """A month of few events, and what its tables say by their kind."""
    written = demo.write(folder, now=NOW, events=10_000, language=language, processes=1)
    site = definitions.load(folder, {})
    found: dict[signals.Kind, tuple[Signal, ...]] = {}
    for kind, path in written.sheets:
        read = signals.read(
            path.read_bytes(),
            kind,
            columns={},
            journeys={one.name: one.name for one in site.journeys},
            rules=site.enquiries,
            author="",
            zone=site.timezone,
            now=NOW,
        )
        assert (read.faults, read.unread) == ((), ())
        found[kind] = read.signals
    return written, found


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_the_loud_failure_people_write_about_videos_and_some_cancel(
    tmp_path: Path, language: Language
) -> None:
    written, found = told(tmp_path, language)
    loud = next(one for one in written.hidden if one.story == "loud")
    soon = [one for one in found["enquiry"] if loud.start <= one.at < loud.start + 6 * 3600]
    about = Counter(one.journey for one in soon)
    assert about["watch-course"] >= 31 > sum(about.values()) - about["watch-course"]
    usual = [one for one in found["enquiry"] if one.at < written.started]
    assert 3 < len(usual) / EARLIER_DAYS < 7
    cancelled = {one.at: one.amount for one in found["churn"]}
    after = max(amount for at, amount in cancelled.items() if 0 < at - loud.start < 2 * DAY_S)
    assert after > max(amount for at, amount in cancelled.items() if at < written.started)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_what_no_journey_is_about_stays_unplaced(tmp_path: Path, language: Language) -> None:
    _, found = told(tmp_path, language)
    unplaced = {one.text for one in found["enquiry"] if one.journey is None}
    assert unplaced == {"How do I change my address?" if language == "en" else "登録住所を変更したい"}
    assert all(one.journey for one in found["voice"])


def test_both_languages_tell_the_same(tmp_path: Path) -> None:
    (_, english), (_, japanese) = (told(tmp_path / language, language) for language in LANGUAGES)
    for kind, some in english.items():
        assert [(one.at, one.amount, one.journey) for one in some] == [
            (one.at, one.amount, one.journey) for one in japanese[kind]
        ]
