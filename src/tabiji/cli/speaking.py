"""Who asks, and of which site → the language that the commands speak; commands → the same in that language.

`TABIJI_LANGUAGE` says it; else the locale, where it is Japanese or English; else the site, as soon as it is known.
What goes out as JSON is read by programs: it is said in English, whoever asks.
"""

from __future__ import annotations

import copy
import inspect
import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import TypeVar

import click

from tabiji import language
from tabiji.cli.wrapping import Formatter
from tabiji.language import ENGLISH, LANGUAGES, Language, _

VARIABLE = "TABIJI_LANGUAGE"
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set
CLICK = "click"  # the context of what click has to say
CLICK_MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "types")

Command = TypeVar("Command", bound=click.Command)
_LOCALE = re.compile(r"([a-z]{2})(?:[_.@].*)?")
_SENTENCE = re.compile(r"[^。]*。?")


def chosen(environment: Mapping[str, str]) -> Language | None:
    """The language that whoever asks wants; None: that of the site."""
    asked = environment.get(VARIABLE, "").strip().lower()
    set_ = next((environment[name] for name in LOCALE if environment.get(name)), "")
    of_locale = _LOCALE.fullmatch(set_)
    found = (asked, of_locale[1] if of_locale else "")
    return next((one for name in found for one in LANGUAGES if one == name), None)


def begin() -> None:
    """Speaks as whoever asks wants it, and lets click do so too."""
    _speak(chosen(os.environ) or "en")
    for name in CLICK_MODULES:
        module = sys.modules[f"click.{name}"]
        for function, instead in (("_", _of_click), ("ngettext", _of_clicks)):
            if hasattr(module, function):
                setattr(module, function, instead)


def of_site(wanted: Language) -> None:
    """Speaks the language of a site, where nobody asked for another, and no program listens."""
    context = click.get_current_context(silent=True)
    if chosen(os.environ) is None and not (context is not None and context.params.get("as_json")):
        _speak(wanted)


def to_a_program(context: click.Context, parameter: click.Parameter, asked: bool) -> bool:
    """What `--json` calls for: English."""
    if asked:
        language.speak(ENGLISH)
    return asked


def _speak(wanted: Language) -> None:
    if wanted == "en":
        language.speak(ENGLISH)
    elif language.current() != wanted:
        from tabiji.catalogues import catalogue

        language.speak(catalogue(wanted))


def _of_click(message: str) -> str:
    return language.pgettext(CLICK, message)


def _of_clicks(one: str, many: str, n: int) -> str:
    return many if n != 1 and language.current() == "en" else language.pgettext(CLICK, one)


# Helps


def said(command: Command) -> Command:
    """A command with its helps in the language that is spoken now; in English it is as it stands in the code."""
    if language.current() == "en":
        return command
    made = copy.copy(command)
    made._help_option = None  # which click made of English words
    made.context_class = _Context
    if made.help:
        made.help = _(inspect.cleandoc(made.help))
        made.short_help = _first_sentence(made.help)
    made.params = [_said(one) for one in made.params]
    if isinstance(made, click.Group):
        made.commands = {name: said(one) for name, one in made.commands.items()}
    return made


def helps(command: click.Command) -> Iterator[str]:
    """All that `said` says of a command: what is to be translated."""
    if command.help:
        yield inspect.cleandoc(command.help)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            yield parameter.help
    if isinstance(command, click.Group):
        for one in command.commands.values():
            yield from helps(one)


def _said(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option) or not parameter.help:
        return parameter
    made = copy.copy(parameter)
    made.help = _(parameter.help)
    return made


def _first_sentence(text: str) -> str:
    paragraph = "".join(text.partition("\n\n")[0].split("\n"))
    return _SENTENCE.match(paragraph)[0]  # type: ignore[index]  # it always matches


class _Context(click.Context):
    formatter_class = Formatter
