"""What colleagues ask of each other: meeting rooms booked, and how content they are month by month."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from simulators.year.books import Books, Row
from simulators.year.office import Office
from simulators.year.span import DEPARTMENTS, Span, last_workday, next_workday

SLOTS = ((time(9), 90), (time(10, 30), 90), (time(14, 30), 90), (time(16, 0), 90))
BUSY = 0.105
BOOKED_AHEAD_DAYS = 10
COMES = 0.93

CONTENT = dict(zip(DEPARTMENTS, (0.92, 0.94, 0.9, 0.86, 0.91, 0.93, 0.95, 0.88), strict=True))
"""Share of the satisfied by department."""


def write_services(books: Books, office: Office, span: Span) -> None:
    """Bookings with one room given twice, and the monthly surveys."""
    _write_bookings(books, office, span)
    _book_over(books, next_workday(span.until), "meet-2")
    books.sort("booking", "begins_at", "room")
    for number, row in enumerate(books.rows["booking"], 1):
        row.values["booking"] = f"HY-{number:05d}"
    _write_satisfaction(books, span)


def _write_bookings(books: Books, office: Office, span: Span) -> None:
    rng = span.rng("bookings")
    for day in span.workdays(span.first_day, span.days_ago(-BOOKED_AHEAD_DAYS)):
        for meeting_room in office.meeting_rooms:
            for begins, minutes in SLOTS:
                if rng.random() < BUSY:
                    persons = rng.randint(4, max(6, round(meeting_room.area_m2 / 2)))
                    department = rng.choice(DEPARTMENTS)
                    row = _book(books, meeting_room.room, day, begins, minutes, department, persons)
                    if day < span.until:
                        row.values["attended"] = rng.random() < COMES


def _book(books: Books, room: str, day: date, begins: time, minutes: int, department: str, persons: int) -> Row:
    begins_at = datetime.combine(day, begins)
    return books.add(
        "booking",
        booking="",
        room=room,
        begins_at=begins_at,
        ends_at=begins_at + timedelta(minutes=minutes),
        department=department,
        approved=True,
        attended=None,
        persons=persons,
    )


def _book_over(books: Books, day: date, room: str) -> None:
    """Two departments get one room at times that overlap; a third asks in vain."""
    taken = [row for row in books.rows["booking"] if _is_on(row, room, day)]
    books.rows["booking"] = [row for row in books.rows["booking"] if row not in taken]
    first = _book(books, room, day, time(9), 120, "asset", 14)
    second = _book(books, room, day, time(10), 120, "real_estate", 11)
    refused = _book(books, room, day, time(9, 30), 60, "finance", 6)
    refused.values["approved"] = False
    books.plant("G01", f"room:{room}", day, [first, second])


def _is_on(row: Row, room: str, day: date) -> bool:
    begins_at = row.values["begins_at"]
    assert isinstance(begins_at, datetime)
    return row.values["room"] == room and begins_at.date() == day


def _write_satisfaction(books: Books, span: Span) -> None:
    rng = span.rng("satisfaction")
    for month in span.months:
        for department in DEPARTMENTS:
            answers = rng.randint(24, 58)
            content = min(CONTENT[department] + rng.uniform(-0.04, 0.04), 1.0)
            books.add(
                "satisfaction",
                survey=f"{month:%Y-%m}",
                department=department,
                held_on=last_workday(month + timedelta(days=26)),
                answers=answers,
                satisfied=round(answers * content),
            )
