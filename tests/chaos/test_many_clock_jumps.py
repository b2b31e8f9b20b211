"""The stories of clock jumps over a long time: 300 of forty jumps each, a few minutes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.support.clock_stories import STARTS, STORIES, Story, live


@pytest.mark.timeout(1_800)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(start_ms=STARTS, story=STORIES)
def test_many_stories_lose_nothing_and_leave_no_wrong_time_unmarked(start_ms: int, story: Story) -> None:
    assert live(start_ms, story) == []
