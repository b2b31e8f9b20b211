"""The books of the risk centre in SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.documents import Documents, document_table, in_scope, opened_in
from cloud.adapters.sql.rows import upsert
from cloud.adapters.sql.tables import METADATA, milliseconds, text
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.case_file import CaseFile
from cloud.risk.ports import Lesson, RiskBooks
from cloud.risk.risk import Risk, RiskStatus

alarm = document_table("alarm", text("state", index=True), milliseconds("opened_ms"), key=("alarm_id",))
risk = document_table("risk", text("status", index=True), milliseconds("opened_ms"), key=("risk_id",))
lesson = document_table("lesson", text("rule_id"), milliseconds("at_ms"), key=("risk_id",))
case_file = document_table("case_file", text("superior_id", index=True), milliseconds("sent_ms"), key=("case_file_id",))
rule_approval = sa.Table(
    "rule_approval",
    METADATA,
    text("institution_id", primary_key=True),
    text("rule_id", primary_key=True),
    text("approved_by"),
    milliseconds("at_ms"),
)


class SqlAlarmBook:
    """Fits the port AlarmBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._alarms = Documents(engine, alarm, Alarm)

    def save(self, alarm: Alarm) -> None:
        self._alarms.save(alarm)

    def change(self, alarm_id: str, by: Callable[[Alarm], Alarm]) -> Alarm:
        return self._alarms.change(by, alarm_id=alarm_id)

    def find(self, alarm_id: str) -> Alarm | None:
        return self._alarms.find(alarm_id=alarm_id)

    def open_alarms(self, institution_ids: Collection[str] | None = None) -> list[Alarm]:
        is_open = alarm.c.state != AlarmState.CLOSED.value
        return self._alarms.select(in_scope(alarm, institution_ids), is_open, order=alarm.c.opened_ms)

    def alarms(
        self, institution_ids: Collection[str], *, start_ms: int = 0, end_ms: int | None = None, limit: int = 1000
    ) -> list[Alarm]:
        opened = opened_in(alarm.c.opened_ms, start_ms, end_ms)
        return self._alarms.select(
            in_scope(alarm, institution_ids), opened, order=alarm.c.opened_ms.desc(), limit=limit
        )


class SqlRiskRegister:
    """Fits the port RiskRegister."""

    def __init__(self, engine: sa.Engine) -> None:
        self._risks = Documents(engine, risk, Risk)

    def save(self, risk: Risk) -> None:
        self._risks.save(risk)

    def change(self, risk_id: str, by: Callable[[Risk], Risk]) -> Risk:
        return self._risks.change(by, risk_id=risk_id)

    def find(self, risk_id: str) -> Risk | None:
        return self._risks.find(risk_id=risk_id)

    def open_risks(self, institution_ids: Collection[str] | None = None) -> list[Risk]:
        is_open = risk.c.status != RiskStatus.CLOSED.value
        return self._risks.select(in_scope(risk, institution_ids), is_open, order=risk.c.opened_ms)

    def risks(
        self, institution_ids: Collection[str], *, start_ms: int = 0, end_ms: int | None = None, limit: int = 1000
    ) -> list[Risk]:
        opened = opened_in(risk.c.opened_ms, start_ms, end_ms)
        return self._risks.select(in_scope(risk, institution_ids), opened, order=risk.c.opened_ms.desc(), limit=limit)


class SqlRuleBook:
    """Fits the port RuleBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lessons = Documents(engine, lesson, Lesson)

    def learn(self, lesson: Lesson) -> None:
        self._lessons.save(lesson)

    def lessons(self, institution_ids: Collection[str], rule_id: str | None = None) -> list[Lesson]:
        of_rule = sa.true() if rule_id is None else lesson.c.rule_id == rule_id
        return self._lessons.select(in_scope(lesson, institution_ids), of_rule, order=lesson.c.at_ms)

    def approved_rules(self, institution_id: str) -> Mapping[str, str]:
        query = sa.select(rule_approval).where(rule_approval.c.institution_id == institution_id)
        with reading(self._engine) as connection:
            return {row.rule_id: row.approved_by for row in connection.execute(query)}

    def approve(self, institution_id: str, rule_id: str, by: str, at_ms: int) -> None:
        key = {"institution_id": institution_id, "rule_id": rule_id}
        with writing(self._engine) as connection:
            upsert(connection, rule_approval, key, {"approved_by": by, "at_ms": at_ms})


class SqlInbox:
    """Fits the port Inbox."""

    def __init__(self, engine: sa.Engine) -> None:
        self._files = Documents(engine, case_file, CaseFile)

    def save(self, case_file: CaseFile) -> None:
        self._files.save(case_file)

    def change(self, case_file_id: str, by: Callable[[CaseFile], CaseFile]) -> CaseFile:
        return self._files.change(by, case_file_id=case_file_id)

    def find(self, case_file_id: str) -> CaseFile | None:
        return self._files.find(case_file_id=case_file_id)

    def of_superior(self, superior_ids: Collection[str]) -> list[CaseFile]:
        mine = case_file.c.superior_id.in_(sorted(superior_ids))
        return self._files.select(mine, order=case_file.c.sent_ms.desc())

    def of_institution(self, institution_ids: Collection[str]) -> list[CaseFile]:
        return self._files.select(in_scope(case_file, institution_ids), order=case_file.c.sent_ms.desc())


def sql_risk_books(engine: sa.Engine) -> RiskBooks:
    return RiskBooks(
        alarms=SqlAlarmBook(engine),
        register=SqlRiskRegister(engine),
        rules=SqlRuleBook(engine),
        inbox=SqlInbox(engine),
    )
