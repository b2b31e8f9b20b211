"""When the leaks of a scenario began.

It must be the same for the data logger's past and for the running meters, else a register would jump: the simulators
that run decide, and their state file tells the others.
"""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from pathlib import Path

from foundation.clock import from_ms, to_ms
from foundation.errors import ConfigError
from simulators.calendar import SHANGHAI
from simulators.leak import Leak, kept_leaks
from simulators.scenario import Scenario


def planned_leaks(scenario: Scenario, at_ms: int) -> list[Leak]:
    """The leaks of a scenario that starts at `at_ms`: each began at local midnight, its whole nights ago."""
    today = from_ms(at_ms).astimezone(SHANGHAI).date()
    return [
        Leak(one.building, one.litres_per_h, to_ms(datetime.combine(today - timedelta(one.nights), time(), SHANGHAI)))
        for one in scenario.leaks
    ]


def current_leaks(scenario: Scenario, at_ms: int, state_file: Path | None) -> list[Leak]:
    """The leaks as the running simulators have them when their state file is there, else as planned."""
    if state_file is None or not state_file.exists():
        return planned_leaks(scenario, at_ms)
    try:
        return kept_leaks(json.loads(state_file.read_bytes())["plant"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(state_file, "file", f"not a state of the simulators: {error!r}") from error
