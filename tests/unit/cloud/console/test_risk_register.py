"""What the filters of the register leave, and how outlooks of several institutions are put together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud.console.views.risk_register import (
    ALL,
    Choice,
    by_cell,
    by_colour,
    is_overdue,
    outlook_over,
)
from cloud.core.event import Severity
from cloud.risk.incidence import Outlook
from cloud.risk.prediction import Expected, Prediction
from cloud.risk.risk import Risk, RiskStatus

RISK = Risk(
    "r", "office", "E06", "real_estate", "building:b", 5, 4, Severity.RED, RiskStatus.OPEN, 0, 1_000, "event",
)  # fmt: skip
CLOSED = replace(RISK, risk_id="closed", status=RiskStatus.CLOSED)
MINOR = replace(RISK, risk_id="minor", department="energy", likelihood=1, consequence=2, colour=Severity.BLUE)
RISKS = (RISK, CLOSED, MINOR)


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        (Choice(), {"r", "minor"}),
        (Choice(status=ALL), {"r", "closed", "minor"}),
        (Choice(status="closed"), {"closed"}),
        (Choice(department="energy"), {"minor"}),
        (Choice(colour="red", status=ALL), {"r", "closed"}),
        (Choice(cell=(5, 4)), {"r"}),
        (Choice(cell=(4, 5)), set()),
        (Choice(department="energy", cell=(5, 4)), set()),
    ],
)
def test_a_filter_leaves_the_risks_that_fit_all_of_it(choice: Choice, left: set[str]) -> None:
    assert {one.risk_id for one in RISKS if choice.takes(one)} == left


def test_the_matrix_counts_by_likelihood_and_consequence_whatever_cell_is_chosen() -> None:
    chosen = Choice(status=ALL, cell=(1, 2))
    assert by_cell(filter(chosen.without_cell().takes, RISKS)) == {(5, 4): 2, (1, 2): 1}
    assert by_colour(RISKS) == {Severity.RED: 2, Severity.BLUE: 1}


def test_only_what_still_waits_for_treatment_is_overdue() -> None:
    assert not is_overdue(RISK, 999)
    assert is_overdue(RISK, 1_000)
    assert is_overdue(replace(RISK, status=RiskStatus.TREATING), 1_000)
    assert not is_overdue(replace(RISK, status=RiskStatus.HANDLED), 1_000)
    assert not is_overdue(CLOSED, 1_000)


def test_without_an_issued_outlook_there_is_none() -> None:
    found = outlook_over([])
    assert found.made_ms is None
    assert found.rules == ()


def test_one_outlook_is_told_as_it_is_the_most_probable_first() -> None:
    rules = {"A01": Outlook(0.5, 0.1, 0.9, 0.3), "E06": Outlook(0.7, 0.3, 1.1, 0.5)}
    found = outlook_over([Prediction(7, 7.0, rules, {"energy": Expected(1.2, 0.6)})])
    assert found.made_ms == 7
    assert [(one.name, one.rate_per_week, one.low, one.probability) for one in found.rules] == [
        ("E06", 0.7, 0.3, 0.5),
        ("A01", 0.5, 0.1, 0.3),
    ]
    assert [(one.name, one.probability, one.low) for one in found.departments] == [("energy", 0.6, None)]


def test_several_institutions_add_their_rates_and_count_as_independent() -> None:
    one = Prediction(7, 7.0, {"E06": Outlook(0.7, 0.3, 1.1, 0.5)}, {})
    other = Prediction(5, 7.0, {"E06": Outlook(0.2, 0.1, 0.4, 0.2)}, {})
    found = outlook_over([one, other])
    assert found.made_ms == 5
    assert [(line.rate_per_week, line.probability, line.low) for line in found.rules] == [
        (pytest.approx(0.9), pytest.approx(0.6), None)
    ]
