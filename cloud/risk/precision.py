"""How often a rule was right, learnt from labelled outcomes: a Beta posterior, and what it gives reason to propose.

A proposal is never carried out from here: people approve it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import betainc, betaincinv

from cloud.risk.ports import Lesson
from cloud.risk.risk import Label

PRIOR_TRUE, PRIOR_FALSE = 2.0, 2.0
"""Beta(2, 2): a new rule is right as often as wrong, believed as firmly as four labels."""

HALF_LIFE_DAYS = 180
LEAST_LABELS = 20
"""Fewer labels propose nothing, whatever they say."""

POOR, POOR_SURE = 0.3, 0.9
GOOD, GOOD_SURE = 0.7, 0.95

_DAY_MS = 86_400_000


class Proposal(StrEnum):
    """DEMOTE a rule that is mostly wrong to shadow; PROMOTE one in shadow that is mostly right."""

    DEMOTE = "demote"
    PROMOTE = "promote"


@dataclass(frozen=True, slots=True)
class Precision:
    """Posterior Beta(alpha, beta) of a rule's precision; `low` to `high` is its central 90 % interval.

    `labels` counts the outcomes that taught, unweighted. `p_below_03` and `p_above_07` are probabilities.
    """

    alpha: float
    beta: float
    mean: float
    low: float
    high: float
    p_below_03: float
    p_above_07: float
    labels: int
    proposal: Proposal | None


def precision_of(lessons: Sequence[Lesson], now_ms: int) -> Precision:
    """The precision of the rule these lessons are about; an unknown outcome does not count.

    A label weighs half as much every 180 days. Conjugate update of a Beta prior (Gelman et al., Bayesian Data
    Analysis, section 2.4).
    """
    labels = sum(lesson.label is not Label.UNKNOWN for lesson in lessons)
    alpha = PRIOR_TRUE + _weight(lessons, Label.TRUE, now_ms)
    beta = PRIOR_FALSE + _weight(lessons, Label.FALSE, now_ms)
    p_below, p_above = float(betainc(alpha, beta, POOR)), 1 - float(betainc(alpha, beta, GOOD))
    return Precision(
        alpha=alpha,
        beta=beta,
        mean=alpha / (alpha + beta),
        low=float(betaincinv(alpha, beta, 0.05)),
        high=float(betaincinv(alpha, beta, 0.95)),
        p_below_03=p_below,
        p_above_07=p_above,
        labels=labels,
        proposal=_proposal(labels, p_below, p_above),
    )


def _weight(lessons: Iterable[Lesson], label: Label, now_ms: int) -> float:
    half_life_ms = HALF_LIFE_DAYS * _DAY_MS
    ages = [max(now_ms - one.at_ms, 0) / half_life_ms for one in lessons if one.label is label]
    return math.fsum(2.0**-age for age in ages)


def _proposal(labels: int, p_below: float, p_above: float) -> Proposal | None:
    if labels < LEAST_LABELS:
        return None
    if p_below > POOR_SURE:
        return Proposal.DEMOTE
    return Proposal.PROMOTE if p_above > GOOD_SURE else None
