"""The long form of the power cuts: POWER_CUTS (100,000 in all for a release) of them, from a printed seed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable

import pytest

from tests.support.power_cuts import JournalVictim, OutboxVictim, Victim, endure

CUTS = int(os.environ.get("POWER_CUTS", "20000")) // 2


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("make", [OutboxVictim, JournalVictim])
def test_many_power_cuts_lose_nothing(make: Callable[[], Victim]) -> None:
    seed = int(os.environ.get("POWER_CUT_SEED", secrets.randbelow(2**32)))
    print(f"seed {seed}")
    report = endure(make, CUTS, seed)
    print(f"{make.__name__}: {report}")
    assert (report.cuts, report.corrupt, report.lost) == (CUTS, 0, 0)
