"""The risk centre: alarms acknowledged, risks treated and labelled, case files answered."""

from __future__ import annotations

from simulators.people.desk import Row, chosen
from simulators.people.person import Person

MOST = 500
"""Rows looked at in one go."""

UNANSWERED = ("unacknowledged", "returned")


def acknowledge_alarms(person: Person) -> None:
    """Whoever watches takes note of every alarm; when the condition comes again, again."""
    for row in person.desk.rows(f"/alarms?only_open=true&limit={MOST}"):
        if row.get("state") in UNANSWERED:
            path = f"/alarms/{row.get('alarm_id')}/acknowledgement"
            key = f"{path} {row.get('state')} {row.get('count')}"
            person.desk.do(key, f"acknowledge {row.get('rule_id')}", path, {})


def treat_risks(person: Person) -> None:
    """A head says what is done about an open risk of his department; some may wait."""
    script = person.script.risks
    for row in _own(person, "open"):
        rule = str(row.get("rule_id"))
        if rule not in script.left_open:
            path = f"/risks/{row.get('risk_id')}/treatments"
            body = {"kind": "advice", "note": script.notes.get(rule, script.advice)}
            person.desk.do(path, f"treat {rule}", path, body)


def label_risks(person: Person) -> None:
    """When a risk is over, the head says whether the warning was right."""
    for row in _own(person, "handled"):
        rule = str(row.get("rule_id"))
        label = "false" if rule in person.script.risks.false_alarms else "true"
        path = f"/risks/{row.get('risk_id')}/label"
        person.desk.do(path, f"label {rule} {label}", path, {"label": label})


def answer_case_files(person: Person) -> None:
    """The superior body gives an order on each case that is brought before it."""
    for row in chosen(person.desk.rows("/inbox"), state="sent"):
        path = f"/inbox/{row.get('case_file_id')}/answer"
        person.desk.do(path, "answer case file", path, {"action": "order", "text": person.script.superior_order})


def _own(person: Person, status: str) -> list[Row]:
    """Risks of the departments that the person answers for."""
    departments = {person.department, *person.script.risks.answered_by.get(person.name, ())}
    rows = chosen(person.desk.rows(f"/risks?only_open=true&limit={MOST}"), status=status)
    return [row for row in rows if row.get("department") in departments]
