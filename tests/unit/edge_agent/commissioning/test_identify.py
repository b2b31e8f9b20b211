"""Verdicts and their order, with devices that are nothing but tables of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from device_profiles.profile import Point, Profile
from edge_agent.commissioning.identify import Candidate, Verdict, identify
from edge_agent.drivers.driver import Urgency
from foundation.errors import DeviceRefused, DeviceTimeout, LinkError
from gateway.messages import Quality, Reading, Value
from tests.support.profiles import profile_of, register


@dataclass
class Table:
    """DeviceDriver that gives `values` by address: None is refused inside a block, a missing one refuses the whole."""

    values: Mapping[int, Value]
    asked: list[str] = field(default_factory=list)

    async def read(self, points: Sequence[Point], urgency: Urgency = Urgency.NORMAL) -> list[Reading]:
        self.asked += [point.name for point in points]
        readings = []
        for point in points:
            assert point.address is not None
            if point.address not in self.values:
                raise DeviceRefused("device", 2)
            value = self.values[point.address]
            is_true = isinstance(value, int | float) and (
                point.range is None or point.range[0] <= value <= point.range[1]
            )
            readings.append(Reading(point.name, value, 0, Quality.GOOD if is_true else Quality.BAD))
        return readings

    async def write(self, point: Point, value: float, *, until_s: float | None = None) -> None:
        raise AssertionError("nothing is written")

    async def close(self) -> None: ...


class Silent(Table):
    async def read(self, points: Sequence[Point], urgency: Urgency = Urgency.NORMAL) -> list[Reading]:
        raise DeviceTimeout("device", 0.6)


def profile(name: str, *addresses: int, probe: tuple[int, int, int] | None = None, confidence: str = "B") -> Profile:
    parts: dict[str, object] = {
        "id": name,
        "provenance": [{"source": "test", "checked": "manual", "confidence": confidence}],
    }
    if probe is not None:
        address, low, high = probe
        parts["probe"] = [{"read": {"table": "holding", "address": address, "type": "uint16"}, "range": [low, high]}]
    return profile_of(*(register(f"P/{address}", address) for address in addresses), **parts)


async def ranked(device: Table, *profiles: Profile) -> list[Candidate]:
    return await identify(profiles, lambda _: device, lambda: None)


async def test_a_probe_decides_before_any_point_is_read() -> None:
    device = Table({0: 50, 9: 1})
    first, second = await ranked(
        device, profile("a.no", 9, probe=(0, 200, 300)), profile("b.yes", 9, probe=(0, 45, 65))
    )
    assert (first.profile.id, first.verdict) == ("b.yes", Verdict.MATCHES)
    assert (second.profile.id, second.verdict, second.reason) == (
        "a.no",
        Verdict.DIFFERS,
        "a probe reads 50, not 200..300",
    )
    assert device.asked == ["Probe/1", "Probe/1", "P/9"]


async def test_the_profile_that_explains_more_of_the_device_comes_first() -> None:
    small, large = profile("a.small", 1, probe=(0, 1, 9)), profile("b.large", 1, 2, 3, probe=(0, 1, 9))
    three_phases = await ranked(Table({0: 5, 1: 230, 2: 231, 3: 229}), small, large)
    one_phase = await ranked(Table({0: 5, 1: 230, 2: 0, 3: 0}), large, small)
    assert [one.profile.id for one in three_phases] == ["b.large", "a.small"]
    assert [one.profile.id for one in one_phase] == ["a.small", "b.large"]


async def test_points_that_are_not_given_make_a_match_doubtful() -> None:
    (found,) = await ranked(Table({0: 5, 1: 230, 2: None}), profile("a.a", 1, 2, probe=(0, 1, 9)))
    assert found.verdict is Verdict.POSSIBLE
    assert found.reason == "1 of 2 points not read or out of range: P/2"


async def test_without_a_probe_nothing_more_than_possible_is_said() -> None:
    device = Table({0: 5, 1: 230})
    found = await ranked(device, profile("a.a", 1), profile("b.b", 1, probe=(0, 1, 9)), profile("c.c", 1, 7))
    assert [(one.profile.id, one.verdict) for one in found] == [
        ("b.b", Verdict.MATCHES), ("a.a", Verdict.POSSIBLE), ("c.c", Verdict.DIFFERS),
    ]  # fmt: skip


async def test_better_known_maps_come_first_among_equals() -> None:
    known, rumoured = (
        profile("b.b", 1, probe=(0, 1, 9), confidence="A"),
        profile("a.a", 1, probe=(0, 1, 9), confidence="C"),
    )
    assert [one.profile.id for one in await ranked(Table({0: 5, 1: 1}), rumoured, known)] == ["b.b", "a.a"]


async def test_a_device_silent_about_unknown_registers_is_still_recognised_by_a_later_profile() -> None:
    table, forgiven = Table({0: 5, 1: 1}), []
    profiles = [profile(f"a.m{number}", 1, probe=(0, 1, 9)) for number in range(6)]

    def driver_for(wanted: Profile) -> Table:
        return table if wanted.id == "a.m5" else Silent({})

    found = await identify(profiles, driver_for, lambda: forgiven.append(1))
    assert found[0].profile.id == "a.m5"
    assert {one.reason for one in found[1:]} == {"device: no answer within 0.6 s"}
    assert len(forgiven) == 6


async def test_a_line_that_breaks_is_not_a_verdict() -> None:
    class Broken(Table):
        async def read(self, points: Sequence[Point], urgency: Urgency = Urgency.NORMAL) -> list[Reading]:
            raise LinkError("closed")

    with pytest.raises(LinkError):
        await ranked(Broken({}), profile("a.a", 1))
