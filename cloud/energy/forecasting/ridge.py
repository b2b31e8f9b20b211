"""Ridge regressions in closed form, one per hour of the day, from sums that can be carried on week by week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cloud.energy.forecasting.context import HOURS, Flags, Floats

STILL = 1e-10
"""Variance below which a feature does not vary and gets no weight."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over days of the products of (1, features) with themselves and with the target, per hour.

    `gram` (24, 1 + features, 1 + features), `cross` (24, 1 + features).
    """

    gram: Floats
    cross: Floats

    @classmethod
    def of(cls, x: Floats, y: Floats) -> Moments:
        """x (days, 24, features), y (days, 24); hours whose target is NaN add nothing."""
        known = np.isfinite(y)
        rows = (np.concatenate([np.ones((*y.shape, 1)), x], axis=2) * known[:, :, None]).transpose(1, 0, 2)
        target = np.where(known, y, 0.0).T[:, :, None]
        turned = rows.transpose(0, 2, 1)
        return cls(turned @ rows, (turned @ target)[:, :, 0])

    @classmethod
    def none(cls, features: int) -> Moments:
        return cls(np.zeros((HOURS, features + 1, features + 1)), np.zeros((HOURS, features + 1)))

    @property
    def days(self) -> Floats:
        """(24,): days of each hour."""
        return self.gram[:, 0, 0]

    def plus(self, other: Moments) -> Moments:
        return Moments(self.gram + other.gram, self.cross + other.cross)

    def times(self, weight: float) -> Moments:
        return Moments(self.gram * weight, self.cross * weight)


@dataclass(frozen=True, slots=True)
class Linear:
    """`base` (24,) + `weights` (24, features) times the distance of the features from their `centre` (24, features)."""

    base: Floats
    weights: Floats
    centre: Floats

    def parts(self, x: Floats) -> Floats:
        """(..., 24, features): what each feature adds to the base."""
        return np.asarray(self.weights * (x - self.centre))

    def predict(self, x: Floats) -> Floats:
        """(..., 24) for features (..., 24, features)."""
        return np.asarray(self.base + self.parts(x).sum(axis=-1))

    def plus(self, other: Linear) -> Linear:
        """The sum of two functions, seen from the centre of the other one."""
        base = self.base + (self.weights * (other.centre - self.centre)).sum(axis=1)
        return Linear(base + other.base, self.weights + other.weights, other.centre)


def solve(sums: Moments, penalty_days: float, base_penalty_days: float, used: Flags) -> Linear:
    """The ridge whose penalty weighs as much as so many days of standardised features without any effect.

    Minimises sum (y - base - w (x - mean))^2 + penalty_days * sum var(x) w^2, Hoerl and Kennard (1970) on
    standardised features; the base is drawn to 0 by `base_penalty_days`. Features outside `used` have no weight.
    """
    days = np.maximum(sums.days, 1.0)
    centre = sums.gram[:, 0, 1:] / days[:, None]
    target = sums.cross[:, 0] / days
    spread = sums.gram[:, 1:, 1:] / days[:, None, None] - centre[:, :, None] * centre[:, None, :]
    slope = sums.cross[:, 1:] / days[:, None] - centre * target[:, None]
    variance = np.diagonal(spread, axis1=1, axis2=2)
    moves = (variance > STILL) & used
    unit = np.sqrt(np.where(moves, variance, 1.0))
    scaled = spread / (unit[:, :, None] * unit[:, None, :]) * (moves[:, :, None] & moves[:, None, :])
    # A feature without weight gets 1 on the diagonal, so that every system can be solved.
    diagonal = penalty_days / days[:, None] + ~moves
    system = scaled + diagonal[:, :, None] * np.eye(scaled.shape[1])
    weights = np.linalg.solve(system, (slope / unit * moves)[:, :, None])[:, :, 0] / unit
    return Linear(target * days / (days + base_penalty_days), weights, centre)
