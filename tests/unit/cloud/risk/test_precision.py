"""What labelled outcomes teach about a rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.risk.ports import Lesson
from cloud.risk.precision import HALF_LIFE_DAYS, Proposal, precision_of
from cloud.risk.risk import Label

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000


def lessons(true: int = 0, false: int = 0, unknown: int = 0, at_ms: int = NOW_MS) -> list[Lesson]:
    labels = [Label.TRUE] * true + [Label.FALSE] * false + [Label.UNKNOWN] * unknown
    return [Lesson("office", "E06", f"risk-{n}", label, "wang", at_ms) for n, label in enumerate(labels)]


def test_seven_right_and_three_wrong() -> None:
    found = precision_of(lessons(7, 3), NOW_MS)
    assert (found.alpha, found.beta) == (9, 5)
    assert found.mean == pytest.approx(0.642857, abs=1e-6)
    assert (found.low, found.high) == (pytest.approx(0.4274, abs=5e-5), pytest.approx(0.8343, abs=5e-5))
    assert found.proposal is None


def test_a_rule_that_was_mostly_wrong_is_proposed_for_demotion() -> None:
    found = precision_of(lessons(2, 18), NOW_MS)
    assert found.mean == pytest.approx(0.166667, abs=1e-6)
    assert found.p_below_03 == pytest.approx(0.9462, abs=5e-5)
    assert found.proposal is Proposal.DEMOTE


def test_a_rule_that_was_mostly_right_is_proposed_for_promotion() -> None:
    found = precision_of(lessons(27, 3), NOW_MS)
    assert found.mean == pytest.approx(0.852941, abs=1e-6)
    assert found.p_above_07 == pytest.approx(0.9851, abs=5e-5)
    assert found.proposal is Proposal.PROMOTE


def test_nineteen_labels_propose_nothing_however_clear() -> None:
    assert precision_of(lessons(0, 19, unknown=5), NOW_MS).proposal is None
    assert precision_of(lessons(0, 20), NOW_MS).proposal is Proposal.DEMOTE


def test_without_labels_the_prior_stands() -> None:
    found = precision_of(lessons(unknown=50), NOW_MS)
    assert (found.alpha, found.beta, found.mean, found.labels) == (2, 2, 0.5, 0)


def test_a_label_weighs_half_after_its_half_life() -> None:
    found = precision_of(lessons(8, at_ms=NOW_MS - HALF_LIFE_DAYS * DAY_MS), NOW_MS)
    assert found.alpha == pytest.approx(2 + 4)
    assert found.labels == 8


@given(true=st.integers(0, 60), false=st.integers(0, 60), age_days=st.integers(0, 2000))
def test_the_interval_holds_its_mean_and_one_more_right_label_raises_it(true: int, false: int, age_days: int) -> None:
    known = lessons(true, false, at_ms=NOW_MS - age_days * DAY_MS)
    before, after = precision_of(known, NOW_MS), precision_of([*known, *lessons(1)], NOW_MS)
    assert 0 <= before.low <= before.mean <= before.high <= 1
    assert after.mean > before.mean
    assert after.p_below_03 <= before.p_below_03 + 1e-12
