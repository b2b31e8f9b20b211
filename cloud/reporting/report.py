"""What a report is: a module of `cloud.reporting.reports` exports `REPORT`. Pure: all it may know is in its Scene."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from cloud.core.department import Departments
from cloud.core.institution import InstitutionModel
from cloud.core.period import Period
from cloud.core.plugins import load_plugins
from cloud.core.ports import CommandLedger, IntervalBook, Registry, TimeSeriesStore
from cloud.energy.account import AccountBooks
from cloud.energy.ports import EnergyBooks
from cloud.energy.quota import Quota
from cloud.energy.restatement import Restatement
from cloud.evaluation.ports import EvaluationBooks
from cloud.reporting.document import Document
from cloud.reporting.ledger import Ledger
from cloud.reporting.recompute import Product, Total
from cloud.risk.ports import RiskBooks
from cloud.services.ports import ServiceBooks


@dataclass(frozen=True, slots=True)
class Scene:
    """What a report may look at, read only: one institution's model and the books. `made_ms` is its only now.

    `restated` compares its period with what was known when it was last issued; None the first time.
    """

    model: InstitutionModel
    period: Period
    made_ms: int
    accounts: AccountBooks
    quotas: Sequence[Quota]
    store: TimeSeriesStore
    registry: Registry
    commands: CommandLedger
    energy: EnergyBooks
    risk: RiskBooks
    service: ServiceBooks
    evaluation: EvaluationBooks
    departments: Departments
    restated: Restatement | None = None

    @property
    def institution_id(self) -> str:
        return self.model.institution.institution_id

    @property
    def intervals(self) -> IntervalBook:
        return self.accounts.intervals


@dataclass(frozen=True, slots=True)
class Content:
    """A report as worked out: its document, the ledgers behind it, and what a verifier can work out anew from them.

    `versions` are the editions used by kind (`factor_set`, `benchmark`, `tariff`).
    """

    document: Document
    ledgers: tuple[Ledger, ...]
    totals: tuple[Total, ...] = ()
    products: tuple[Product, ...] = ()
    versions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    quality: Mapping[str, Decimal | int | None] = field(default_factory=dict)


Format = Literal["json", "xlsx", "pdf", "html"]


@dataclass(frozen=True, slots=True)
class Report:
    """`periods` it can be made of; its title is the text `report.<report_id>.title`.

    `is_scheduled` reports of a month that is over are ordered by the clock.
    """

    report_id: str
    build: Callable[[Scene], Content]
    periods: frozenset[Literal["month", "year"]]
    formats: tuple[Format, ...] = ("json", "xlsx", "pdf")
    is_scheduled: bool = False

    def takes(self, period: Period) -> bool:
        """Whether it can be made of this period."""
        return ("year" if period.month is None else "month") in self.periods


def load_reports() -> dict[str, Report]:
    """Every report of the package `cloud.reporting.reports` by its id."""
    return {one.report_id: one for one in load_plugins("cloud.reporting.reports", "REPORT", Report).values()}
