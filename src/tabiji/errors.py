"""What can go wrong, by who can mend it.

TabijiError
├── UsageError            the caller: wrong arguments                       exit 2
├── DefinitionError       the author of a definition: every fault at once   exit 2
└── OutsideError          something outside failed                          exit 3
    ├── FileError         a log or a definition could not be read
    └── StoreError        the database is away, too new, or in use
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from tabiji.language import N_, _


class TabijiError(Exception):
    """The root: a message for a person, and the exit code of the contract."""

    exit_code = 1


class UsageError(TabijiError):
    """Arguments that make no sense together."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a definition: where it is, what it is, what would be right.

    `line` and `column` count from 1; `source` is the text of that line, without its newline.
    """

    path: str
    line: int
    column: int
    message: str
    source: str = ""

    def __str__(self) -> str:
        head = f"{self.path}:{self.line}:{self.column}: {self.message}"
        if not self.source:
            return head
        before = self.source[: self.column - 1]
        wide = sum(unicodedata.east_asian_width(character) in "WF" for character in before)
        return f"{head}\n    {self.source}\n    {' ' * (len(before) + wide)}^"


class DefinitionError(TabijiError):
    """Definitions that can't be used; carries every fault, in the order of files and lines."""

    exit_code = 2

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class OutsideError(TabijiError):
    """A disk, a network or a database did not do its part."""

    exit_code = 3


# What a system says most often; everything else stays as it says it.
_OF_THE_SYSTEM = (
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Operation not permitted"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("No space left on device"),
    N_("Disk quota exceeded"),
    N_("Read-only file system"),
    N_("Input/output error"),
    N_("Too many open files"),
    N_("File name too long"),
    N_("Connection refused"),
    N_("Connection reset by peer"),
    N_("Connection timed out"),
    N_("No route to host"),
    N_("Network is unreachable"),
    N_("Address already in use"),
    N_("Name or service not known"),
    N_("Temporary failure in name resolution"),
    N_("No address associated with hostname"),
)


def reason(error: OSError) -> str:
    """Why the system did not do what it was asked for, in words."""
    return _(error.strerror) if error.strerror else str(error)


class FileError(OutsideError):
    """A file could not be read or written."""


class StoreError(OutsideError):
    """The database could not be used."""
