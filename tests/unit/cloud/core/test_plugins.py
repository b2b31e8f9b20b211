"""The plug-in loader over real packages made for the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.core.plugins import load_plugins
from foundation.errors import ConfigError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """An importable package named after the test."""
    folder = tmp_path / str(request.node.name)
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_every_module_gives_its_object_in_alphabetical_order(package: Path) -> None:
    (package / "beta.py").write_text("RULE = 2")
    (package / "alpha.py").write_text("RULE = 1")
    assert list(load_plugins(package.name, "RULE", int).items()) == [("alpha", 1), ("beta", 2)]


def test_a_module_without_its_object_stops_the_start(package: Path) -> None:
    (package / "alpha.py").write_text("RULE = 1")
    (package / "stray.py").write_text("OTHER = 1")
    with pytest.raises(ConfigError, match=r"stray\.py: RULE: must be a int"):
        load_plugins(package.name, "RULE", int)
    assert list(load_plugins(package.name, "RULE", int, without=("stray",))) == ["alpha"]


def test_an_object_of_another_kind_stops_the_start(package: Path) -> None:
    (package / "alpha.py").write_text("RULE = 'one'")
    with pytest.raises(ConfigError, match=r"alpha\.py: RULE"):
        load_plugins(package.name, "RULE", int)


def test_a_package_without_plugins_stops_the_start(package: Path) -> None:
    with pytest.raises(ConfigError, match="no plug-in"):
        load_plugins(package.name, "RULE", int)
