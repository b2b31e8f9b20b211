"""G01: one room promised to two meetings at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.records.record import Record
from cloud.risk.occurrence import moment
from cloud.risk.record_reads import by_field, flag, rows, text
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

AHEAD_DAYS = 60
"""Meetings further off are arranged anew anyway."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per room: the first clash of approved bookings that is not over yet."""
    today = local_day(evidence.now_ms)
    book = rows(evidence, "booking", first=today, until=today + timedelta(AHEAD_DAYS))
    ahead = [one for one in book if flag(one, "approved") and one.end_ms > evidence.now_ms]
    for room, bookings in by_field(ahead, "room").items():
        clashes = _clashes(bookings)
        if clashes:
            first, second = clashes[0]
            data = {
                "room": room,
                "first": text(first, "booking"),
                "second": text(second, "booking"),
                "from": moment(second.start_ms),
                "until": moment(min(first.end_ms, second.end_ms)),
                "clashes": len(clashes),
            }
            yield Sighting(first.subject, f"{first.record_id}/{second.record_id}", second.start_ms, data)


def _clashes(bookings: list[Record]) -> list[tuple[Record, Record]]:
    """Each booking that begins before an earlier one has ended, with that one which ends last."""
    found: list[tuple[Record, Record]] = []
    ordered = sorted(bookings, key=lambda one: (one.start_ms, one.record_id))
    longest = ordered[0]
    for _, booking in pairwise(ordered):
        if booking.start_ms < longest.end_ms:
            found.append((longest, booking))
        longest = max(longest, booking, key=lambda one: one.end_ms)
    return found


RULE = Rule(
    rule_id="G01",
    kind="general.double_booking",
    severity=Severity.YELLOW,
    consequence=1,
    playbook=Playbook(),
    basis="internal",
    confidence="verified",
    examine=examine,
    due_h=24,
)
