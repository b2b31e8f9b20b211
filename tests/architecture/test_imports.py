"""The import rule of the architecture, and proof that its contracts see what they should."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tree import PACKAGES, ROOT, python_files

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

VIOLATIONS = [
    ("edge_agent/planted.py", "import cloud.core.event", "houses"),
    ("simulators/planted.py", "import edge_agent.site", "houses"),
    ("device_profiles/planted.py", "import gateway.messages", "houses"),
    ("simulators/planted.py", "import gateway.messages", "simulators"),
    ("demo/planted.py", "import simulators.loads", "demo"),
    ("edge_agent/planted.py", "import numpy", "small-box"),
    ("cloud/energy/planted.py", "import cloud.adapters", "cloud-layers"),
    ("cloud/api/planted.py", "import cloud.adapters", "cloud-layers"),
    ("cloud/jobs/planted.py", "import cloud.ingest", "cloud-layers"),
    ("cloud/console/planted.py", "import gateway.mqtt_link", "wire"),
    ("edge_agent/planted.py", "import gateway.host_application", "two-ends-host"),
    ("cloud/ingest/planted.py", "import gateway.edge_node", "two-ends"),
    ("gateway/sparkplug/planted.py", "import gateway.mqtt_link", "gateway-layers"),
    ("edge_agent/drivers/planted.py", "import edge_agent.delivery.outbox", "edge-layers"),
    ("cloud/detectors/planted.py", "import cloud.detectors.speeding", "detectors"),
    ("cloud/risk/rules/planted.py", "import cloud.risk.rules.idle", "risk-rules"),
    ("cloud/console/home_panels/planted.py", "import cloud.console.home_panels.risks", "home-panels"),
]


def _lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / ".importlinter", folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=lambda _, names: _not_python(names))
    return folder


def _not_python(names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__" or (Path(name).suffix and Path(name).suffix != ".py")]


def test_every_import_contract_is_kept() -> None:
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_command_line_imports_a_process_only_when_it_starts_one() -> None:
    """A gateway box without the cloud's packages must still run `xietong edge run`."""
    tree = ast.parse((ROOT / "xietong.py").read_text(encoding="utf-8"))
    assert {root for node in tree.body for root in _imported(node)} & set(PACKAGES) <= {"foundation"}


def test_nothing_imports_the_command_line() -> None:
    importers = [
        path.relative_to(ROOT).as_posix()
        for path in python_files(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if "xietong" in _imported(node)
    ]
    assert not importers


def _imported(node: ast.AST) -> list[str]:
    """Top-level packages that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    return [(node.module or "").partition(".")[0]] if isinstance(node, ast.ImportFrom) else []


@pytest.mark.parametrize(("place", "line", "contract"), VIOLATIONS)
def test_contract_catches_the_import_it_forbids(copy: Path, place: str, line: str, contract: str) -> None:
    planted = copy / place
    planted.write_text(f'"""Planted."""\n\n{line}\n', encoding="utf-8")
    try:
        result = _lint(copy, "--contract", contract)
    finally:
        planted.unlink()
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout, result.stdout + result.stderr
