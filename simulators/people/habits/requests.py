"""Requests: staff file, confirm and rate them; those who own the service carry them out step by step."""

from __future__ import annotations

from typing import Any

from simulators.people.desk import Row, chosen
from simulators.people.person import Person
from simulators.people.script import Ask

NEXT = {
    "submitted": ("accept",),
    "accepted": ("assign", "start"),
    "assigned": ("start",),
    "in_progress": ("finish",),
    "confirmed": ("close",),
}
"""What the owner does with a request in each state, the first thing that is open to him and has not failed."""

RATED_IN = ("confirmed", "closed")
USUAL_STARS = 4
ENDED = ("closed", "rejected", "cancelled")


def file_requests(person: Person) -> None:
    """File what the script says, unless it is under way from an earlier run."""
    asks = [ask for ask in person.script.requests if ask.by == person.name]
    due = [ask for ask in asks if not person.desk.has_tried(_key(ask))]
    if not due:
        return
    open_requests = [row for row in person.desk.rows("/requests") if row.get("state") not in ENDED]
    for ask in due:
        if not _is_under_way(ask, open_requests):
            body = ask.body(person.institution, person.today)
            person.desk.do(_key(ask), f"file {ask.service}", "/requests", body)


def file_public_requests(person: Person) -> None:
    """What a citizen asks, without any account."""
    for ask in person.script.public:
        body = ask.body(person.institution, person.today)
        person.desk.do(_key(ask), f"file {ask.service}", "/public/requests", body)


def work_requests(person: Person) -> None:
    """One step for every request that is the person's to serve."""
    for row in person.desk.rows("/requests"):
        actions = row.get("actions") or ()
        for action in NEXT.get(str(row.get("state")), ()):
            key = f"{action} {row.get('request_id')} {len(row.get('steps') or ())}"
            if action in actions and not person.desk.has_tried(key):
                body = {"action": action} | ({"assignee": person.script.worker} if action == "assign" else {})
                person.desk.do(key, f"{action} {row.get('service')}", f"/requests/{row.get('request_id')}/moves", body)
                break


def confirm_and_rate(person: Person) -> None:
    """Who asked confirms what was done, and says how it was; for what the system asked, the department does."""
    for row in person.desk.rows("/requests"):
        request_id, service = row.get("request_id"), row.get("service")
        confirmed = f"confirm {request_id}"
        if "confirm" in (row.get("actions") or ()):
            person.desk.do(confirmed, f"confirm {service}", f"/requests/{request_id}/moves", {"action": "confirm"})
            continue
        is_own = row.get("asked_by") == person.name or person.desk.has_tried(confirmed)
        if is_own and row.get("state") in RATED_IN and row.get("stars") is None:
            path = f"/requests/{request_id}/rating"
            person.desk.do(f"rate {request_id}", f"rate {service}", path, _rating(person, row))


def _rating(person: Person, row: Row) -> dict[str, Any]:
    asks = [ask for ask in person.script.requests if ask.by == person.name and ask.service == row.get("service")]
    same = [ask for ask in asks if ask.subject == row.get("subject")] or asks
    return {"stars": same[0].stars, "comment": same[0].comment} if same else {"stars": USUAL_STARS, "comment": ""}


def _key(ask: Ask) -> str:
    return f"file {ask.service} {ask.subject} {ask.start} {sorted(ask.fields.items(), key=str)}"


def _is_under_way(ask: Ask, rows: list[Row]) -> bool:
    same = chosen(rows, asked_by=ask.by, service=ask.service, subject=ask.subject)
    words = {value for value in ask.fields.values() if isinstance(value, str)}
    return any(words <= {str(value) for value in (row.get("fields") or {}).values()} for row in same)
