"""Files of translations → catalogues, read when a language is first spoken; English needs none.

`ja/*.po`, a file for each part of the house, all of them one catalogue: `scripts/words.py` keeps them complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tabiji.language import ENGLISH, Catalogue, Language

FOLDER = Path(__file__).parent


@cache
def catalogue(language: Language) -> Catalogue:
    """What is said in a language. Takes 0.1 s when first asked for another one than English."""
    if language == "en":
        return ENGLISH
    from babel.messages.pofile import read_po

    texts: dict[tuple[str | None, str], str] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                said, one = _first(message.string), _first(message.id)
                if one and said and not message.fuzzy:
                    texts[message.context, one] = said
    return Catalogue(language, texts)


def _first(text: str | Sequence[str] | None) -> str:
    """Of the plurals of a message: Japanese has none."""
    return text if isinstance(text, str) else text[0] if text else ""
