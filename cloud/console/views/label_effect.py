"""What a word about one risk does to the precision of its rule: before it, and after each of the three labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloud.risk.ports import Lesson
from cloud.risk.precision import Precision, precision_of
from cloud.risk.risk import Label, Risk


@dataclass(frozen=True, slots=True)
class LabelEffect:
    """`before` is without a word about this risk, `now` as counted, `after` what each label would make of it."""

    before: Precision
    now: Precision
    after: Mapping[Label, Precision]


def label_effect(lessons: Iterable[Lesson], risk: Risk, now_ms: int) -> LabelEffect:
    """From everything its rule has learnt; a label replaces an earlier one of the same risk."""
    known = list(lessons)
    others = [one for one in known if one.risk_id != risk.risk_id]
    return LabelEffect(
        before=precision_of(others, now_ms),
        now=precision_of(known, now_ms),
        after={label: precision_of([*others, _lesson(risk, label, now_ms)], now_ms) for label in Label},
    )


def _lesson(risk: Risk, label: Label, now_ms: int) -> Lesson:
    return Lesson(risk.institution_id, risk.rule_id, risk.risk_id, label, "", now_ms)
