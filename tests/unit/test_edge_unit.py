"""The systemd unit of the edge agent: known directives only, and an exposure that is kept low."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.support.tree import ROOT

UNIT = ROOT / "deploy" / "edge" / "xietong-edge.service"
HIGHEST_EXPOSURE = 2.0


def test_the_unit_watches_the_agent_and_keeps_it_small() -> None:
    lines = set(UNIT.read_text(encoding="utf-8").splitlines())
    assert {"Type=notify", "WatchdogSec=30", "Restart=always", "DynamicUser=yes", "MemoryMax=256M"} <= lines
    assert "ProtectSystem=strict" in lines
    assert "CapabilityBoundingSet=" in lines


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_is_hardened() -> None:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", UNIT], capture_output=True, text=True, check=True
    )
    assert said.stderr == "", "an unknown directive is told there"
    score = re.search(r"exposure level .*: (\d+\.\d)", said.stdout)
    assert score is not None
    assert float(score[1]) <= HIGHEST_EXPOSURE
