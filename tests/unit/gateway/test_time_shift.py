"""Times given by a clock that was not set are marked on the wire and move together; others stay."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import CommandReceipt, DeviceEvent, DeviceMessage, Outcome, Quality, Reading
from gateway.row_reader import read_row
from gateway.sparkplug.codec import decode, parse
from gateway.sparkplug.time_shift import has_unsure_time, shifted
from gateway.sparkplug.vocabulary import RECEIPT, always, row_body

TIMES = st.integers(0, 4_000_000_000_000)


@given(times=st.lists(TIMES, min_size=1, max_size=5), shift_ms=st.integers(0, 2_000_000_000_000))
def test_marked_times_move_and_lose_their_mark_when_the_shift_is_sure(times: list[int], shift_ms: int) -> None:
    readings = tuple(Reading(f"P{n}", 1.5, at_ms, Quality.STALE) for n, at_ms in enumerate(times))
    body = row_body(DeviceMessage("meter", readings), is_unsure=lambda at_ms: at_ms % 2 == 0)
    assert has_unsure_time(body) == any(at_ms % 2 == 0 for at_ms in times)
    for is_sure in (False, True):
        row = read_row(parse(shifted(body, shift_ms, is_sure=is_sure)), {}, {})
        expected = [at_ms if at_ms % 2 else at_ms + shift_ms for at_ms in times]
        assert [one.measured_ms for one in row.readings if one.measured_ms] == [at_ms for at_ms in expected if at_ms]
        assert {one.quality for one in row.readings} == {Quality.STALE}
        assert row.unsynced == (0 if is_sure else sum(at_ms % 2 == 0 for at_ms in times))


@given(times=st.lists(TIMES, min_size=1, max_size=5), shift_ms=st.integers(1, 2_000_000_000_000))
def test_a_row_wholly_in_doubt_bears_one_mark(times: list[int], shift_ms: int) -> None:
    readings = tuple(Reading(f"P{n}", 1.5, at_ms + 1) for n, at_ms in enumerate(times))
    body = row_body(DeviceMessage("meter", readings), is_unsure=always)
    assert body.count(b"Unsynced") == 1
    for is_sure in (False, True):
        row = read_row(parse(shifted(body, shift_ms, is_sure=is_sure)), {}, {})
        assert [one.measured_ms for one in row.readings] == [at_ms + 1 + shift_ms for at_ms in times]
        assert row.unsynced == (0 if is_sure else len(times))


def test_what_is_not_marked_stays_byte_for_byte() -> None:
    body = row_body(DeviceMessage("meter", (Reading("P", 1, 1_790_000_000_000),)))
    assert shifted(body, 5_000, is_sure=True) == body


def test_events_and_receipts_move_in_their_text_too() -> None:
    event = DeviceEvent("e1", "device.life", "meter", 1_000, {"alive": True})
    receipt = CommandReceipt("r1", "c1", "meter", "P", Outcome.VERIFIED, "written", 1.0, 2_000)
    for message, at_ms in ((DeviceMessage("", event=event), 1_000), (DeviceMessage("", receipt=receipt), 2_000)):
        body = shifted(row_body(message, is_unsure=always), 60_000, is_sure=True)
        (metric,) = decode(body).metrics
        content = json.loads(str(metric.value))
        assert metric.timestamp_ms == at_ms + 60_000
        assert content["at_ms" if metric.name == RECEIPT else "at"] == at_ms + 60_000
        assert not has_unsure_time(body)
