"""What computes a run, as one digest: the compiled code and the data of every part below the run itself.

Comments, docstrings, the layout of lines, and whatever draws, exports or asks about a run are no part of it: they
change no result. Code is compared as Python compiles it, so another version of Python is another program.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ABOVE = frozenset(
    {"siting", "whereabouts", "alternatives", "archive", "reasons", "views", "exports"}
    | {"cli", "service", "emulation", "__main__"}
)
"""Parts that stand above the run: they ask for it, and are never asked; a test holds them to the order of imports."""


@cache
def code_digest() -> str:
    """Return the SHA-256 of what computes a run; the same for a whole process, whatever becomes of its files."""
    root = Path(__file__).parent.parent
    return digest_of({path.relative_to(root).as_posix(): path.read_bytes() for path in _files(root)})


def digest_of(files: dict[str, bytes]) -> str:
    """Return the SHA-256 of files by name: of Python files what they are compiled to, of others every byte."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"\n{name}\n".encode())
        if name.endswith(".py"):
            code = compile(files[name], name, "exec", dont_inherit=True, optimize=2)
            digest.update("\n".join(_words(code)).encode())
        else:
            digest.update(files[name])
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    """Return the code and the data files of all parts that compute."""
    for path in root.rglob("*"):
        part = path.relative_to(root).parts[0].removesuffix(".py")
        is_data = path.parent.name == "data" and path.is_file()
        if part not in ABOVE and (path.suffix == ".py" or is_data):
            yield path


def _words(code: CodeType) -> Iterator[str]:
    """Return all of a code object but where it stands in its file."""
    yield code.co_name
    yield code.co_code.hex()
    yield code.co_exceptiontable.hex()
    yield repr((code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags))
    yield repr((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _words(constant)
        else:
            yield _word(constant)


def _word(constant: Any) -> str:
    """Return a constant in words that are the same in every process; sets have an order of their own in each."""
    if isinstance(constant, tuple):
        return f"({', '.join(map(_word, constant))})"
    if isinstance(constant, frozenset):
        return f"{{{', '.join(sorted(map(_word, constant)))}}}"
    return repr(constant)
