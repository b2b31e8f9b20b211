"""The service catalogue: what ships is sound, and a careless file is named with its mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.department import load_departments
from cloud.services.catalogue import FOLDER, Service, load_services
from cloud.services.inputs import checked_inputs
from foundation.errors import ConfigError, DomainError
from foundation.texts import load_texts

SERVICES = load_services()
REPAIR = SERVICES["repair"]


def test_the_services_of_an_office_are_there() -> None:
    assert {"repair", "meeting_room", "vehicle", "visitor", "public_request", "suggestion"} <= set(SERVICES)


def test_every_service_is_served_by_a_department_in_both_languages() -> None:
    departments = {one.id for one in load_departments().all()}
    for service in SERVICES.values():
        assert {service.department, *service.served_by.values()} <= departments
        labels = [service.name, service.description, *(one.label for one in service.fields.values())]
        labels += [name for one in service.fields.values() for name in one.choices.values()]
        assert all(set(label) == {"zh-CN", "en"} for label in labels)
        assert not any("\u4e00" <= letter <= "\u9fff" for label in labels for letter in label["en"])


def test_what_names_a_person_is_of_level_four_and_masked() -> None:
    personal = [SERVICES["visitor"].fields[name] for name in ("visitor", "phone", "plate")]
    personal += [REPAIR.fields["phone"], SERVICES["public_request"].fields["contact"]]
    assert all(one.level == "L4" and one.mask for one in personal)


def test_every_state_and_action_of_a_request_has_its_word() -> None:
    from cloud.services.request import RequestState
    from cloud.services.request_life import Action

    known = load_texts().keys()
    assert {f"request.state.{one}" for one in RequestState} <= set(known)
    assert {f"request.action.{one}" for one in (*Action, "submit", "rate")} <= set(known)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"topic": "place"}, "place is not a choice"),
        ({"topic": "nothing"}, "nothing is used but not given"),
        ({"booking": "room"}, "about a room alone"),
        ({"urgent": {"when": {"hurry": [True]}, "respond_min": 1, "finish_min": 2}}, "hurry is used but not given"),
        ({"risk": {"text": "description"}}, "one for all other rules"),
        ({"risk": {"text": "description", "topic_else": "moon"}}, "must be choices"),
        ({"served_by": {"moon": "safety"}}, "by topic"),
        ({"level": {"respond_min": 0, "finish_min": 1}}, "level.respond_min"),
        ({"code": "other"}, "other.yaml"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_careless_service_file_is_named_with_its_mistake(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    content = yaml.safe_load((FOLDER / "repair.yaml").read_text(encoding="utf-8"))
    path = tmp_path / "repair.yaml"
    path.write_text(yaml.safe_dump({**content, **change}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigError) as mistake:
        load_services(tmp_path)
    assert told in str(mistake.value)
    assert "repair.yaml" in str(mistake.value)


def test_required_inputs_that_no_risk_can_fill_are_a_mistake(tmp_path: Path) -> None:
    content = yaml.safe_load((FOLDER / "repair.yaml").read_text(encoding="utf-8"))
    content["fields"]["place"]["required"] = True
    (tmp_path / "repair.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigError, match="place cannot be filled"):
        load_services(tmp_path)


@pytest.mark.parametrize(
    ("given_fields", "code"),
    [
        ({}, "error.field_missing"),
        ({"trouble": "water", "description": "  "}, "error.field_missing"),
        ({"trouble": "moon", "description": "x"}, "error.field_wrong"),
        ({"trouble": "water", "description": "x", "price": 1}, "error.field_unknown"),
        ({"trouble": "water", "description": "x" * 2001}, "error.field_wrong"),
        ({"trouble": "water", "description": "a\x00b"}, "error.field_wrong"),
        ({"trouble": "water", "description": "\ud800"}, "error.field_wrong"),
        ({"trouble": "water", "description": "x", "urgent": 1}, "error.field_wrong"),
        ({"trouble": "water", "description": 5}, "error.field_wrong"),
    ],
)
def test_wrong_inputs_are_refused_by_name(given_fields: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        checked_inputs(REPAIR, given_fields)
    assert refusal.value.code == code


def test_inputs_are_trimmed_and_empty_ones_left_out() -> None:
    kept = checked_inputs(REPAIR, {"trouble": "water", "description": " 漏水\n二楼 ", "place": " ", "phone": None})
    assert kept == {"trouble": "water", "description": "漏水\n二楼"}


@pytest.mark.parametrize("persons", [0, 2001, 1.5, True, "7", float("nan"), 10**400])
def test_a_number_out_of_its_range_is_refused(persons: Any) -> None:
    with pytest.raises(DomainError):
        checked_inputs(SERVICES["meeting_room"], {"purpose": "x", "persons": persons})


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow", 20260901])
def test_a_day_that_is_none_is_refused(day: Any) -> None:
    fields = {"visitor": "王", "persons": 1, "purpose": "x", "expected_on": day}
    with pytest.raises(DomainError):
        checked_inputs(SERVICES["visitor"], fields)


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())


@given(st.sampled_from(sorted(SERVICES)), st.data())
def test_whatever_is_typed_is_kept_as_declared_or_refused(code: str, data: st.DataObject) -> None:
    service: Service = SERVICES[code]
    typed = data.draw(st.fixed_dictionaries(dict.fromkeys(service.fields, scalars)))
    try:
        kept = checked_inputs(service, typed)
    except DomainError:
        return
    assert set(kept) >= {name for name, field in service.fields.items() if field.required}
    assert all(kept[name] in field.choices for name, field in service.fields.items() if field.choices and name in kept)
