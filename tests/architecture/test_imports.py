"""The import rule of the architecture, and proof that its contracts see what they should."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tree import PACKAGES, ROOT

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
