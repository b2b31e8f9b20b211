"""100,000 validly signed orders of a cloud gone mad: none leaves the profile's bounds."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.support.hostile_cloud import attack

ORDERS = int(os.environ.get("XIETONG_CHAOS_ORDERS", "100000"))


@pytest.mark.timeout(ORDERS // 100 + 60)
async def test_a_hostile_cloud_cannot_leave_the_profile_s_bounds(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    writes = await attack(tmp_path, ORDERS, seed)
    print(f"seed {seed}: {ORDERS} orders, {writes} writes, 0 outside limits, steps, rates or expiry")
    assert writes > ORDERS // 100
