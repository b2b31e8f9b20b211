from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from device_profiles.profile import Profile
from edge_agent.drivers.driver import Urgency
from edge_agent.drivers.identified.device import IdentifiedMeter
from foundation.errors import DeviceError, DeviceRefused, DeviceReplyWrong, DeviceTimeout
from gateway.messages import Quality, Reading
from tests.support.manual_clock import ManualClock

PROFILE = Profile.model_validate(
    {
        "schema": "xietong.device-profile/1",
        "id": "test.meter",
        "vendor": "Test",
        "models": ["one"],
        "carrier": "electricity",
        "role": "meter",
        "driver": "dlt645",
        "provenance": [{"source": "test", "checked": "manual", "confidence": "A"}],
        "params": {"ct": {"default": 1}},
        "points": [
            {"name": "A", "data": {"id": 7, "at": 0, "bytes": 2}, "scale": "0.1", "unit": "V", "range": [0, 500]},
            {"name": "B", "data": {"id": 7, "at": 2, "bytes": 2}, "scale": "0.1", "unit": "V", "ratio": ["ct"]},
            {"name": "C", "data": {"id": 9, "bytes": 4}, "unit": "kWh", "kind": "counter"},
        ],
    }
)


class Answers:
    """Fits BlockReader."""

    def __init__(self, blocks: dict[int, bytes | DeviceError]) -> None:
        self.blocks = blocks
        self.asked: list[int] = []

    async def block(self, identifier: int, urgency: Urgency) -> bytes:
        self.asked.append(identifier)
        answer = self.blocks[identifier]
        if isinstance(answer, DeviceError):
            raise answer
        return answer


def read(answers: Answers, *names: str) -> dict[str, Reading]:
    readings = asyncio.run(meter(answers).read([PROFILE.point(name) for name in names]))
    return {reading.point: reading for reading in readings}


def meter(answers: Answers) -> IdentifiedMeter:
    return IdentifiedMeter("line/1", PROFILE, {"ct": Decimal(60)}, ManualClock(), answers, {})


def values(readings: dict[str, Reading]) -> dict[str, Any]:
    return {name: (reading.value, reading.quality) for name, reading in readings.items()}


def test_points_of_one_identifier_share_a_request() -> None:
    answers = Answers({7: b"\x01\x23\x98\x22", 9: b"\x05\x00\x00\x00"})
    assert values(read(answers, "C", "B", "A")) == {
        "A": (230.1, Quality.GOOD),
        "B": (229.8 * 60, Quality.GOOD),
        "C": (5000, Quality.GOOD),
    }
    assert answers.asked == [7, 9]


def test_a_value_outside_its_range_is_kept_and_bad() -> None:
    assert values(read(Answers({7: b"\x00\x60\x98\x22"}), "A")) == {"A": (600.0, Quality.BAD)}


@pytest.mark.parametrize("data", [b"", b"\x01\x23", b"\x01\x23\x98\x22\x15\x23"])
def test_data_of_another_length_than_the_profile_says_give_no_value(data: bytes) -> None:
    readings = read(Answers({7: data, 9: b"\x05\x00\x00\x00"}), "A", "B", "C")
    assert values(readings) == {"A": (None, Quality.BAD), "B": (None, Quality.BAD), "C": (5000, Quality.GOOD)}
    with pytest.raises(DeviceReplyWrong, match=rf"line/1: wrong reply: {len(data)} bytes for 0x7, the profile says 4"):
        read(Answers({7: data}), "A")


def test_what_the_meter_refuses_is_bad_while_it_gives_the_rest() -> None:
    readings = read(Answers({7: DeviceRefused("line/1", 2), 9: b"\x05\x00\x00\x00"}), "A", "C")
    assert values(readings) == {"A": (None, Quality.BAD), "C": (5000, Quality.GOOD)}
    with pytest.raises(DeviceRefused):
        read(Answers({7: DeviceRefused("line/1", 2)}), "A", "B")


def test_the_reason_of_missing_values_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    answers = Answers({7: DeviceRefused("line/1", 2), 9: b"\x05\x00\x00\x00"})
    asked = meter(answers)
    points = [PROFILE.point("A"), PROFILE.point("C")]
    for _ in range(3):
        asyncio.run(asked.read(points))
    assert [record.getMessage() for record in caplog.records] == [
        "no values under 0x7: line/1: refused with exception 2"
    ]
    answers.blocks[7] = b"\x01\x23\x98\x22"
    asyncio.run(asked.read(points))
    answers.blocks[7] = b"\x01\x23"
    asyncio.run(asked.read(points))
    assert len(caplog.records) == 2


def test_silence_is_an_error_of_the_whole_poll() -> None:
    with pytest.raises(DeviceTimeout):
        read(Answers({7: b"\x01\x23\x98\x22", 9: DeviceTimeout("line/1", 1)}), "A", "C")


def test_nothing_is_written_into_these_meters() -> None:
    with pytest.raises(DeviceError, match="line/1: A cannot be written, dlt645 meters are only read"):
        asyncio.run(meter(Answers({})).write(PROFILE.point("A"), 1.0))
