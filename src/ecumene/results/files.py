"""Files that are there whole or not at all, and known by their digest."""

from __future__ import annotations

import contextlib
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
