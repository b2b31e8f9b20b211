"""Power cuts while outbox and command journal write: nothing corrupt, nothing lost that was said to be durable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from foundation.disk import PRAGMAS
from tests.support.power_cuts import JournalVictim, OutboxVictim, Victim, endure

CUTS = 1_500
CANARY_CUTS = 100


@pytest.mark.parametrize("make", [OutboxVictim, JournalVictim])
def test_a_power_cut_loses_nothing_that_was_committed(make: Callable[[], Victim]) -> None:
    report = endure(make, CUTS, seed=20_260)
    print(f"{make.__name__}: {report}")
    assert (report.cuts, report.corrupt, report.lost) == (CUTS, 0, 0)
    assert report.commits > 2 * CUTS, "the lives were long enough to commit something"


@pytest.mark.parametrize("make", [OutboxVictim, JournalVictim])
def test_synchronous_normal_would_be_caught(make: Callable[[], Victim]) -> None:
    weaker = [pragma.replace("synchronous=FULL", "synchronous=NORMAL") for pragma in PRAGMAS]
    assert weaker != list(PRAGMAS)
    report = endure(make, CANARY_CUTS, seed=20_260, pragmas=weaker)
    print(f"planted bug, {make.__name__}: {report}")
    assert report.lost > CANARY_CUTS // 10


def test_no_synchronisation_at_all_would_be_caught_as_corruption() -> None:
    without = [pragma.replace("synchronous=FULL", "synchronous=OFF") for pragma in PRAGMAS]
    assert endure(OutboxVictim, 10 * CANARY_CUTS, seed=20_260, pragmas=without).corrupt > 0
