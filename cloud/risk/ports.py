"""The sockets of the risk centre: alarms, the register, what outcomes taught about rules, and the superior's inbox."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from cloud.risk.alarm import Alarm
from cloud.risk.case_file import CaseFile
from cloud.risk.risk import Label, Risk


class AlarmBook(Protocol):
    """Alarms; the same alarm_id again replaces it."""

    def save(self, alarm: Alarm) -> None: ...

    def change(self, alarm_id: str, by: Callable[[Alarm], Alarm]) -> Alarm:
        """Replace it by what `by` makes of it, whatever others change at the same time; DomainError 404."""
        ...

    def find(self, alarm_id: str) -> Alarm | None: ...

    def open_alarms(self, institution_ids: Collection[str] | None = None) -> list[Alarm]:
        """All that are not CLOSED; None means every institution (jobs only)."""
        ...

    def alarms(
        self, institution_ids: Collection[str], *, start_ms: int = 0, end_ms: int | None = None, limit: int = 1000
    ) -> list[Alarm]:
        """Those opened in the span, newest first."""
        ...


class RiskRegister(Protocol):
    """The register; the same risk_id again replaces it."""

    def save(self, risk: Risk) -> None: ...

    def change(self, risk_id: str, by: Callable[[Risk], Risk]) -> Risk:
        """Replace it by what `by` makes of it, whatever others change at the same time; DomainError 404."""
        ...

    def find(self, risk_id: str) -> Risk | None: ...

    def open_risks(self, institution_ids: Collection[str] | None = None) -> list[Risk]:
        """All that are not CLOSED; None means every institution (jobs only)."""
        ...

    def risks(
        self, institution_ids: Collection[str], *, start_ms: int = 0, end_ms: int | None = None, limit: int = 1000
    ) -> list[Risk]:
        """Those opened in the span, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Lesson:
    """One labelled outcome of a rule. `by` never caused the event: feedback of the causer does not count."""

    institution_id: str
    rule_id: str
    risk_id: str
    label: Label
    by: str
    at_ms: int


class RuleBook(Protocol):
    """What outcomes taught about each rule; one lesson per risk, a later label replaces the earlier."""

    def learn(self, lesson: Lesson) -> None: ...

    def lessons(self, institution_ids: Collection[str], rule_id: str | None = None) -> list[Lesson]:
        """In the order they were learnt."""
        ...

    def approved_rules(self, institution_id: str) -> Mapping[str, str]:
        """Restricted rules that somebody has approved, by rule id: who did. Others of them stay in shadow."""
        ...

    def approve(self, institution_id: str, rule_id: str, by: str, at_ms: int) -> None: ...


class Inbox(Protocol):
    """Case files between an institution and its superior; the same id again replaces it."""

    def save(self, case_file: CaseFile) -> None: ...

    def change(self, case_file_id: str, by: Callable[[CaseFile], CaseFile]) -> CaseFile:
        """Replace it by what `by` makes of it, whatever others change at the same time; DomainError 404."""
        ...

    def find(self, case_file_id: str) -> CaseFile | None: ...

    def of_superior(self, superior_ids: Collection[str]) -> list[CaseFile]:
        """Newest first."""
        ...

    def of_institution(self, institution_ids: Collection[str]) -> list[CaseFile]:
        """Newest first."""
        ...


@dataclass(frozen=True, slots=True)
class RiskBooks:
    """The books of the risk centre."""

    alarms: AlarmBook
    register: RiskRegister
    rules: RuleBook
    inbox: Inbox
