"""What every InstitutionBook keeps: the model as it was entered, and one owner for each compound."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.institution_book import SqlInstitutionBook
from cloud.adapters.sql.institution_versions import institution_version
from cloud.core.institution import UNASSIGNED, Compound, InstitutionModel
from cloud.desks.books import Books
from foundation.errors import DomainError
from tests.support.institution_models import NAME, OFFICE
from tests.support.manual_clock import ManualClock

SCHOOL = InstitutionModel(
    institution=replace(OFFICE.institution, institution_id="school", superior_id=None),
    compounds=(Compound(compound_id="campus", name=NAME),),
)


def test_model_comes_back_as_it_was_entered(ports: Books) -> None:
    ports.institutions.save(OFFICE)
    assert ports.institutions.model("office") == OFFICE
    assert ports.institutions.model("school") is None
    assert ports.institutions.institutions() == [OFFICE.institution]


def test_saving_replaces_everything_of_this_institution_only(ports: Books) -> None:
    ports.institutions.save(OFFICE)
    ports.institutions.save(SCHOOL)
    smaller = replace(OFFICE, buildings=OFFICE.buildings[1:], vehicles=(), devices=(), rooms=())
    ports.institutions.save(smaller)
    assert ports.institutions.model("office") == smaller
    assert ports.institutions.model("school") == SCHOOL


def test_compound_leads_to_its_institution(ports: Books) -> None:
    ports.institutions.save(OFFICE)
    ports.institutions.save(SCHOOL)
    assert ports.institutions.institution_of("county") == "office"
    assert ports.institutions.institution_of("campus") == "school"
    assert ports.institutions.institution_of("nowhere") == UNASSIGNED


def test_compound_of_another_institution_is_refused(ports: Books) -> None:
    ports.institutions.save(OFFICE)
    with pytest.raises(DomainError) as refusal:
        ports.institutions.save(replace(SCHOOL, compounds=OFFICE.compounds))
    assert (refusal.value.status, refusal.value.code) == (409, "error.compound_taken")
    assert ports.institutions.model("school") is None
    assert ports.institutions.institution_of("county") == "office"


def test_model_changed_by_somebody_else_meanwhile_is_not_replaced(ports: Books) -> None:
    ports.institutions.save(OFFICE)
    mine = replace(OFFICE, buildings=OFFICE.buildings[:1])
    ports.institutions.save(mine, replacing=OFFICE)
    with pytest.raises(DomainError) as refusal:
        ports.institutions.save(replace(OFFICE, rooms=()), replacing=OFFICE)
    assert (refusal.value.code, refusal.value.status) == ("error.institution_changed", 409)
    assert ports.institutions.model("office") == mine


def test_what_was_entered_before_is_what_was_known_then(engine: sa.Engine) -> None:
    clock = ManualClock()
    book = SqlInstitutionBook(engine, clock)
    before_ms, first_ms = clock.now_ms() - 1, clock.now_ms()
    book.save(OFFICE)
    clock.advance(10.0)
    larger = replace(OFFICE, buildings=(replace(OFFICE.buildings[1], area_m2=9500.0),))
    book.save(larger)
    book.save(larger)
    second_ms = clock.now_ms()
    known = {at_ms: book.model("office", at_ms) for at_ms in (before_ms, first_ms, second_ms - 1, second_ms)}
    assert known == {before_ms: None, first_ms: OFFICE, second_ms - 1: OFFICE, second_ms: larger}
    assert book.model("office") == larger
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(institution_version)).scalar() == 2


def test_what_was_entered_before_there_were_versions_counts_as_always_known(engine: sa.Engine) -> None:
    book = SqlInstitutionBook(engine, ManualClock())
    book.save(OFFICE)
    with writing(engine) as connection:
        connection.execute(sa.delete(institution_version))
    assert book.model("office", 1) == OFFICE
    book.save(replace(OFFICE, rooms=()))
    assert book.model("office", 1) == OFFICE
    assert book.model("office") == replace(OFFICE, rooms=())
