"""What goes onto a gateway without internet: every wheel for a 64-bit Raspberry Pi; an installation from a bundle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.process import ROOT

EXPECTED = (
    "cryptography",
    "paho_mqtt",
    "protobuf",
    "pydantic_core",
    "pymodbus",
    "pyserial",
    "pyyaml",
    "typer",
    "xietong",
)


def make(*arguments: str) -> str:
    done = subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(300)
def test_every_wheel_of_the_edge_is_there_for_aarch64(tmp_path: Path) -> None:
    make("edge-bundle", f"BUNDLE={tmp_path}")
    wheels = sorted(path.name for path in tmp_path.iterdir())
    assert all(name.endswith(".whl") for name in wheels), wheels
    assert all(name.endswith(("any.whl", "aarch64.whl")) for name in wheels), wheels
    for package in EXPECTED:
        assert any(name.startswith(f"{package}-") for name in wheels), package


@pytest.mark.timeout(300)
def test_a_gateway_is_installed_from_a_bundle_alone(tmp_path: Path) -> None:
    bundle, home = tmp_path / "bundle", tmp_path / "gateway"
    make("edge-bundle", f"BUNDLE={bundle}", "BUNDLE_FOR=")
    subprocess.run([sys.executable, "-m", "venv", home], check=True, timeout=120)
    install = [home / "bin/pip", "install", "--quiet", "--no-index", "--find-links", bundle, "xietong"]
    subprocess.run(install, check=True, timeout=200)
    listed = subprocess.run([home / "bin/xietong", "profile", "list"], capture_output=True, text=True, check=True)
    assert "acrel.adl400" in listed.stdout
