"""Rules of form that every Python file of the product keeps."""

from __future__ import annotations

import ast
from functools import cache
from itertools import combinations
from pathlib import Path

from tests.support.tree import PACKAGES, ROOT, python_files

MOST_LINES = 400
MOST_FUNCTION_LINES = 40
MOST_ALIKE = 0.6
SMALLEST_COMPARED = 40


@cache
def _product() -> dict[str, ast.Module]:
    """Every Python file of the product, parsed, by its path in the project."""
    paths = [*python_files(*PACKAGES), ROOT / "xietong.py"]
    return {_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def test_no_python_file_is_longer_than_a_reader_can_hold() -> None:
    paths = [*python_files(*PACKAGES, "tests", "benchmarks"), ROOT / "xietong.py"]
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert not {name: lines for name, lines in lengths.items() if lines > MOST_LINES}


def test_every_module_says_why_it_exists() -> None:
    assert not [name for name, tree in _product().items() if not ast.get_docstring(tree)]


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        f"{name}:{node.name}": _body_lines(node)
        for name, tree in _product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert not {where: lines for where, lines in lengths.items() if lines > MOST_FUNCTION_LINES}


def test_package_files_only_describe_and_re_export() -> None:
    statements = {name: tree.body for name, tree in _product().items() if name.endswith("__init__.py")}
    assert not [name for name, body in statements.items() if not all(_describes(one) for one in body)]


def test_imports_are_absolute() -> None:
    assert not [
        f"{name}:{node.lineno}"
        for name, tree in _product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def test_no_two_files_are_copies_of_each_other() -> None:
    lines = {name: _significant_lines(ROOT / name) for name in _product()}
    compared = {name: own for name, own in lines.items() if len(own) >= SMALLEST_COMPARED}
    assert not [
        (one, other)
        for one, other in combinations(compared, 2)
        if len(compared[one] & compared[other]) > MOST_ALIKE * min(len(compared[one]), len(compared[other]))
    ]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement behind the docstring to the end."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def _describes(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign):
        return [ast.unparse(target) for target in statement.targets] == ["__all__"]
    is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_docstring or isinstance(statement, ast.Import | ast.ImportFrom)


def _significant_lines(path: Path) -> set[str]:
    lines = {line.strip() for line in path.read_text(encoding="utf-8").splitlines()}
    return {line for line in lines if len(line) > 8 and not line.startswith(("import ", "from ", "#"))}
