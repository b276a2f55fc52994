"""Files of translations → catalogues, read when a language is first spoken; English needs none.

`ja/*.po`, a file for each part of the house, all of them one catalogue: `scripts/words.py` keeps them complete.
They are read here, by the part of gettext's format that they use, for every command waits for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tabiji.language import ENGLISH, Catalogue, Language

FOLDER = Path(__file__).parent


@cache
def catalogue(language: Language) -> Catalogue:
    """What is said in a language."""
    if language == "en":
        return ENGLISH
    texts: dict[tuple[str | None, str], str] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        texts.update(read(path.read_text(encoding="utf-8")))
    return Catalogue(language, texts)


def read(text: str) -> Iterator[tuple[tuple[str | None, str], str]]:
    """The translations of a file: context and message, and what that is. Of plurals the first: Japanese has none."""
    for entry in text.split("\n\n"):
        fields: dict[str, str] = {}
        name, fuzzy = "", False
        for line in entry.split("\n"):
            if line.startswith("#"):
                fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
                continue
            before, quote, rest = line.partition('"')
            if quote:
                name = before.strip() or name
                rest = rest.rstrip()
                said = json.loads(quote + rest, strict=False) if "\\" in rest else rest[:-1]
                fields[name] = fields.get(name, "") + said
        translation = fields.get("msgstr") or fields.get("msgstr[0]")
        if fields.get("msgid") and translation and not fuzzy:
            yield (fields.get("msgctxt"), fields["msgid"]), translation
