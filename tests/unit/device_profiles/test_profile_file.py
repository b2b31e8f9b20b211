"""Bad profile files: every mistake is one ConfigError that names file, key and reason."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from device_profiles.profile_file import examine, read_profile
from foundation.errors import ConfigError

Change = Callable[[dict[str, Any]], object]


def set_in(part: str, index: int, **values: Any) -> Change:
    return lambda content: content[part][index].update(values)


def drop_in(part: str, index: int, key: str) -> Change:
    return lambda content: content[part][index].pop(key)


def put(**values: Any) -> Change:
    return lambda content: content.update(values)


FORM = {
    "unknown unit": (set_in("points", 0, unit="kw"), "points.Power.unit", "unknown unit 'kw'"),
    "unknown key": (set_in("points", 0, colour="red"), "points.Power.colour", "Extra inputs are not permitted"),
    "unknown top key": (put(owner="me"), "owner", "Extra inputs are not permitted"),
    "wrong type of address": (set_in("points", 0, address="first"), "points.Power.address", "valid integer"),
    "unknown register type": (set_in("points", 0, type="int24"), "points.Power", "type: unknown register type"),
    "address beyond 65535": (set_in("points", 0, address=65_536), "points.Power", "address: Input should be less than"),
    "register as bool": (set_in("points", 0, type="bool"), "points.Power", "coils and discrete inputs are type bool"),
    "name with a wildcard": (set_in("points", 0, name="Power/#"), "points.Power/#.name", "match pattern"),
    "scale that is no number": (set_in("points", 0, scale="1k"), "points.Power.scale", "valid decimal"),
    "writable without limits": (drop_in("writable", 0, "limits"), "writable.Setpoint.limits", "Field required"),
    "writable without safe value": (drop_in("writable", 0, "safe_value"), "writable.Setpoint.safe_value", "required"),
    "safe value outside limits": (set_in("writable", 0, safe_value=31), "writable.Setpoint", "outside limits 18..30"),
    "write function of coils": (set_in("writable", 0, write="fc5"), "writable.Setpoint", "fc5 writes coils"),
    "duplicate point": (set_in("points", 1, name="Power"), "file", "point Power is given twice"),
    "name of a readable and a writable": (set_in("points", 1, name="Setpoint"), "file", "Setpoint is given twice"),
    "unknown ratio": (set_in("points", 0, ratio=["pt"]), "file", "Power: ratio pt is not among params"),
    "unknown point in a check": (put(checks=[{"sum": ["P/L1"], "equals": "Power"}]), "file", "unknown point P/L1"),
    "no provenance": (put(provenance=[]), "provenance", "at least 1 item"),
    "other schema": (put(schema="xietong.device-profile/2"), "schema", "xietong.device-profile/1"),
    "sub-item written as a number": (put(submeter={"allowed": [1]}), "submeter.allowed.0", "valid string"),
    "modbus point without place": (
        lambda content: [content["points"][0].pop(key) for key in ("table", "address", "type")],
        "file",
        "Power: a Modbus point needs table, address and type",
    ),
}  # fmt: skip

SENSE = {
    "overlap": (set_in("points", 1, address=1), "Energy.address", "overlaps Power (holding 0, 2 words)"),
    "same place": (set_in("writable", 0, address=3), "Setpoint.address", "overlaps Energy"),
    "fraction over another point": (
        set_in("points", 1, fraction={"table": "holding", "address": 8, "type": "float32"}),
        "Setpoint.address", "overlaps Energy",
    ),
    "fraction in another table": (
        set_in("points", 1, fraction={"table": "input", "address": 4, "type": "float32"}),
        "Energy.fraction", "same table",
    ),
    "longer than a block": (
        set_in("points", 0, type="string(11)", kind="text", address=20), "Power.address", "11 words do not fit",
    ),
    "over a fence": (
        put(link={"no_cross": {"holding": [3]}}), "Energy.address", "crosses the fence at 3 (link.no_cross)",
    ),
    "over the last address": (set_in("points", 0, address=65_535), "Power.address", "beyond address 65535"),
    "range upside down": (set_in("points", 0, range=[5, -5]), "Power.range", "5 is above -5"),
    "parameter default outside": (put(params={"ct": {"default": 0, "min": 1}}), "params.ct", "outside 1..100000"),
    "scale of zero": (set_in("points", 0, scale=0), "Power.scale", "must not be 0"),
    "wrap of a gauge": (set_in("points", 0, counter={"wrap": 100}), "Power.counter", "kind counter"),
    "bits of a number": (set_in("points", 0, bits={0: "x"}), "Power.bits", "bitfield"),
    "labels of a gauge": (set_in("points", 0, labels={0: "x"}), "Power.labels", "kind state"),
    "mask of a signed register": (set_in("points", 0, mask=255), "Power.mask", "unsigned"),
    "sentinel that cannot occur": (set_in("points", 1, sentinel=[-1]), "Energy.sentinel", "-1 cannot occur in uint32"),
    "writing an input register": (set_in("writable", 0, table="input"), "Setpoint.table", "cannot be written"),
    "two words by fc6": (set_in("writable", 0, type="int32"), "Setpoint.write", "fc6 writes one word"),
    "limits outside range": (set_in("writable", 0, range=[20, 30]), "Setpoint.limits", "reach outside range 20..30"),
    "safe value between steps": (set_in("writable", 0, safe_value=26.2), "Setpoint.safe_value", "no whole step of 0.5"),
    "limit too large for the register": (set_in("writable", 0, limits=[18, 4000]), "Setpoint.limits", "fit int16"),
    "gate of another poll class": (
        lambda content: (
            content["points"][0].update(poll="fast"),
            content.update(gates=[{"when": "Energy", "range": [0, 1], "points": ["Power"]}]),
        ),
        "gates.0.points", "different poll classes",
    ),
    "sum of different quantities": (
        put(checks=[{"sum": ["Energy"], "equals": "Power"}]), "checks.0", "energy, power",
    ),
    "topic of a Modbus device": (put(topic="x/{address}"), "topic", "no topic"),
    "event that is no code": (put(events=["Door Open"]), "events", "dotted lower-case code"),
    "default sub-item not allowed": (put(submeter={"default": "02", "allowed": ["01"]}), "submeter.default", "02"),
}  # fmt: skip


def test_good_profile_is_read_with_exact_decimals(write_profile: Callable[..., Path]) -> None:
    profile = read_profile(write_profile())
    assert profile.writable[0].scale == Decimal("0.1")
    assert profile.point("Energy").datatype == "int"
    assert profile.point("Power").datatype == "float"


@pytest.mark.parametrize(("change", "key", "reason"), [*FORM.values(), *SENSE.values()], ids=[*FORM, *SENSE])
def test_mistake_is_named_with_file_key_and_reason(
    write_profile: Callable[..., Path], change: Change, key: str, reason: str
) -> None:
    path = write_profile(change)
    with pytest.raises(ConfigError) as caught:
        read_profile(path)
    assert caught.value.file == str(path)
    assert caught.value.key == key
    assert reason in caught.value.reason
    assert "\n" not in str(caught.value)


def test_all_mistakes_of_a_file_are_found_at_once(write_profile: Callable[..., Path]) -> None:
    def spoil(content: dict[str, Any]) -> None:
        content["points"][0]["unit"] = "kw"
        content["writable"][0].pop("limits")
        content["colour"] = "red"

    _, mistakes = examine(write_profile(spoil))
    assert {mistake.key for mistake in mistakes} == {"points.Power.unit", "writable.Setpoint.limits", "colour"}


def test_file_is_named_after_the_id(write_profile: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match=r"other\.yaml: id: acme\.meter belongs in a file named acme_meter\.yaml"):
        read_profile(write_profile(name="other.yaml"))


@pytest.mark.parametrize(
    ("text", "key"),
    [("id: [", "line 1"), ("- a\n- b\n", "file"), ("id: a\nid: b\n", "line 1"), ("", "file")],
    ids=["not YAML", "a list", "a key twice", "empty"],
)
def test_text_that_is_no_mapping_is_named(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "acme_meter.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_profile(path)
    assert (caught.value.file, caught.value.key) == (str(path), key)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml: file: .*No such file"):
        read_profile(tmp_path / "gone.yaml")


def test_masks_that_share_no_bit_may_share_a_register(write_profile: Callable[..., Path]) -> None:
    def split(content: dict[str, Any]) -> None:
        content["points"] = [
            {"name": "Low", "table": "holding", "address": 0, "type": "uint16", "mask": 0x00FF},
            {"name": "High", "table": "holding", "address": 0, "type": "uint16", "mask": 0xFF00, "scale": 0.00390625},
        ]

    assert len(read_profile(write_profile(split)).points) == 2
