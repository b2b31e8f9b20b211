"""The kinds of records, their words, their templates and the mappings of offices' own files."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cloud.core.department import load_departments
from cloud.core.sheet_header import plain
from cloud.records.convert import choice_label
from cloud.records.kind import FOLDER, RecordKind, load_kinds
from cloud.records.mapping import MOST_BYTES, parse_mapping
from cloud.records.template import record_template
from foundation.errors import ConfigError
from foundation.texts import LANGUAGES, Language
from tests.support.record_files import check

KINDS = load_kinds()
VALUES: dict[str, Any] = {
    "text": "x",
    "integer": 2026,
    "number": 12.5,
    "money": 1234.56,
    "day": datetime(2026, 1, 31),  # noqa: DTZ001 (a cell knows no zone)
    "time": datetime(2026, 1, 31, 8, 30),  # noqa: DTZ001
    "building": "building-a",
    "department": "finance",
    "vehicle": "car-01",
}


def filled(kind: RecordKind, language: Language, content: bytes) -> bytes:
    """The template with one row filled in as a person would."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.active
    for place, field in enumerate(kind.fields.values(), 1):
        if field.type == "choice":
            value = choice_label(field.choices[0], language)
        elif field.type == "flag":
            value = {"zh-CN": "是", "en": "yes"}[language]
        else:
            value = VALUES[field.refers_to or field.type]
        page.cell(4, place, value)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", KINDS)
def test_filled_template_comes_back_without_a_mapping(name: str, language: Language) -> None:
    kind = KINDS[name]
    checked = check(name, filled(kind, language, record_template(kind, language)))
    assert checked.mistakes == ()
    (record,) = checked.records
    assert all(value is not None for value in record.fields.values())
    assert not checked.ignored


@pytest.mark.parametrize("name", KINDS)
def test_template_is_the_same_bytes_each_time_and_empty_until_filled(name: str) -> None:
    content = record_template(KINDS[name], "zh-CN")
    assert content == record_template(KINDS[name], "zh-CN")
    assert [one.code for one in check(name, content).mistakes] == ["empty_file"]


@pytest.mark.parametrize("name", KINDS)
def test_titles_and_choices_of_a_kind_mean_one_thing_each(name: str) -> None:
    kind = KINDS[name]
    titles = [{plain(title) for title in (field_id, *field.label.values())} for field_id, field in kind.fields.items()]
    assert sum(len(one) for one in titles) == len(set[str]().union(*titles))
    for field in kind.fields.values():
        words = [{plain(one), *(plain(choice_label(one, lang)) for lang in LANGUAGES)} for one in field.choices]
        assert sum(len(one) for one in words) == len(set[str]().union(*words))
        assert all(choice_label(one, "zh-CN") != one for one in field.choices)


def test_every_kind_belongs_to_a_department_and_all_but_information_and_energy_keep_books() -> None:
    departments = {one.id for one in load_departments().all()}
    assert {kind.department for kind in KINDS.values()} <= departments


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("id: budget", "id: budgets", "id"),
        ("key: [year,", "key: [years,", "fields"),
        ("department:{department}", "department:{section}", "fields"),
        ("start: starts_on", "start: amount", "fields.amount.type"),
        ("en: Starts on}, required: true", "en: Starts on}", "fields.starts_on.required"),
        ("en: Year}, required: true", "en: Year}, required: true, choices: [a]", "fields.year.choices"),
    ],
)
def test_kind_that_does_not_fit_itself_stops_the_start(tmp_path: Path, old: str, new: str, key: str) -> None:
    text = (FOLDER / "budget.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "budget.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as wrong:
        load_kinds(tmp_path)
    assert wrong.value.key == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("kind: [", "line"),
        ("- a", "file"),
        ("kind: budget", "schema"),
        ("schema: xietong.record-mapping/1\nkind: asset", "kind"),
        ("schema: xietong.record-mapping/1\nkind: budget\ncolumns: {years: 年}", "columns.years"),
        ("schema: xietong.record-mapping/1\nkind: budget\nfactors: {department: 10}", "factors.department"),
        ("schema: xietong.record-mapping/1\nkind: budget\nfactors: {amount: 0}", "factors.amount"),
        ("schema: xietong.record-mapping/1\nkind: budget\nfactors: {amount: .inf}", "factors.amount"),
        ("schema: xietong.record-mapping/1\nkind: budget\nencoding: latin-1", "encoding"),
        ("schema: xietong.record-mapping/1\nkind: budget\ncolumns: {year: 年}\nconstants: {year: 1}", "constants.year"),
        ("#" * (MOST_BYTES + 1), "file"),
    ],
)
def test_wrong_mapping_names_its_key(text: str, key: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        parse_mapping(text, "m.yaml", KINDS["budget"])
    assert wrong.value.key.startswith(key)


def test_mapping_in_another_encoding_is_refused() -> None:
    with pytest.raises(ConfigError):
        parse_mapping("kind: 账".encode("gb18030"), "m.yaml", KINDS["budget"])


def test_mapping_of_the_manual_is_a_mapping() -> None:
    manual = (Path(__file__).parents[4] / "docs" / "records.md").read_text(encoding="utf-8")
    example = manual.partition("```yaml\n")[2].partition("```")[0]
    assert parse_mapping(example, "m.yaml", KINDS["energy_bill"]).factors["amount"] == 10_000
