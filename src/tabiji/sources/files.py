"""Paths → which file each one is, and the pieces of it that have not been counted yet.

A file is its device, its inode and a print of its first bytes: a file made anew gets the same inode at once on
ext4. What has been counted is checked by a print of the bytes before the offset, so that a file which was cut off and
grew again is a new one, and the copy or the compressed twin of a file already counted is that file.

    the same inode, and what was counted is still there    the file itself, whatever its name is now
    elsewhere, but all that was counted is there           moved, copied or compressed: that file, if it is gone
    the beginning of a file that stands at its own place   a copy, perhaps half made: nothing new in it
    anything else                                          a new file
"""

from __future__ import annotations

import contextlib
import glob
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tabiji.language import _
from tabiji.sources import content
from tabiji.sources.content import PRINT_BYTES, Prints
from tabiji.store.facts import LogFile


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be read, or not to its end."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that stands at a path now: which one it is, and its size on disk; `finished`: nothing new in it.

    `file.path` is the name under which it is known, which may be that of a link to it.
    """

    file: LogFile
    path: str
    size: int
    finished: bool = False


Place = tuple[int, int]  # device, inode


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands at a path now."""

    path: Path
    place: Place
    size: int
    compression: str | None
    head: bytes


def matching(patterns: Sequence[str]) -> list[Path]:
    """The files that stand at paths or patterns now, each once, those written to last at the end.

    The order decides nothing but the order of commits; rows that come in the order of time are written fastest.
    """
    return list(standing(patterns))


def standing(patterns: Sequence[str]) -> dict[Path, os.stat_result | None]:
    """The same files with what the system says of each; None where it can't be looked at."""
    found: dict[str, os.stat_result | None] = {}
    for pattern in patterns:
        magic = glob.has_magic(pattern)
        paths = glob.glob(pattern, recursive=True) if magic else [pattern]  # noqa: PTH207 - absolute
        for path in sorted(paths):
            if path not in found:
                found[path] = _status(path)
    files = (
        (path, status) for path, status in found.items() if status is None or not stat.S_ISDIR(status.st_mode)
    )
    return {Path(path): status for path, status in sorted(files, key=_written)}


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - thousands of them, each second
    except OSError:
        return None  # said later, when it can't be opened


def _written(one: tuple[str, os.stat_result | None]) -> int:
    return one[1].st_mtime_ns if one[1] else 0


def places(paths: Iterable[Path]) -> dict[Place, Path]:
    """Where files stand; links count as what they point to, and what can't be looked at is left out."""
    found: dict[Place, Path] = {}
    for path in paths:
        place = _place(path)
        if place is not None:
            found.setdefault(place, path)
    return found


def relocated(known: Sequence[LogFile], standing: Mapping[Place, Path]) -> list[LogFile]:
    """The known files, each with the path at which it stands now: a renamed file keeps its inode."""
    newest = _newest(known)
    return [_relocated(file, standing) if newest[file.device, file.inode] is file else file for file in known]


def _relocated(file: LogFile, standing: Mapping[Place, Path]) -> LogFile:
    place = file.device, file.inode
    path = standing.get(place)
    if path is None or str(path) == file.path or _place(Path(file.path)) == place:
        return file
    moved = replace(file, path=str(path))
    return moved if _in_place(moved) else file


def left_behind(known: Sequence[LogFile], standing: Mapping[Place, Path], now: int) -> list[Seen]:
    """Known plain files that no pattern finds any more: renamed, or their link points to the next one now.

    Their last lines may have come after they were last read. They are looked for beside their old place.
    """
    wanted: dict[Path, dict[int, LogFile]] = {}
    beside: dict[str, set[Path]] = {}
    for place, file in _newest(known).items():
        if place not in standing and file.compression is None and file.offset:
            if file.path not in beside:
                beside[file.path] = _folders(Path(file.path))
            for folder in beside[file.path]:
                wanted.setdefault(folder, {})[file.inode] = file
    found: dict[Place, Seen] = {}
    for folder, files in sorted(wanted.items()):
        try:
            entries = [entry for entry in os.scandir(folder) if entry.inode() in files]
        except OSError:
            continue
        for entry in entries:
            file = files[entry.inode()]
            if entry.path != file.path and _in_place(replace(file, path=entry.path)):
                seen = Seen(replace(file, last_seen=now), entry.path, entry.stat().st_size)
                found.setdefault((file.device, file.inode), seen)
    return list(found.values())


