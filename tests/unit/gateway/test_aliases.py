"""Aliases stand for one name of one device, and what was not declared has none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from device_profiles.catalogue import load_catalogue
from device_profiles.identifiers import Id
from edge_agent.site import Site
from gateway.messages import DeviceBirth, DeviceMessage, PointBirth, Quality, Reading
from gateway.sparkplug import aliases as aliases_module
from gateway.sparkplug.aliases import AliasBook
from gateway.sparkplug.codec import DataType, Metric, decode, parse
from gateway.sparkplug.vocabulary import (
    NAMED,
    NodeBirth,
    device_birth_payload,
    node_birth_payload,
    row_body,
    row_frame,
)
from tests.support.tree import ROOT

UUID = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
NAMES = st.lists(st.text("abcXYZ/_", min_size=1, max_size=6), unique=True, max_size=12)


def declared(book: AliasBook, device: str, names: list[str]) -> tuple[Metric, ...]:
    return book.declare(device, [Metric(name, 1.0, 1, DataType.DOUBLE) for name in names])


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(["", "m1", "m2", "m3"]), NAMES), st.sampled_from([35, 5]))
def test_e14_aliases_are_unique_over_node_and_devices_even_when_their_hashes_collide(
    births: dict[str, list[str]], bits: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aliases_module, "BITS", bits)
        book, names_left = AliasBook(), 2**5
        for device, names in births.items():
            for _ in range(2):  # a device may be born again
                declared(book, device, names[:names_left])
            names_left -= len(names[:names_left])
    numbers = [number for device in births for number in book.numbers(device).values()]
    assert len(set(numbers)) == len(numbers)
    for device in births:
        for name, number in book.numbers(device).items():
            meaning = book.meaning(device, number)
            assert meaning is not None
            assert meaning.name == name


def test_e14_an_alias_means_the_same_in_every_session_and_nothing_to_another_device() -> None:
    first, second = AliasBook(), AliasBook()
    declared(first, "m1", ["P", "Q"])
    declared(second, "m2", ["Q"])
    declared(second, "m1", ["Q", "P"])
    assert first.numbers("m1") == second.numbers("m1")
    assert second.meaning("m2", first.numbers("m1")["P"]) is None
    second.clear()
    assert second.meaning("m1", first.numbers("m1")["P"]) is None


def test_e8_e14_the_names_of_controls_have_no_alias() -> None:
    payload = decode(node_birth_payload(NodeBirth(UUID, "n", {}), bdseq=0, seq=0, now_ms=1, aliases=AliasBook(NAMED)))
    plain = {metric.name for metric in payload.metrics if metric.alias is None}
    assert plain == {"bdSeq", "Node Control/Rebirth", "Node Control/Ack"}


def test_e7_a_missing_value_is_null_without_a_value_in_birth_and_data() -> None:
    book = AliasBook(NAMED)
    birth = DeviceBirth("m1", {}, (PointBirth("P", "float"),))
    point = parse(device_birth_payload(birth, stream=UUID, seq=1, now_ms=9, aliases=book)).metrics[0]
    body = row_body(DeviceMessage("m1", (Reading("P", None, 5),)))
    frame = row_frame(body, stream=UUID, spool=1, seq=2, now_ms=9, aliases=book.numbers("m1"))
    for metric in (point, parse(frame).metrics[0]):
        assert metric.is_null
        assert metric.WhichOneof("value") is None


def test_e14_a_row_of_a_point_that_left_the_site_keeps_its_name() -> None:
    book = AliasBook(NAMED)
    device_birth_payload(DeviceBirth("m1", {}, (PointBirth("P", "float"),)), stream=UUID, seq=1, now_ms=9, aliases=book)
    body = row_body(DeviceMessage("m1", (Reading("P", 1.0, 5), Reading("Old", 2.0, 5))))
    frame = decode(row_frame(body, stream=UUID, spool=1, seq=2, now_ms=9, aliases=book.numbers("m1")))
    assert [metric.name for metric in frame.metrics] == ["", "Old", "", ""]
    assert frame.metrics[0].alias == book.numbers("m1")["P"]


@pytest.mark.parametrize("quality", list(Quality))
def test_e22_quality_is_a_typed_property_of_three_values(quality: Quality) -> None:
    metric = parse(row_body(DeviceMessage("m1", (Reading("P", 1.0, 5, quality),)))).metrics[0]
    found = {
        key: (value.type, value.int_value)
        for key, value in zip(metric.properties.keys, metric.properties.values, strict=True)
    }
    assert found == ({} if quality is Quality.GOOD else {"Quality": (DataType.INT32, int(quality))})
    assert int(quality) in (0, 192, 500)


@pytest.mark.parametrize("text", ["Edge-1", "a/b", "a+", "#", "", "a" * 41, "机房"])
def test_e23_an_id_is_lower_case_without_what_topics_reserve(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Id).validate_python(text)


def test_e23_ids_of_a_site_are_checked_and_given_once(tmp_path: Path) -> None:
    device = {"id": "m1", "profile": "acrel.adl400", "bus": "b", "unit": 1}
    content = {
        "schema": "xietong.site/1", "group": "g", "node": "n", "data_dir": tmp_path,
        "buses": [{"id": "b", "kind": "modbus_tcp", "host": "h"}], "devices": [device],
    }  # fmt: skip
    Site.model_validate(content)
    with pytest.raises(ValidationError, match="m1 is given twice"):
        Site.model_validate({**content, "devices": [device, device]})
    for key in ("group", "node"):
        with pytest.raises(ValidationError, match=key):
            Site.model_validate({**content, key: "A"})


def test_e23_no_two_metric_names_of_a_profile_differ_in_case_only() -> None:
    for profile in load_catalogue().all():
        names = [point.name.lower() for point in profile.all_points]
        assert len(set(names)) == len(names), profile.id


def test_every_rule_of_the_contract_has_a_test_that_carries_its_number() -> None:
    """E1 to E24 of an edge node and H1 to H15 of a host application."""
    wanted = {*(f"e{number}" for number in range(1, 25)), *(f"h{number}" for number in range(1, 16))}
    shown: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        for name in re.findall(r"def test((?:_[eh]\d{1,2})+)_", file.read_text(encoding="utf-8")):
            shown.update(name.strip("_").split("_"))
    assert sorted(wanted - shown) == []
