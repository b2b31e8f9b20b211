"""The four colours of the matrix, and likelihood by frequency."""

from __future__ import annotations

import pytest

from cloud.core.event import Severity
from cloud.risk.matrix import colour_of, likelihood_of

FIVES = range(1, 6)


@pytest.mark.parametrize(
    ("likelihood", "consequence", "colour"),
    [
        (1, 1, Severity.BLUE),
        (3, 1, Severity.BLUE),
        (4, 1, Severity.YELLOW),
        (2, 3, Severity.YELLOW),
        (2, 4, Severity.ORANGE),
        (3, 4, Severity.ORANGE),
        (5, 3, Severity.RED),
        (4, 4, Severity.RED),
        (5, 5, Severity.RED),
    ],
)
def test_the_score_gives_the_colour(likelihood: int, consequence: int, colour: Severity) -> None:
    assert colour_of(likelihood, consequence) is colour


def test_the_worst_consequence_is_never_below_orange() -> None:
    assert colour_of(1, 5) is Severity.ORANGE
    assert all(colour_of(likelihood, 5) >= Severity.ORANGE for likelihood in FIVES)


def test_more_likely_or_worse_is_never_a_lesser_colour() -> None:
    for one in FIVES:
        across = [colour_of(one, consequence) for consequence in FIVES]
        down = [colour_of(likelihood, one) for likelihood in FIVES]
        assert across == sorted(across)
        assert down == sorted(down)


@pytest.mark.parametrize(("likelihood", "consequence"), [(0, 1), (1, 0), (6, 1), (1, 6)])
def test_figures_off_the_scale_are_refused(likelihood: int, consequence: int) -> None:
    with pytest.raises(ValueError, match=r"1\.\.5"):
        colour_of(likelihood, consequence)


@pytest.mark.parametrize(
    ("events_per_month", "likelihood"),
    [(0, 1), (0.099, 1), (0.1, 2), (0.499, 2), (0.5, 3), (0.999, 3), (1, 4), (3.999, 4), (4, 5), (400, 5)],
)
def test_likelihood_follows_how_often_it_comes(events_per_month: float, likelihood: int) -> None:
    assert likelihood_of(events_per_month) == likelihood