def _folders(path: Path) -> set[Path]:
    """Where a file may stand by now that once stood at a path: in its folder. If that is a link: also in the folder to
    which it leads, and in those beside that, as there may be a folder for each day."""
    folders = {path.parent}
    if path.is_symlink():
        leads_to = Path(os.path.realpath(path)).parent
        folders.add(leads_to)
        if leads_to.parent.parent != leads_to.parent:
            with contextlib.suppress(OSError):
                folders |= {Path(one.path) for one in os.scandir(leads_to.parent) if one.is_dir()}
    return folders


def identified(source: str, path: Path, known: Sequence[LogFile], now: int) -> Seen | None:
    """Which file stands at a path: one of the known ones (as it was last counted) or a new one.

    None where there is nothing of its own: an empty file, or a copy of one that is counted at its own place.
    Raises OSError where the file can't be read.
    """
    here = _standing(path)
    if here is None:
        return None
    device, inode = here.place
    before = [file for file in known if file.inode == inode and file.device == device]
    last = max(before, key=lambda file: file.generation, default=None)
    if last is not None and last.compression == here.compression and _begins_as(last, here.head):
        finished = here.compression is not None and last.size == here.size
        if finished or not last.offset or _tail(here, last) == last.tail_hash:
            name = last.path if _place(Path(last.path)) == here.place else str(path)
            return Seen(replace(last, path=name, last_seen=now), str(path), here.size, finished)
    new = LogFile(
        source=source,
        path=str(path),
        device=here.place[0],
        inode=here.place[1],
        generation=0 if last is None else last.generation + 1,
        head_length=len(here.head),
        head_hash=content.fingerprint(here.head),
        compression=here.compression,
        # Other content in the same inode at the same path: cut off, or deleted and made anew.
        truncations=int(last is not None and last.compression is None and last.path == str(path)),
        first_seen=now,
        last_seen=now,
    )
    file = _copied(here, new, last, known)
    return None if file is None else Seen(file, str(path), here.size)


def _standing(path: Path) -> _Standing | None:
    """What stands at a path; None where that is empty."""
    while True:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, _("not a regular file"), str(path))
        if not status.st_size:
            return None
        kind = content.compression(path)
        head = content.head(path, kind)
        place = status.st_dev, status.st_ino
        if place == _place(path):  # no other file took its place while it was looked at
            return _Standing(path, place, status.st_size, kind, head) if head else None


def _place(path: Path) -> Place | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _newest(known: Iterable[LogFile]) -> dict[Place, LogFile]:
    """The last file that was seen at each inode."""
    newest: dict[Place, LogFile] = {}
    for file in known:
        other = newest.get((file.device, file.inode))
        if other is None or other.generation < file.generation:
            newest[file.device, file.inode] = file
    return newest


def _begins_as(file: LogFile, head: bytes) -> bool:
    return len(head) >= file.head_length and content.fingerprint(head[: file.head_length]) == file.head_hash


def _tail(here: _Standing, file: LogFile) -> str | None:
    return content.prints(here.path, here.compression, [file.offset]).at.get(file.offset)


def _in_place(file: LogFile) -> bool:
    """Whether a known file stands at its own path, with all that was counted of it."""
    path = Path(file.path)
    try:
        return (
            _place(path) == (file.device, file.inode)
            and content.compression(path) == file.compression
            and content.prints(path, file.compression, [file.offset]).at.get(file.offset) == file.tail_hash
        )
    except OSError:
        return False


