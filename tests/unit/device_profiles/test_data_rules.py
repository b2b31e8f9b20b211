"""Profiles whose values stand under data identifiers: what is refused, and that it is told where and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from device_profiles.profile_file import examine, read_profile
from device_profiles.schema import json_schema

Content = dict[str, Any]


def dlt645(content: Content) -> None:
    content.update(
        driver="dlt645",
        writable=[],
        points=[
            {"name": "Voltage", "data": {"id": 0x0201FF00, "at": 0, "bytes": 2}, "scale": 0.1, "unit": "V"},
            {
                "name": "Energy",
                "data": {"id": 0x00010000, "bytes": 4},
                "unit": "kWh",
                "kind": "counter",
                "ratio": ["ct"],
            },
        ],
        probe=[{"data": {"id": 0x02800002, "bytes": 2}, "scale": 0.01, "range": [45, 65]}],
    )


def cjt188(content: Content) -> None:
    content.update(
        driver="cjt188",
        writable=[],
        probe=[],
        params={"meter_type": {"default": 16}, "id_high_first": {"default": 0}},
        points=[
            {"name": "Volume", "data": {"id": 0x901F, "bytes": 4, "unit_code": True}, "unit": "m3", "kind": "counter"},
        ],
    )


def point(index: int, **parts: Any) -> Callable[[Content], None]:
    return lambda content: content["points"][index].update(parts)


def field(index: int, **parts: Any) -> Callable[[Content], None]:
    return lambda content: content["points"][index]["data"].update(parts)


@pytest.mark.parametrize("language", [dlt645, cjt188])
def test_a_good_profile_is_read(write_profile: Callable[..., Path], language: Callable[[Content], None]) -> None:
    profile = read_profile(write_profile(language))
    assert profile.points[0].data is not None
    assert all(point.register_place is None for point in profile.all_points)


@pytest.mark.parametrize(
    ("language", "change", "mistake"),
    [
        (dlt645, lambda content: content["points"][0].pop("data"), "Voltage: a dlt645 point needs data"),
        (dlt645, point(0, table="holding", address=1, type="uint16"), "Voltage: a dlt645 point needs data"),
        (dlt645, field(0, id=2**32), "points.Voltage.data.id: Input should be less than or equal to"),
        (dlt645, field(0, bytes=9), "points.Voltage.data.bytes: Input should be less than or equal to 8"),
        (dlt645, field(0, coding="ebcdic"), "points.Voltage.data.coding: Input should be 'bcd'"),
        (dlt645, field(0, format="XXX.X"), "points.Voltage.data.format: Extra inputs"),
        (dlt645, field(1, id=0x0201FF00, at=1), r"Energy.data.at: overlaps Voltage \(0x0201ff00, bytes 0 to 2\)"),
        (dlt645, field(0, unit_code=True), "Voltage.data.unit_code: only CJ/T 188 tells its units"),
        (dlt645, point(0, mask=1), "Voltage.data.coding: a mask needs binary data"),
        (dlt645, point(0, kind="text"), "Voltage.kind: data are numbers"),
        (dlt645, point(0, fraction={"table": "holding", "address": 1, "type": "uint16"}), "Voltage.fraction: only"),
        (dlt645, lambda content: content.update(
            writable=[{"name": "S", "data": {"id": 1, "bytes": 1}, "write": "fc6", "limits": [0, 1], "safe_value": 0}]
        ), "only read"),
        (dlt645, lambda content: content.update(probe=[
            {"read": {"table": "holding", "address": 1, "type": "uint16"}, "range": [0, 1]}
        ]), "probe.0: a dlt645 device is probed by data"),
        (dlt645, lambda content: content["probe"][0].pop("data"), "probe.0: needs either read"),
        (dlt645, lambda content: content.update(
            gates=[{"when": "Voltage", "range": [0, 1], "points": ["Energy"]}]
        ), "gates: a dlt645 profile has no gates"),
        (cjt188, field(0, id=0x1_901F), "Volume.data.id: 0x1901f is longer than an identifier of cjt188"),
        (cjt188, field(0, at=95), "Volume.data.at: reaches beyond the 97 bytes of a reply"),
        (cjt188, point(0, offset=1), "Volume.offset: a value in a unit told by the meter has no offset"),
        (cjt188, lambda content: content["params"].pop("meter_type"), "params.meter_type: a cjt188 profile needs it"),
        (lambda content: None, point(0, data={"id": 1, "bytes": 2}), "Power: data belong to a profile of dlt645 or"),
        (lambda content: None, lambda content: content.update(
            probe=[{"data": {"id": 1, "bytes": 2}, "range": [0, 1]}]
        ), "probe: a modbus device has no data fields"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_key_and_reason(
    write_profile: Callable[..., Path],
    language: Callable[[Content], None],
    change: Callable[[Content], object],
    mistake: str,
) -> None:
    def both(content: Content) -> None:
        language(content)
        change(content)

    _, mistakes = examine(write_profile(both))
    assert [str(one) for one in mistakes if re.search(mistake, str(one))], [str(one) for one in mistakes]


def test_editors_know_data_fields() -> None:
    known = json_schema()["$defs"]["DataField"]["properties"]
    assert set(known) == {"id", "at", "bytes", "coding", "unit_code"}
