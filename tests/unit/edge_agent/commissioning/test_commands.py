from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.commissioning.commands import PAGES, app, scan_app
from foundation.errors import ConfigError
from tests.support.tree import ROOT

RUNNER = CliRunner()


def test_a_new_profile_is_written_checked_and_never_overwritten(tmp_path: Path) -> None:
    options = ["new", "acme.x1", "--vendor", "Acme", "--model", "X1", "--folder", str(tmp_path)]
    made = RUNNER.invoke(app, options)
    assert (made.exit_code, made.output) == (0, f"{tmp_path / 'acme_x1.yaml'}\n")
    assert RUNNER.invoke(app, ["check", str(tmp_path)]).output == "ok\n"
    (tmp_path / "acme_x1.yaml").write_text("mine", encoding="utf-8")
    again = RUNNER.invoke(app, options)
    assert isinstance(again.exception, ConfigError)
    assert (tmp_path / "acme_x1.yaml").read_text(encoding="utf-8") == "mine"


def test_the_pages_are_written_where_they_are_wanted_with_a_customers_own_profiles(tmp_path: Path) -> None:
    own, pages = tmp_path / "own", tmp_path / "pages"
    own.mkdir()
    RUNNER.invoke(app, ["new", "acme.x1", "--vendor", "Acme", "--model", "X1", "--folder", str(own)])
    assert RUNNER.invoke(app, ["doc", "--folder", str(pages), "--profiles", str(own)]).exit_code == 0
    for name in PAGES.values():
        text = (pages / name).read_text(encoding="utf-8")
        assert "### acme.x1\n" in text
        assert set((ROOT / "docs" / name).read_text(encoding="utf-8").splitlines()) <= set(text.splitlines())


def test_the_schema_is_json() -> None:
    assert json.loads(RUNNER.invoke(app, ["schema"]).output)["$id"] == "xietong.device-profile/1"


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["probe"], "unit"),
        (["probe", "--unit", "1", "--address", "000000000001"], "unit"),
        (["probe", "--unit", "1"], "bus"),
        (["probe", "--address", "12345", "--host", "h"], "address"),
        (["probe", "--address", "7833001122334G", "--host", "h"], "address"),
        (["probe", "--unit", "1", "--host", "h", "--serial", "/dev/ttyUSB0"], "bus"),
    ],
)
def test_a_probe_needs_one_place_on_one_bus(arguments: list[str], key: str) -> None:
    error = RUNNER.invoke(app, arguments).exception
    assert isinstance(error, ConfigError)
    assert error.key == key


def test_a_scan_needs_units_and_a_language_that_exist(tmp_path: Path) -> None:
    site = ["--site", str(tmp_path / "site.yaml"), "--bus", "line"]
    for extra, key in (
        (["--units", "x"], "units"),
        (["--language", "fr"], "language"),
        (["--languages", "x"], "languages"),
    ):
        error = RUNNER.invoke(scan_app, [*site, *extra]).exception
        assert isinstance(error, ConfigError)
        assert error.key == key