def _copied(here: _Standing, new: LogFile, last: LogFile | None, known: Sequence[LogFile]) -> LogFile | None:
    """The known file that stands here as well, the new one where there is none; None for a copy beside its original.

    A copy may be in the making (`gzip` at work), or the only one left of a file that was cut off (copytruncate).
    Short files may be alike by chance, so below 1 KiB they are files of their own while both are there.
    """
    alike = _alike(here, [file for file in known if file.offset and file is not last])
    if not alike:
        return new
    alike.sort(key=lambda file: file.offset, reverse=True)
    reach = [_reach(file) for file in alike]
    offsets = {file.offset for file in alike} | {length for length in reach if length is not None}
    found = content.prints(here.path, here.compression, offsets)
    for file, length in zip(alike, reach, strict=True):
        full = found.at.get(file.offset) == file.tail_hash
        if length is None:
            if full:
                return _moved(here, new, file, known)
            if _was_cut_off(file, known) and _is_beginning(here, found, file, known):
                return _counted(here, new, found)
            continue
        shared = file.offset if found.length is None else min(file.offset, found.length)
        if here.compression == file.compression and shared < PRINT_BYTES:
            continue
        if found.length is not None and found.length <= length:
            original = content.prints(Path(file.path), file.compression, [found.length])
            if original.at.get(found.length) == found.end:
                return None
        elif full:  # more of it than at its own place, where a copy was being made when it was read
            return _moved(here, new, file, known)
    return new


def _alike(here: _Standing, known: Sequence[LogFile]) -> list[LogFile]:
    """The known files that begin as this one. A compressed file whose beginning is not all there yet may be any."""
    hashes = {length: content.fingerprint(here.head[:length]) for length in {f.head_length for f in known}}
    unsure = here.compression is not None and len(here.head) < PRINT_BYTES
    return [
        file
        for file in known
        if (file.head_length <= len(here.head) and hashes[file.head_length] == file.head_hash)
        or (unsure and file.head_length > len(here.head))
    ]


def _reach(file: LogFile) -> int | None:
    """How long a known file is that stands in its place, as far as that is known; None for one that does not."""
    if not _in_place(file):
        return None
    return file.offset if file.compression else Path(file.path).stat().st_size


def _moved(here: _Standing, new: LogFile, file: LogFile, known: Sequence[LogFile]) -> LogFile:
    """A known file at its new place."""
    return replace(
        file,
        path=new.path,
        device=new.device,
        inode=new.inode,
        generation=new.generation,
        compression=here.compression,
        size=0,
        # Cut off where it was, and nothing has been seen there since that could say so.
        truncations=file.truncations + (_stands_cut_off(file) and not _followed(file, known)),
        last_seen=new.last_seen,
    )


def _was_cut_off(file: LogFile, known: Sequence[LogFile]) -> bool:
    """Whether other content stands in the inode of a file now, or did when it was last looked at."""
    return _stands_cut_off(file) or _followed(file, known)


def _stands_cut_off(file: LogFile) -> bool:
    """Whether what stands at the path of a file, which is not in its place, has its inode."""
    return (
        file.compression is None
        and _place(Path(file.path)) == (file.device, file.inode)
        and not _in_place(file)
    )


def _followed(file: LogFile, known: Sequence[LogFile]) -> bool:
    """Whether a later file was seen in the same inode at the same path."""
    return any(
        (other.device, other.inode, other.path) == (file.device, file.inode, file.path)
        and other.generation > file.generation
        and other.truncations
        for other in known
    )


def _is_beginning(here: _Standing, found: Prints, file: LogFile, known: Sequence[LogFile]) -> bool:
    """Whether a copy ends before what was counted of its original, which went on between copy and cut.

    By now there is nothing to compare it with but the first KiB, so no other file may begin like that.
    """
    return (
        found.whole
        and found.length is not None
        and PRINT_BYTES <= found.length < file.offset
        and file.head_length == PRINT_BYTES
        and (file.device, file.inode) != here.place
        and _alike(here, known) == [file]
    )


def _counted(here: _Standing, new: LogFile, found: Prints) -> LogFile:
    """A file all of whose content has been counted at another place."""
    return replace(
        new,
        offset=found.length or 0,
        tail_hash=found.end or "",
        truncations=0,
        size=here.size if here.compression else 0,
    )
