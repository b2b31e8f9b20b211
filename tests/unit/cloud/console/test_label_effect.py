"""What a label would make of a rule's precision."""

from __future__ import annotations

import pytest

from cloud.console.views.label_effect import label_effect
from cloud.core.event import Severity
from cloud.risk.ports import Lesson
from cloud.risk.risk import Label, Risk, RiskStatus

RISK = Risk("r", "office", "E06", "real_estate", "building:b", 5, 4, Severity.RED, RiskStatus.HANDLED, 0, 1, "event")
LEARNT = [Lesson("office", "E06", f"risk-{n}", Label.TRUE if n < 7 else Label.FALSE, "li", 0) for n in range(10)]


def test_each_label_moves_the_precision_as_one_more_outcome_does() -> None:
    effect = label_effect(LEARNT, RISK, now_ms=0)
    assert effect.before.mean == pytest.approx(9 / 14)
    assert effect.now == effect.before
    assert effect.after[Label.TRUE].mean == pytest.approx(10 / 15)
    assert effect.after[Label.FALSE].mean == pytest.approx(9 / 15)
    assert effect.after[Label.UNKNOWN].mean == pytest.approx(9 / 14)
    assert effect.after[Label.TRUE].labels == 11


def test_a_label_given_already_is_replaced_and_not_counted_twice() -> None:
    given = [*LEARNT, Lesson("office", "E06", "r", Label.TRUE, "li", 0)]
    effect = label_effect(given, RISK, now_ms=0)
    assert effect.before.mean == pytest.approx(9 / 14)
    assert effect.now.mean == pytest.approx(10 / 15)
    assert effect.after[Label.FALSE].mean == pytest.approx(9 / 15)
    assert effect.after[Label.FALSE].labels == 11
