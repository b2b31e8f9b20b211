from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from device_profiles.identifiers import POINT_PATTERN
from device_profiles.measurements import MEASUREMENTS, OTHER, STORE_FIELDS, TAGS, StoreField, store_field

NAMES = sorted({point.name for profile in load_catalogue().all() for point in profile.all_points})


@pytest.mark.parametrize("name", NAMES)
def test_every_point_of_a_shipped_profile_has_its_field(name: str) -> None:
    assert name in STORE_FIELDS
    assert store_field(name).measurement != OTHER


def test_no_two_points_share_a_field_and_no_point_is_named_twice() -> None:
    points = Counter(point for fields in MEASUREMENTS.values() for point in fields.values())
    assert [name for name, times in points.items() if times > 1] == []
    assert len(set(STORE_FIELDS.values())) == len(STORE_FIELDS)


def test_the_table_names_no_point_that_no_profile_has() -> None:
    assert set(STORE_FIELDS) - set(NAMES) == set()


def test_no_field_has_the_name_of_a_tag() -> None:
    assert not {place.field for place in STORE_FIELDS.values()} & TAGS


def test_one_field_always_holds_one_datatype() -> None:
    types: dict[StoreField, set[str]] = {}
    for profile in load_catalogue().all():
        for point in profile.all_points:
            types.setdefault(store_field(point.name), set()).add(point.datatype)
    assert {place: found for place, found in types.items() if len(found) > 1} == {}


@given(st.from_regex(POINT_PATTERN, fullmatch=True), st.from_regex(POINT_PATTERN, fullmatch=True))
def test_points_of_a_customer_never_meet_in_one_field(one: str, other: str) -> None:
    assert (store_field(one) == store_field(other)) == (one == other)
