"""Sharing between departments: data sets asked for and granted, joint cases, and what people think of each other."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta

from simulators.calendar import SHANGHAI
from simulators.people.desk import chosen
from simulators.people.person import Person

SURVEYS_AT_ONCE = 6


def ask_for_datasets(person: Person) -> None:
    """A head asks for the data that his department lacks."""
    wanted = [one for one in person.script.datasets if one.department == person.department]
    for one in [one for one in wanted if not person.desk.has_tried(f"ask {one.dataset}")]:
        known = person.desk.rows("/datasets/grants")
        if not chosen(known, dataset=one.dataset, asked_by=person.name):
            body = {"institution": person.institution, **one.model_dump(include={"dataset", "department", "purpose"})}
            person.desk.do(f"ask {one.dataset}", f"ask {one.dataset}", "/datasets/grants", body)


def decide_on_datasets(person: Person) -> None:
    """The owner of the data agrees, or not."""
    refused = {(one.department, one.dataset) for one in person.script.datasets if one.is_refused}
    for row in chosen(person.desk.rows("/datasets/grants"), state="asked", owner=person.department):
        agreed = (row.get("asked_by_department"), row.get("dataset")) not in refused
        path = f"/datasets/grants/{row.get('grant_id')}/decision"
        person.desk.do(path, f"{'grant' if agreed else 'refuse'} {row.get('dataset')}", path, {"agreed": agreed})


def read_datasets(person: Person) -> None:
    """Who was granted data looks at them."""
    for row in chosen(person.desk.rows("/datasets/grants"), state="granted", asked_by=person.name):
        path = f"/datasets/{row.get('dataset')}/rows?institution={person.institution}&grant={row.get('grant_id')}"
        person.desk.read(path, path)


def open_cases(person: Person) -> None:
    """The leading department opens a matter of several."""
    mine = [one for one in person.script.cases if one.lead == person.department]
    for case in [one for one in mine if not person.desk.has_tried(f"open {one.title}")]:
        if not [row for row in chosen(person.desk.rows("/cases"), title=case.title) if row.get("state") != "closed"]:
            due = datetime.combine(person.today + timedelta(days=case.due_days), time(17, 30), SHANGHAI)
            body = case.model_dump(exclude={"due_days"}, mode="json")
            body |= {"institution": person.institution, "due": due.isoformat()}
            person.desk.do(f"open {case.title}", "open case", "/cases", body)


def approve_cases(person: Person) -> None:
    """Each department that is asked says yes for itself."""
    for row in chosen(person.desk.rows("/cases"), state="open"):
        own = chosen(row.get("approvals") or (), department=person.department)
        if own and own[0].get("agreed") is None:
            path = f"/cases/{row.get('case_id')}/approvals"
            person.desk.do(path, "approve case", path, {"agreed": True, "note": ""})


def answer_surveys(person: Person) -> None:
    """A few answers at a time, for every department that can be judged now."""
    script, address = person.script.surveys, f"?institution={person.institution}"
    left = [one for one in script.scores if not person.desk.has_tried(_survey_key(person, one))]
    form = person.desk.form(f"/surveys/form{address}") if left else None
    if form is None:
        return
    for department in [one for one in left if one in (form.get("given") or ())]:
        person.desk.settle(_survey_key(person, department))
    due = [one for one in left if one in (form.get("departments") or ()) and one not in (form.get("given") or ())]
    for department in due[:SURVEYS_AT_ONCE]:
        scores = _scores(person, department, str(form.get("period")))
        comment = "" if person.department else script.comments.get(department, "")
        body = {"department": department, "scores": scores, "comment": comment}
        person.desk.do(_survey_key(person, department), "answer survey", f"/surveys{address}", body)


def _survey_key(person: Person, department: str) -> str:
    """Once a month."""
    return f"survey {person.today:%Y-%m} {department}"


def _scores(person: Person, department: str, period: str) -> dict[str, int]:
    """The script's score, for each person and month up to one better or worse; the own department looks better."""
    rng = random.Random(f"{person.name}/{department}/{period}")
    own = 1 if department == person.department else 0
    scores = person.script.surveys.scores[department]
    return {name: min(max(score + rng.choice((-1, 0, 0, 0, 1)) + own, 1), 5) for name, score in scores.items()}
