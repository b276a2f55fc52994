"""Files as they were named → patterns for tabiji.yaml, that find them again after they have been rotated."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from tabiji.definitions import Source
from tabiji.discovery import Discovery

# access.log.1, access.log-20261121.gz, access.log.2026-11-21; the name before that is the log's own
ROTATION = re.compile(
    r"(?:[.-](?:[0-9]{1,3}|[0-9]{8,14}|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[-T_][0-9-]+)?))?(?:\.(?:gz|zst|bz2))?$"
)


def placed(discovery: Discovery, folder: Path) -> tuple[Source, ...]:
    """The sources found, with their files as patterns: relative to the workspace's folder where they are below it.

    `access.log.1` is found by `access.log*`. A pattern that would take in a file of another source is left a path.
    """
    every = {path: found.source.name for found in discovery.found for path in found.source.paths}
    return tuple(
        replace(found.source, paths=tuple(dict.fromkeys(_patterns(found.source, every, _whole(str(folder))))))
        for found in discovery.found
    )


def _patterns(source: Source, every: dict[str, str], folder: Path) -> Iterator[str]:
    foreign = [str(_whole(path)) for path, name in every.items() if name != source.name]
    for path in source.paths:
        whole = _whole(path)
        pattern = _pattern(whole, foreign)
        # The folder's own name stands escaped in the pattern.
        below = f"{glob.escape(str(folder))}/"
        yield pattern.removeprefix(below) if whole.is_relative_to(folder) else pattern


def _whole(path: str) -> Path:
    """The absolute path; links are kept, for it is they that are rotated."""
    return Path(os.path.normpath(Path(path).absolute()))


def _pattern(path: Path, foreign: Sequence[str]) -> str:
    stem = ROTATION.sub("", path.name)
    if stem and ("." in stem.strip(".") or stem != path.name):
        pattern = f"{glob.escape(str(path.parent)).rstrip('/')}/{glob.escape(stem)}*"
        if not any(fnmatchcase(other, pattern) for other in foreign):
            return pattern
    return glob.escape(str(path))
