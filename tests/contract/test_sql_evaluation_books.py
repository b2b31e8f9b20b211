"""What the books of the evaluation keep: indicators, survey answers, evaluations."""

from __future__ import annotations

from dataclasses import replace

from cloud.desks.books import Books
from cloud.evaluation.score import Evaluation, IndicatorValue, SurveyAnswer

VALUE = IndicatorValue(
    "office", "2026-10", "energy", "energy_per_m2", 11.863652952956, 0.241, inputs={"kgce": 22066.4, "单位": "千克"},
    measured_ms=5,
)  # fmt: skip
ANSWER = SurveyAnswer("office", "2026-10", "energy", "li", "staff", {"service": 4}, 7, "好", counts=False)
EVALUATION = Evaluation("office", "2026-10", 9, {"matrix": {"rows": [{"overall": None, "D": 0.1 + 0.2}]}})


def test_indicator_comes_back_as_measured_and_is_replaced_by_its_key(ports: Books) -> None:
    book = ports.evaluation.indicators
    other = replace(VALUE, department="asset", indicator="idle_share", value=None, efficacy=None, missing="m")
    book.save([VALUE, other])
    assert book.values({"office"}) == [other, VALUE]
    changed = replace(VALUE, value=1e-300, clipped=True)
    book.save([changed])
    assert book.values({"office"}, ["2026-10"]) == [other, changed]
    book.save([])


def test_indicators_keep_to_their_scope_and_period(ports: Books) -> None:
    book = ports.evaluation.indicators
    school, september = replace(VALUE, institution_id="school"), replace(VALUE, period="2026-09")
    book.save([VALUE, school, september])
    assert book.values({"office"}) == [september, VALUE]
    assert book.values({"office", "school"}, ["2026-10"]) == [VALUE, school]
    assert book.values(set()) == []
    assert book.values({"office"}, []) == []


def test_answer_of_the_same_person_replaces_the_earlier_one(ports: Books) -> None:
    book = ports.evaluation.surveys
    book.save(ANSWER)
    book.save(replace(ANSWER, by="wang", counts=True))
    again = replace(ANSWER, scores={"service": 1, "green": 5})
    book.save(again)
    assert sorted(book.answers({"office"}, "2026-10"), key=lambda one: one.by) == [
        again,
        replace(ANSWER, by="wang", counts=True),
    ]
    assert book.answers({"office"}, "2026-09") == []
    assert book.answers({"school"}) == []


def test_evaluations_come_newest_period_first_and_are_replaced(ports: Books) -> None:
    book = ports.evaluation.evaluations
    for period in ("2026-09", "2026-11", "2026-10"):
        book.save(replace(EVALUATION, period=period))
    book.save(replace(EVALUATION, made_ms=99))
    found = book.evaluations({"office"})
    assert [one.period for one in found] == ["2026-11", "2026-10", "2026-09"]
    assert found[1] == replace(EVALUATION, made_ms=99)
    assert len(book.evaluations({"office"}, limit=1)) == 1
    assert book.evaluations({"school"}) == []
