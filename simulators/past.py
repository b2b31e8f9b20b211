"""The past that a simulated office brings along: what a data logger measured, and what stands in its books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foundation.clock import to_ms
from simulators.calendar import SHANGHAI
from simulators.compound import load_compound
from simulators.history import write_history
from simulators.leak_plan import current_leaks
from simulators.scenario import load_scenario
from simulators.year.writer import write_year


@dataclass(frozen=True)
class PastOptions:
    """What to write and where; `state_file` is that of simulators which run already, so that registers go on."""

    compound: Path | None = None
    scenario: str = "steady"
    state_file: Path | None = None
    history: Path | None = None
    weeks: float = 8
    records: Path | None = None
    until: datetime | None = None


def write_past(options: PastOptions) -> dict[str, Any]:
    """Write a logger's file, a year of records, or both, up to `until` (now if none); returns what was written."""
    until = options.until.replace(tzinfo=SHANGHAI) if options.until else datetime.now(UTC)
    compound = load_compound(options.compound)
    leaks = current_leaks(load_scenario(options.scenario, compound), to_ms(until), options.state_file)
    written: dict[str, Any] = {}
    if options.history is not None:
        report = write_history(compound, options.history, weeks=options.weeks, until=until, leaks=leaks)
        written |= {"readings": report.readings, "series": len(report.series), "left_out": report.left_out}
    if options.records is not None:
        day = until.astimezone(SHANGHAI).date()
        written["records"] = write_year(compound, options.records, until=day, leaks=leaks)
    return written
