"""Entropy weights, by the published example and by hand."""

from __future__ import annotations

import pytest

from cloud.evaluation.entropy import divergence, entropy_weights, weights_of_criteria

# Elsayed, Dawood and Karthikeyan 2017: twelve alternatives by five criteria.
ELSAYED = [
    [7, 312, 1891, 6613, 163],
    [72, 88, 728, 941804, 1078],
    [10, 252, 2594, 3466, 117471],
    [10, 145, 980, 2371, 86329],
    [65, 54, 350, 501, 29897],
    [29, 48, 380, 912, 34051],
    [7, 476, 3300, 78470, 2212],
    [70, 87, 650, 733, 819000],
    [4, 86, 591, 3015, 103],
    [12, 79, 579, 3240, 96098],
    [21, 45, 261, 1253, 453],
    [1, 72, 530, 4333, 0.1048],
]


def test_oracle_w1_published_matrix() -> None:
    found = [round(weight, 6) for weight in entropy_weights(ELSAYED)]
    assert found == [0.104991, 0.069124, 0.071373, 0.449937, 0.304575]


def test_oracle_w2_constant_criterion_weighs_nothing() -> None:
    assert entropy_weights([[10, 1], [10, 3], [10, 6]]) == [0.0, 1.0]


def test_all_constant_criteria_weigh_the_same() -> None:
    assert entropy_weights([[2, 5]] * 3) == [0.5, 0.5]
    assert divergence([0, 0, 0]) == 0
    assert divergence([0, 0, 1]) == 1


def test_too_few_objects_and_negative_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        entropy_weights([[1, 2], [2, 1]])
    with pytest.raises(ValueError, match="from 0 up"):
        entropy_weights([[1], [-1], [2]])


def test_criterion_of_few_objects_takes_the_mean_divergence() -> None:
    found = weights_of_criteria({"a": [0.1, 0.5, 0.9], "b": [0.5, 0.5, 0.5], "c": [0.9]})
    assert found["b"] == 0
    assert found["c"] == pytest.approx(found["a"] / 2)
    assert sum(found.values()) == pytest.approx(1)
    assert weights_of_criteria({"a": [0.1], "b": []}) == {"a": 0.5, "b": 0.5}
