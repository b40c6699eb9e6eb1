"""Names and docstrings: what a stranger relies on."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).resolve().parents[2] / "src" / "ecumene"
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}

Function = ast.FunctionDef | ast.AsyncFunctionDef

SUFFIXES = (
    *("_m", "_km", "_km2", "_s", "_ms", "_days", "_deg", "_rad", "_hz", "_bps", "_gbps", "_mbps"),
    *(
        "_db",
        "_dbi",
        "_dbw_m2_mhz",
        "_k",
        "_mjd",
        "_km_day",
        "_rad_s",
        "_per_km2",
        "_rev_day",
        "_mm_h",
        "_ghz",
        "_dbw",
        "_dbm2",
        "_dbw_mhz",
        "_mhz",
    ),
)

NO_UNIT = {
    "stands_for": "cells for which one of a sample stands",
    "load_max_share": "a part of a whole",
    "share": "a part of a whole",
    "main_share": "a part of a whole",
    "load": "a part of a whole",
    "mbps": "its own unit: Mbit/s, as in the table of places",
    "efficiency": "bit/s/Hz",
    "unit_price": "units of a plan, defined in the glossary",
    "listed_share": "a part of a whole",
    "rings": "degrees: longitude and latitude",
    "circles": "degrees, degrees and metres",
    "uplink_j_over_n": "a power ratio",
    "uplink_jammer_w": "watts",
    "uplink_terminal_w": "watts",
    "uplink_gain": "m2/W: a ratio of watts from one metre",
    "carried_share": "a part of a whole",
    "reachable": "a share of slots",
    "people": "a count",
    "subscribers": "a count",
    "subscribers_of_row": "a count",
    "n_subscribers": "a count that may be broken",
    "n_unplaced": "a count that may be broken",
    "left_over": "a count that may be broken",
    "left_over_by_country": "counts that may be broken",
    "fed_of_sat": "a count, summed over slots",
    "antennas_used": "a count, summed over slots",
    "carried_of_sat": "bit/s, summed over slots",
    "carried_of_sat_max": "bit/s; the quantity comes first, what it is of after it",
    "carried_of_gateway": "bit/s, summed over slots",
    "carried_of_gateway_max": "bit/s; as above",
    "people_gain": "a count that may be broken",
    "people_lost": "a count that may be broken",
    "people_through": "a count that may be broken",
    "people_loss": "a count that may be broken",
    "people_before": "a count that may be broken",
    "gain": "of whichever measure: bit/s or people",
    "bound": "of whichever measure: bit/s or people",
    "percent": "its own unit: %",
    "totals": "a ledger of several quantities",
    "seconds": "their own unit, one a slot",
    "length_scale": "a ratio of two radii",
    "sine": "of an elevation",
    "up": "a unit vector",
    "up_of_gateway": "unit vectors",
    "axis": "unit vectors",
    "mjd": "its own unit: days",
    "ut1_rate": "seconds a second",
    "launch_year": "its own unit: years",
    "terms": "sines, cosines and a unit vector",
    "cells": "scaled lengths of several kinds, packed for the processor",
    "middle": "Earth radii",
    "blocks": "coefficients of many units, packed for the processor",
    "demand": "units of a plan, defined in the glossary",
    "y_min": "map coordinate of a picture",
    "y_max": "map coordinate of a picture",
    "scale": "what a step of a stored number is, in the unit of its array",
    "bounds": "ends of a colour scale, in the unit of its quantity",
    "land": "outlines in map coordinates",
    "seas": "outlines in map coordinates",
    "coasts": "outlines in map coordinates",
    "borders": "outlines in map coordinates",
}
"""Public float fields without a unit at the end, each with its reason."""

SECTIONS_ELSEWHERE = {
    **dict.fromkeys(
        (
            f"scheduling/{name}.py"
            for name in ("fill", "flow", "gain", "market", "offers", "prices", "sample", "scan", "wishes")
        ),
        "steps of the solver; their arguments are the named tuples of market.py, flow.py and fill.py",
    ),
    **dict.fromkeys(
        (
            f"cli/{name}.py"
            for name in (
                *("base", "runs", "reports", "results", "exports", "law", "machine"),
                *("network", "questions", "sweeps"),
            )
        ),
        "the help text of each option stands in its annotation",
    ),
    "slot.py": "arguments are the results of the steps before, documented where they are defined",
    "earth/packed_cells.py": "written for tools/build_cells.py",
    "earth/outlines.py": "written for tools/build_cells.py",
    "earth/towns.py": "written for tools/build_cells.py",
}
"""Files whose functions may describe three or more parameters in prose alone."""

IN_PROSE = {
    "is_far_from_arc": "a step of is_excluded, which describes them",
    "remedy": "the entries of worst_isolated",
    "progress_text": "one sentence names all three",
}


def is_public(node: Function | ast.ClassDef) -> bool:
    return not node.name.startswith("_")


def public() -> Iterator[tuple[Path, Function | ast.ClassDef]]:
    """Return public functions and classes of all modules, and public methods of public classes."""
    for path, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, Function | ast.ClassDef) and is_public(node):
                yield path, node
                if isinstance(node, ast.ClassDef):
                    yield from ((path, m) for m in node.body if isinstance(m, Function) and is_public(m))


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(SOURCE.parent)}:{node.lineno}"  # type: ignore[attr-defined]


def parameters(node: Function) -> list[str]:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [arg.arg for arg in every if arg.arg not in {"self", "cls"}]


def test_everything_public_has_a_docstring() -> None:
    bare = [f"{where(path, node)}: {node.name}" for path, node in public() if not ast.get_docstring(node)]
    assert not bare, "\n".join(bare)


def test_modules_have_a_docstring() -> None:
    """Empty __init__ files of rooms excepted."""
    bare = [str(path) for path, tree in TREES.items() if tree.body and not ast.get_docstring(tree)]
    assert not bare, "\n".join(bare)


def test_functions_with_many_parameters_describe_them() -> None:
    """Numpy sections for three parameters or more; one sentence is enough for two."""
    bare = [
        f"{where(path, node)}: {node.name}"
        for path, node in public()
        if isinstance(node, Function)
        and len(parameters(node)) > 2
        and str(path.relative_to(SOURCE)) not in SECTIONS_ELSEWHERE
        and node.name not in IN_PROSE
        and "Parameters\n----------" not in (ast.get_docstring(node) or "")
    ]
    assert not bare, "\n".join(bare)


def test_described_parameters_exist() -> None:
    """A Parameters section names no parameter that is gone."""
    wrong = []
    for path, node in public():
        text = ast.get_docstring(node) or ""
        if not isinstance(node, Function) or "Parameters\n----------\n" not in text:
            continue
        section = re.split(r"\n\n(?=\w+\n-{3,})", text.split("Parameters\n----------\n")[1])[0]
        heads = [line.split(" : ")[0] for line in section.splitlines() if line and not line.startswith(" ")]
        named = {name.strip(" *") for head in heads for name in head.split(",")} - {"optional", ""}
        wrong += [
            f"{where(path, node)}: {node.name}: {name}" for name in sorted(named - set(parameters(node)))
        ]
    assert not wrong, "\n".join(wrong)


def float_fields() -> Iterator[tuple[Path, ast.AnnAssign, str]]:
    """Return the float fields of public dataclasses."""
    for path, node in public():
        is_dataclass = isinstance(node, ast.ClassDef) and any(
            "dataclass" in ast.unparse(mark) for mark in node.decorator_list
        )
        for field in node.body if is_dataclass else ():
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                kind = ast.unparse(field.annotation)
                if "float" in kind and "Callable" not in kind:
                    yield path, field, field.target.id


def test_floats_end_in_their_unit() -> None:
    bare = [
        f"{where(path, field)}: {name}"
        for path, field, name in float_fields()
        if not name.endswith(SUFFIXES) and name not in NO_UNIT
    ]
    assert not bare, "name the unit, or add the field to NO_UNIT with a reason:\n" + "\n".join(bare)


def test_exceptions_are_still_needed() -> None:
    names = {name for _, _, name in float_fields()}
    assert set(NO_UNIT) <= names, set(NO_UNIT) - names
    functions = {node.name for _, node in public()}
    assert set(IN_PROSE) <= functions


def test_no_print() -> None:
    """Results go through typer.echo; progress is printed to a stream it was given."""
    bare = [
        where(path, node)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "print"
        and not any(word.arg == "file" for word in node.keywords)
    ]
    assert not bare, "\n".join(bare)


def test_no_room_without_a_name() -> None:
    vague = {"utils", "util", "helpers", "common", "misc", "tools"}
    found = [str(path) for path in SOURCE.rglob("*.py") if path.stem in vague or path.parent.name in vague]
    assert not found, found


def test_rooms_are_two_levels_deep() -> None:
    deep = [str(p) for p in SOURCE.rglob("*.py") if len(p.relative_to(SOURCE).parts) > 2]
    assert not deep, deep


def test_every_module_postpones_its_annotations() -> None:
    """Modules with nothing but constants need not."""
    late = [
        str(path)
        for path, tree in TREES.items()
        if any(isinstance(node, Function | ast.ClassDef) for node in tree.body)
        and not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    ]
    assert not late, late


def test_logging_is_not_configured() -> None:
    found = [str(path) for path in TREES if "basicConfig" in path.read_text(encoding="utf-8")]
    assert not found, found


def test_errors_are_the_tree_drawn() -> None:
    """The tree at the top of errors.py names every class, and no other."""
    tree = TREES[SOURCE / "errors.py"]
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    drawn = set(re.findall(r"\b[A-Z]\w*Error\b", ast.get_docstring(tree) or ""))
    assert classes == drawn
