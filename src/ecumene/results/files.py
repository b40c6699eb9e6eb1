"""Files that are there whole or not at all, and known by their digest."""

from __future__ import annotations

import contextlib
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ecumene.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Lend another name to write a file under; it takes its own when the block is done, and goes when that fails.

    Parameters
    ----------
    path
        Where the file is to be. What stands there stays until the new one is on the disk.

    Yields
    ------
    partial
        Where to write it.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def put_file(path: Path, data: bytes) -> Path:
    """Write a file, whole or not at all, and return its path."""
    with whole(path) as partial:
        partial.write_bytes(data)
    return path


def put_lines(path: Path, lines: Iterable[str]) -> Path:
    """Write text piece by piece, whole or not at all, and return its path."""
    with whole(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    return path


def check_new_file(path: Path, *, endings: Sequence[str] = (), option: str = "") -> None:
    """Refuse a file that cannot be written, before anything is computed for it.

    Parameters
    ----------
    path
        Where it is to be.
    endings
        What its name may end in, such as ".png"; anything where none are given.
    option
        By which it was named, for the message.

    Raises
    ------
    OutputError
        It ends in something else, is a folder, or its folder does not exist or cannot be written to.
    """
    told, folder = f"{option} {path}".strip(), path.absolute().parent
    if endings and path.suffix.lower() not in endings:
        raise OutputError(f"{told}: must end in {' or '.join(endings)}")
    if path.is_dir():
        raise OutputError(f"{told}: is a folder; name a file")
    if not folder.exists():
        raise OutputError(f"{told}: there is no folder {path.parent}; make it first")
    if not folder.is_dir():
        raise OutputError(f"{told}: {path.parent} is a file; name a folder that is there")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{told}: no permission to write in {path.parent}")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
