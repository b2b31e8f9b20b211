"""The data folder, the room on its disk, and who may read the secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from edge_agent.local.checks.finding import Finding, Patient, fail, ok, warn
from edge_agent.lock import LOCK_FILE
from foundation.disk import holder
from foundation.errors import ConfigError
from gateway.keys import read_trusted_keys

LEAST_FREE_MB, WANTED_FREE_MB = 50, 500
OTHERS = 0o077
"""Mode bits of group and others."""


def check_folder(patient: Patient) -> Iterator[Finding]:
    """Whether the agent can keep its data, and how much more."""
    folder = patient.site.data_dir
    if not folder.is_dir():
        yield warn("folder.missing", folder=folder)
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield fail("folder.rights", folder=folder)
        return
    yield ok("folder.good", folder=folder)
    found = os.statvfs(folder)
    free_mb = found.f_bavail * found.f_frsize // 1_000_000
    grade = fail if free_mb < LEAST_FREE_MB else warn if free_mb < WANTED_FREE_MB else ok
    yield grade("disk.room", free_mb=free_mb)
    if found.f_files and found.f_favail < 100:
        yield fail("disk.inodes", left=found.f_favail)


def check_agent(patient: Patient) -> Iterator[Finding]:
    """Whether an agent works on the folder."""
    process = holder(patient.site.data_dir / LOCK_FILE)
    yield warn("agent.none") if process is None else ok("agent.runs", process=process)


def check_secrets(patient: Patient) -> Iterator[Finding]:
    """Passwords, private keys and secrets are for their owner only."""
    for key, file in _secrets(patient):
        try:
            mode = file.stat().st_mode
        except OSError as error:
            yield fail("secret.missing", setting=key, file=file, reason=error.strerror)
            continue
        if mode & OTHERS:
            yield fail("secret.open", setting=key, file=file, mode=f"{mode & 0o777:04o}")
        elif not os.access(file, os.R_OK):
            yield fail("secret.unreadable", setting=key, file=file)
        else:
            yield ok("secret.good", setting=key)


def check_command_keys(patient: Patient) -> Iterator[Finding]:
    """Whether commands of the cloud can be proved."""
    site = patient.site
    if site.accept_unsigned:
        yield warn("keys.unsigned")
    try:
        keys = read_trusted_keys(site.command_keys, patient.site_file)
    except ConfigError as error:
        yield fail("keys.wrong", setting=error.key, reason=error.reason)
        return
    yield ok("keys.good", count=len(keys)) if keys else warn("keys.none")


def _secrets(patient: Patient) -> Iterator[tuple[str, Path]]:
    site = patient.site
    if site.broker.password_file is not None:
        yield "broker.password_file", site.broker.password_file
    if site.broker.tls is not None and site.broker.tls.key_file is not None:
        yield "broker.tls.key_file", site.broker.tls.key_file
    for bus in site.buses:
        tls = getattr(bus, "tls", None)
        for key, file in (
            ("password_file", getattr(bus, "password_file", None)),
            ("tls.key_file", getattr(tls, "key_file", None)),
        ):
            if file is not None:
                yield f"buses.{bus.id}.{key}", file
        secret = getattr(bus, "secret_file", None)
        if secret is not None and secret.exists():
            yield f"buses.{bus.id}.secret_file", secret
