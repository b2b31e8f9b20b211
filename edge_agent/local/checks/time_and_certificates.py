"""The clock, and certificates that will soon be over: both end a link without a word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509

from edge_agent.local.checks.finding import Finding, Patient, fail, ok, warn
from edge_agent.local.clock_watch import boot_id, read_kept
from edge_agent.local.kernel_clock import read_kernel_clock
from edge_agent.local.places import CLOCK_FILE
from foundation.clock import from_ms
from foundation.steady_clock import STEP_MS, is_plausible

DAYS = (30, 14, 7)
"""Days ahead of the end at which a certificate is told, the last of them as a failure."""


def check_clock(patient: Patient) -> Iterator[Finding]:
    """A time that can be, and a server that keeps it."""
    now_ms = patient.clock.now_ms()
    if not is_plausible(now_ms):
        yield fail("clock.implausible", now=from_ms(now_ms).isoformat())
        return
    apart_s = _apart_s(patient, now_ms)
    if abs(apart_s) * 1000 > STEP_MS:
        yield warn("clock.differs", seconds=round(apart_s))
    state = read_kernel_clock()
    if state is None:
        yield warn("clock.unknown")
    elif not state.is_synchronised:
        yield warn("clock.unsynchronised")
    else:
        yield ok("clock.good", offset_ms=round(state.offset_s * 1000, 1))


def _apart_s(patient: Patient, now_ms: int) -> float:
    """How far the machine's clock is ahead of the agent's time in this run of the machine; 0 when that is not known."""
    kept = read_kept(patient.site.data_dir / CLOCK_FILE)
    if kept is None or kept.is_guess or not kept.is_of(boot_id()):
        return 0.0
    return (now_ms - kept.offset_ms) / 1000 - patient.clock.monotonic()


def check_certificates(patient: Patient) -> Iterator[Finding]:
    """Every certificate that the site file names."""
    now = from_ms(patient.clock.now_ms())
    for key, file in _certificates(patient):
        try:
            certificates = x509.load_pem_x509_certificates(file.read_bytes())
        except (OSError, ValueError) as error:
            yield fail("certificate.unreadable", setting=key, file=file, reason=error)
            continue
        for certificate in certificates:
            yield judge(key, certificate.not_valid_before_utc, certificate.not_valid_after_utc, now)


def judge(key: str, begins: datetime, ends: datetime, now: datetime) -> Finding:
    """A certificate by the days it has left."""
    facts = {"setting": key, "days": (ends - now).days, "ends": f"{ends:%Y-%m-%d}"}
    if now < begins:
        return fail("certificate.early", **facts)
    if now >= ends:
        return fail("certificate.over", **facts)
    urgent = sum((ends - now).days < days for days in DAYS)
    if urgent == len(DAYS):
        return fail("certificate.ends", **facts)
    return warn("certificate.ends", **facts) if urgent else ok("certificate.good", **facts)


def _certificates(patient: Patient) -> Iterator[tuple[str, Path]]:
    places = [("broker", patient.site.broker), *((f"buses.{bus.id}", bus) for bus in patient.site.buses)]
    for where, place in places:
        tls = getattr(place, "tls", None)
        for name in ("ca_file", "cert_file"):
            file = getattr(tls, name, None)
            if file is not None:
                yield f"{where}.tls.{name}", file
