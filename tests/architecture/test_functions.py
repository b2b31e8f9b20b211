"""`docs/functions.md` is true: modules, screens and tests of the ten functions are where it says."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from cloud.console.navigation import NAVIGATION
from tests.support.tree import ROOT, python_files

TEN = (
    "data collection", "data sharing", "intelligent analysis", "value mining", "performance evaluation",
    "risk identification", "risk analysis", "risk handling", "risk feedback", "risk prediction",
)  # fmt: skip
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Function:
    """One row of the table."""

    name: str
    chinese: str
    modules: list[str]
    screens: list[str]
    tests: list[str]


def functions() -> list[Function]:
    lines = (ROOT / "docs" / "functions.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [Function(row[0], row[1], *(CODE.findall(cell) for cell in row[2:])) for row in rows[2:]]


def test_all_ten_functions_are_there_in_both_languages() -> None:
    assert tuple(one.name for one in functions()) == TEN
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{4}", one.chinese) for one in functions())


def test_every_module_exists_and_defines_something() -> None:
    for one in functions():
        assert one.modules
        for module in one.modules:
            tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
            assert any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body), module


def test_every_test_exists_and_tests_something() -> None:
    for one in functions():
        assert one.tests
        for test in one.tests:
            tree = ast.parse((ROOT / test).read_text(encoding="utf-8"))
            tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
            assert any(node.name.startswith("test_") for node in tests), test


def test_every_screen_is_served_and_can_be_found() -> None:
    offered = {item.path for group in NAVIGATION for item in group.items} | {"/public"}
    served = _served()
    for one in functions():
        assert one.screens
        assert set(one.screens) <= offered
        assert set(one.screens) <= served


def test_every_entry_of_the_navigation_leads_to_a_page() -> None:
    assert {item.path for group in NAVIGATION for item in group.items} <= _served()


def _served() -> set[str]:
    """Literal paths with which pages register themselves."""
    found: set[str] = set()
    for path in python_files("cloud/console/pages"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found |= {one.value for one in node.args if isinstance(one, ast.Constant) and str(one.value)[:1] == "/"}
    return found
