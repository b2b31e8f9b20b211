from __future__ import annotations

import re

import pytest

from device_profiles.identifiers import POINT_PATTERN, PROFILE_ID_PATTERN, is_id


@pytest.mark.parametrize("text", ["a", "a-main", "car-01", "x" * 40])
def test_lower_case_with_inner_hyphens_is_an_id(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "A", "-a", "a-", "a/b", "a+", "#", "a_b", "x" * 41, "a\n", "楼"])
def test_nothing_that_could_hurt_a_topic_is_an_id(text: str) -> None:
    assert not is_id(text)


def test_profile_ids_and_point_names_have_their_own_grammar() -> None:
    assert re.fullmatch(PROFILE_ID_PATTERN, "tuf.tuf2000m_water")
    assert not re.fullmatch(PROFILE_ID_PATTERN, "sdm630")
    assert re.fullmatch(POINT_PATTERN, "Power/Active/L1")
    assert not re.fullmatch(POINT_PATTERN, "power/active")
