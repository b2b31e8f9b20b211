"""Demands: tiny samples do not win, surges are seen, and every rank has its evidence and sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, poisson

from cloud.core.wilson import wilson_low
from cloud.services.catalogue import load_services
from cloud.services.demand import Demand, Reason, demands
from cloud.services.demand_words import sentence
from cloud.services.request import Rating, RequestState, ServiceRequest
from cloud.services.share import Share, share_of
from cloud.services.trend import surge_of, trend_of

DAY, WEEK = 86_400_000, 7 * 86_400_000
NOW = 100 * WEEK
SERVICES = load_services()


def request(number: int, *, weeks_ago: float, topic: str = "water", **changes: Any) -> ServiceRequest:
    """A repair done in an hour, so many weeks ago."""
    asked_ms = NOW - round(weeks_ago * WEEK)
    made = ServiceRequest(
        request_id=f"r-{topic}-{number}",
        institution_id="office",
        service="repair",
        department="real_estate",
        subject="building:a",
        asked_by="li",
        asked_ms=asked_ms,
        state=RequestState.DONE,
        respond_by_ms=asked_ms + DAY,
        finish_by_ms=asked_ms + DAY,
        fields={"trouble": topic},
        accepted_ms=asked_ms + 1,
        done_ms=asked_ms + 3_600_000,
    )
    return replace(made, **changes)


def weekly(counts: list[int], topic: str = "water", **changes: Any) -> list[ServiceRequest]:
    """So many requests in each of the last weeks, oldest first."""
    return [
        request(1000 * place + number, weeks_ago=len(counts) - place - 0.5, topic=topic, **changes)
        for place, count in enumerate(counts)
        for number in range(count)
    ]


def ranked(*requests: ServiceRequest) -> list[Demand]:
    return demands(requests, SERVICES, NOW)


def test_seven_satisfied_of_ten_can_be_relied_on_to_44_percent() -> None:
    assert Share(7, 10).low == pytest.approx(0.4417, abs=5e-5)
    assert wilson_low(10, 10) < 1.0
    assert wilson_low(0, 10) == 0.0
    assert (Share(0, 0).value, Share(0, 0).low) == (None, None)
    assert share_of([True, None, False]) == Share(1, 2)


@given(st.integers(1, 500), st.data())
def test_the_lower_end_of_a_share_lies_below_it_and_grows_with_the_sample(total: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, total))
    low = wilson_low(hits, total)
    assert 0 <= low <= hits / total
    assert low <= wilson_low(10 * hits, 10 * total)


@given(st.lists(st.integers(0, 6), min_size=8, max_size=16))
def test_the_trend_agrees_in_sign_with_kendalls_tau(weeks: list[int]) -> None:
    trend = trend_of(weeks)
    assert trend is not None
    tau = kendalltau(range(len(weeks)), weeks).statistic
    if trend.is_sure:
        assert tau * trend.per_week > 0


def test_trend_and_surge_are_silent_when_too_little_is_known() -> None:
    assert trend_of([1, 2, 3, 4, 5, 6, 7]) is None
    assert surge_of([1, 1, 1, 9]) is None
    assert surge_of([]) is None


def test_a_steady_rise_is_told_with_its_slope_and_noise_is_not() -> None:
    rise, noise = trend_of([1, 3, 5, 7, 9, 11, 13, 15]), trend_of([3, 1, 4, 1, 5, 2, 3, 2])
    assert rise is not None
    assert (rise.per_week, rise.is_sure) == (2, True)
    assert noise is not None
    assert not noise.is_sure


def test_a_surge_is_what_an_ordinary_week_brings_less_than_once_in_a_hundred() -> None:
    surge = surge_of([2, 2, 2, 2, 8])
    assert surge is not None
    assert surge.chance == pytest.approx(poisson.sf(7, 8.5 / 4))
    assert surge.is_sure
    calm = surge_of([2, 2, 2, 2, 5])
    assert calm is not None
    assert not calm.is_sure
    first = surge_of([0, 0, 0, 0, 1])
    assert first is not None
    assert not first.is_sure


def test_many_unmet_requests_outrank_one_that_failed_altogether() -> None:
    late = {"done_ms": NOW, "finish_by_ms": 0}
    many = weekly([4] * 12, "water", **late)
    once = [request(1, weeks_ago=3, topic="lift", **late)]
    fine = weekly([9] * 12, "electricity")
    order = ranked(*once, *fine, *many)
    assert [one.topic for one in order] == ["water", "lift", "electricity"]
    assert order[0].reason is Reason.LATE
    assert order[1].unmet == Share(1, 1)
    assert order[1].need < 1
    assert order[2].need == 0


def test_a_surge_stands_first() -> None:
    late = {"done_ms": NOW, "finish_by_ms": 0}
    order = ranked(*weekly([4] * 12, "water", **late), *weekly([1] * 11 + [9], "lift"))
    assert [(one.topic, one.reason) for one in order] == [("lift", Reason.SURGE), ("water", Reason.LATE)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, Reason.STEADY),
        ({"reopened": 1}, Reason.REOPENED),
        ({"rating": Rating(1, "li", 1)}, Reason.DISLIKED),
        ({"rating": Rating(5, "li", 1)}, Reason.STEADY),
        ({"finish_by_ms": 0}, Reason.LATE),
        ({"done_ms": None, "state": RequestState.ACCEPTED, "finish_by_ms": 0}, Reason.LATE),
    ],
)
def test_the_reason_follows_from_what_went_wrong_most(changes: dict[str, Any], reason: Reason) -> None:
    [demand] = ranked(*weekly([2] * 12, **changes))
    assert demand.reason is reason
    for language in ("zh-CN", "en"):
        told = sentence(demand, SERVICES["repair"], language)
        assert "24" in told
        assert "{" not in told
        assert "?" not in told


def test_shares_volumes_and_times_are_counted_from_the_requests() -> None:
    demand, other = ranked(*weekly([2] * 12), *weekly([1] * 12, "lift"))
    assert (demand.volume, demand.share, demand.weeks) == (24, pytest.approx(2 / 3), (2,) * 12)
    assert (demand.median_h, demand.on_time, demand.satisfied) == (1.0, Share(24, 24), Share(0, 0))
    assert (other.department, other.volume) == ("real_estate", 12)


def test_what_the_system_asked_for_and_what_is_too_old_is_no_demand() -> None:
    assert ranked(request(1, weeks_ago=1, asked_by="system"), request(2, weeks_ago=13)) == []


def test_weeks_before_the_first_request_of_all_are_unknown() -> None:
    [demand] = ranked(*weekly([1, 1, 1]))
    assert demand.weeks == (1, 1, 1)
    assert (demand.trend, demand.surge) == (None, None)


def test_what_is_still_open_in_time_tells_nothing_of_punctuality() -> None:
    [demand] = ranked(request(1, weeks_ago=1, done_ms=None, state=RequestState.ACCEPTED, finish_by_ms=NOW + 1))
    assert (demand.on_time, demand.median_h) == (Share(0, 0), None)
