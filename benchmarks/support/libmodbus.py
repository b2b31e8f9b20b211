"""Builds the C client against libmodbus of Debian, taken without installing it; needs gcc."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support.debian import Apt, PackageUnavailable

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache" / "peers" / "libmodbus"
PACKAGES = ("libmodbus-dev", "libmodbus5")


def build() -> Path | None:
    """The program, built once; None where gcc or the packages are not to be had."""
    program = CACHE / "libmodbus_poll"
    if program.exists():
        return program
    if shutil.which("gcc") is None:
        return None
    try:
        apt = Apt(CACHE / "apt")
        for package in PACKAGES:
            apt.unpack(package, CACHE)
    except PackageUnavailable:
        return None
    library = next(CACHE.glob("usr/lib/*/libmodbus.so.5")).parent
    headers = CACHE / "usr" / "include" / "modbus"
    subprocess.run(
        ["gcc", "-O2", "-o", program, HERE / "libmodbus_poll.c",
         f"-I{headers}", f"-L{library}", "-lmodbus", f"-Wl,-rpath,{library}"],
        check=True,
    )  # fmt: skip
    return program
