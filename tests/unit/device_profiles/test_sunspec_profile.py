"""Rules for profiles whose registers a device tells by itself, and for words written beside a value."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from device_profiles.profile_file import examine
from device_profiles.sunspec import declared_models

WriteProfile = Callable[..., Path]

LIMIT = {
    "name": "Limit/ActivePower", "sunspec": {"models": [123], "offset": 5}, "type": "uint16", "scale_ref": 23,
    "unit": "%", "range": [0, 100], "write": "fc16", "write_with": {6: 0, 7: 60}, "limits": [0, 100], "safe_value": 100,
}  # fmt: skip
POWER = {
    "name": "Power", "sunspec": {"models": [103, 101], "offset": 14}, "type": "int16", "scale_ref": 15, "unit": "W",
}  # fmt: skip


def sunspec(content: dict[str, Any], *changes: Callable[[dict[str, Any]], object]) -> None:
    """Turn the good profile into a SunSpec one, then change it."""
    content.update(sunspec={"models": [103]}, points=[copy.deepcopy(POWER)], writable=[copy.deepcopy(LIMIT)])
    content["link"] = {"max_words": 60}
    for change in changes:
        change(content)


def problems(write_profile: WriteProfile, *changes: Callable[[dict[str, Any]], object]) -> list[str]:
    path = write_profile(lambda content: sunspec(content, *changes))
    return [f"{mistake.key}: {mistake.reason}" for mistake in examine(path)[1]]


def test_a_profile_of_models_is_right_and_tells_how_long_they_must_be(write_profile: WriteProfile) -> None:
    assert problems(write_profile) == []
    profile, _ = examine(write_profile(sunspec))
    assert profile is not None
    # Last word used: offset 15 of model 103, offset 23 of model 123; id and length are not counted.
    assert declared_models(profile) == {103: 14, 123: 22}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c.pop("sunspec"), "a SunSpec point needs a Modbus profile with the key sunspec"),
        (lambda c: c["points"][0].update(address=5), "neither table nor address of its own"),
        (lambda c: c["points"][0].pop("type"), "a SunSpec point has a type"),
        (lambda c: c["points"][0].update(type="int24"), "unknown register type"),
        (lambda c: c["points"][0]["sunspec"].update(offset=1), "greater than or equal to 2"),
        (lambda c: c.update(sunspec={"models": [103, 7]}), "no point lies in model 7"),
        (lambda c: c["points"].append({**POWER, "name": "Twice"}), "overlaps Power"),
        (lambda c: c["link"].update(max_words=10), "19 words do not fit link.max_words"),
        (lambda c: c["writable"][0].update(write_with={7: 60}), "leaves a gap"),
        (lambda c: c["writable"][0].update(write_with={5: 1}), "covers the point's own registers"),
        (lambda c: c["writable"][0].update(write_with={6: 70_000}), "words are 0..65535"),
        (lambda c: c["writable"][0].update(write="fc6"), "several registers are written with fc16"),
        (lambda c: c["points"][0].update(pf_4q=True), "only a power factor in unit 1"),
        (lambda c: c["points"][0].update(sentinel=[70_000]), "70000 cannot occur in int16"),
    ],
)
def test_what_cannot_work_is_told(
    write_profile: WriteProfile, change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    found = problems(write_profile, change)
    assert any(reason in one for one in found), found


def test_a_sentinel_may_be_written_as_bits(write_profile: WriteProfile) -> None:
    assert problems(write_profile, lambda c: c["points"][0].update(sentinel=[0x8000, -1])) == []
