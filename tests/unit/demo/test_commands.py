"""Answers of the status commands, and commands that fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from demo.commands import CloudStatus, answer, finish
from demo.network import free_ports, is_open
from demo.screen import language_of_environment
from demo.supervisor import ChildFailed, ChildSpec


async def test_answer_is_standard_output_alone(tmp_path: Path) -> None:
    code = "import sys; print('noise', file=sys.stderr); print('{}')"
    assert await answer((sys.executable, "-c", code), tmp_path / "status.log") == "{}\n"
    assert (tmp_path / "status.log").read_text() == "noise\n"


async def test_failed_command_tells_its_reason(tmp_path: Path) -> None:
    code = "import sys; sys.exit('xietong: site.yaml: group: wrong')"
    with pytest.raises(ChildFailed, match="group: wrong"):
        await answer((sys.executable, "-c", code), tmp_path / "status.log")
    with pytest.raises(ChildFailed, match="group: wrong"):
        await finish(ChildSpec("import", (sys.executable, "-c", code), tmp_path / "import.log"))


def test_missing_figure_is_an_error_and_not_a_zero() -> None:
    with pytest.raises(KeyError):
        CloudStatus.parse({"stored": 1, "events_by_department": {}})


async def test_free_ports_differ_and_are_free() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert not await is_open(ports[0])


def test_preferred_port_is_taken_only_when_nobody_has_it() -> None:
    (wanted,) = free_ports(1)
    assert free_ports(2, preferred=wanted)[0] == wanted


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LC_ALL": "", "LANG": "zh_TW"}, "zh-CN"),
        ({}, "en"),
    ],
)
def test_language_follows_the_terminal(environment: dict[str, str], language: str) -> None:
    assert language_of_environment(environment) == language
