"""Writes the whole pretend year of a compound into a folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from simulators.compound import Compound
from simulators.leak import Leaks
from simulators.year.bills import write_bills
from simulators.year.books import Books
from simulators.year.cars import write_cars
from simulators.year.files import load_forms, write_files
from simulators.year.money import write_money
from simulators.year.office import Office, load_office
from simulators.year.property import write_property
from simulators.year.service import write_services
from simulators.year.span import Span


def write_year(compound: Compound, folder: Path, *, until: date, seed: int = 1, leaks: Leaks = ()) -> dict[str, int]:
    """One file per kind of record for the twelve months before `until`, and `truth.jsonl`; returns rows by file.

    The same compound, day and seed give the same bytes. `leaks` are those that the water meters measure.
    """
    return write_files(make_books(compound, until=until, seed=seed, leaks=leaks), load_forms(), folder)


def make_books(
    compound: Compound, *, until: date, seed: int = 1, leaks: Leaks = (), office: Office | None = None
) -> Books:
    """The rows of every kind and what was planted in them."""
    books, span, office = Books(), Span(until, seed), office or load_office()
    write_bills(books, office, span, compound, leaks)
    write_money(books, office, span)
    write_property(books, office, span, compound)
    write_cars(books, office, span, compound)
    write_services(books, office, span)
    return books
