"""Reports: the energy officer orders that of the last month, the auditor looks at what there is."""

from __future__ import annotations

from simulators.people.desk import chosen
from simulators.people.person import Person
from simulators.year.span import month_start


def order_reports(person: Person) -> None:
    """Order each report of the last month once, unless somebody already did."""
    period = f"{month_start(person.today, -1):%Y-%m}"
    for report in person.script.reports:
        key = f"order {report} {period}"
        if not person.desk.has_tried(key) and not chosen(person.desk.rows("/reports"), report=report, period=period):
            body = {"institution": person.institution, "report": report, "period": period}
            person.desk.do(key, f"order {report}", "/reports", body)


def look_through(person: Person) -> None:
    """An auditor reads evaluation, reports and the audit trail once a day."""
    for path in ("/evaluation", "/reports", "/audit"):
        person.desk.read(f"{path} {person.today}", path)
