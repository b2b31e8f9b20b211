"""Makes the secrets of the composition: `deploy/.env` and `deploy/secrets/`. What is there already stays as it is."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = (
    "XIETONG_INFLUX_PASSWORD",
    "XIETONG_INFLUX_TOKEN",
    "XIETONG_INFLUX_READER_PASSWORD",
    "XIETONG_POSTGRES_PASSWORD",
    "XIETONG_GRAFANA_PASSWORD",
)
BROKER_ACCOUNTS = ("xietong", "edge-1")
# mosquitto's own figures for its `$7$` form: PBKDF2 with SHA-512.
ROUNDS, SALT_BYTES = 101, 12


def main(folder: Path = HERE) -> None:
    """Write what is missing below `folder`."""
    environment = _environment(folder / ".env")
    _write(folder / ".env", "".join(f"{name}={value}\n" for name, value in environment.items()))
    _write(folder / "secrets" / "influx-token", environment["XIETONG_INFLUX_TOKEN"])
    passwords = {name: _kept(folder / "secrets" / f"mqtt-{name}") for name in BROKER_ACCOUNTS}
    _write(folder / "secrets" / "mqtt-password", passwords["xietong"])
    lines = [f"{name}:{_mosquitto_digest(password)}\n" for name, password in passwords.items()]
    # The broker runs as an account of its own inside its container; the file holds digests only.
    _write(folder / "secrets" / "mosquitto.passwd", "".join(lines), mode=0o644)
    (folder / "data").mkdir(exist_ok=True)


def _environment(file: Path) -> dict[str, str]:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    known = dict(line.split("=", 1) for line in lines if "=" in line)
    made = {name: secrets.token_urlsafe(24) for name in NAMES}
    return {**made, "XIETONG_USER": f"{os.getuid()}:{os.getgid()}", **known}


def _kept(file: Path) -> str:
    if not file.exists():
        _write(file, secrets.token_urlsafe(24))
    return file.read_text(encoding="utf-8")


def _mosquitto_digest(password: str) -> str:
    salt = secrets.token_bytes(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _write(file: Path, content: str, mode: int = 0o600) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=mode)
    file.chmod(mode)
    file.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
