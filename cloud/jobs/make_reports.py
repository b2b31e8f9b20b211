"""Makes what is ordered, one report per round, and orders the reports of the month that is over by itself.

An order that a process left behind RUNNING is made anew: the package depends on the books and the order alone.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable
from dataclasses import replace

from cloud.core.institution import UNASSIGNED, InstitutionModel
from cloud.core.period import Period
from cloud.desks.reports import scene_of
from cloud.energy.metered import count, keys_of
from cloud.energy.place import main_meters
from cloud.jobs.job import JobPlan, JobTools
from cloud.reporting.hashing import SHA256
from cloud.reporting.make import Seal, make_package, package_name
from cloud.reporting.order import OrderState, ReportOrder
from cloud.reporting.report import Report, load_reports
from cloud.telemetry.booking import DAY_MS, unbooked_ms
from foundation.errors import DomainError, LinkError, XietongError
from foundation.texts import Language, load_texts

log = logging.getLogger(__name__)

PERIOD_S = 10.0
STEADY_LOOKS = 3
"""A month's data are there when so many looks in a row, PERIOD_S apart, find the same of them."""

PATIENT_LOOKS = 180
"""After half an hour of equal looks a report is made of what there is: readings may be such that none is booked."""

SCHEDULE = "schedule"
HASH_SETTING = "report.hash"
_NAMESPACE = uuid.UUID("4f6f0a5e-2f39-4b52-9a55-3d1c9c1f8b7e")

Known = tuple[int, int]
"""Milliseconds that meters cover, and bills and hand readings."""


class MakeReports:
    """One round: make the oldest waiting order; when there is none, see whether a month is ready to be reported."""

    def __init__(self, tools: JobTools) -> None:
        self._tools, self._services = tools, tools.services
        self._seen: dict[tuple[str, Period], tuple[Known, int]] = {}
        self._ordered: set[str] = set()
        self._next_look_s = float("-inf")

    def run(self) -> bool:
        waiting = self._services.reporting.orders.waiting()
        if waiting:
            self._make(waiting[0])
            return True
        return self._schedule()

    def _make(self, order: ReportOrder) -> None:
        running = self._save(replace(order, state=OrderState.RUNNING, progress=0.0, error=None))
        try:
            content = self._package(running)
        except LinkError:
            # The database cannot be used: the order stays as it is and is made anew.
            raise
        except Exception as error:
            log.warning("report %s of %s failed: %s", order.report, order.institution_id, error, exc_info=True)
            reason = _one_line(error, self._services.language)
            self._end(replace(running, state=OrderState.FAILED, error=reason))
            return
        digest = hashlib.sha256(content).hexdigest()
        name = package_name(order.institution_id, order.report, Period.parse(order.period), digest)
        self._services.reporting.shelf.put(name, content)
        self._end(replace(running, state=OrderState.DONE, package=name, digest=digest, size=len(content)))

    def _package(self, order: ReportOrder) -> bytes:
        report, scene = load_reports().get(order.report), scene_of(self._services, order)
        if report is None:
            raise DomainError("error.report_unknown", report=order.report)
        if scene is None:
            raise DomainError("error.not_found")
        hash_name = self._services.settings.read(order.institution_id, HASH_SETTING) or SHA256
        return make_package(report, scene, Seal(self._services.sealing_key, hash_name), self._progress(order))

    def _progress(self, order: ReportOrder) -> Callable[[float, str], None]:
        def tell(share: float, step: str) -> None:
            self._save(replace(order, progress=share, step=step))

        return tell

    def _end(self, order: ReportOrder) -> None:
        finished_ms = self._services.clock.now_ms()
        step = "report.step.done" if order.state is OrderState.DONE else "report.step.failed"
        self._save(replace(order, progress=1.0, step=step, finished_ms=finished_ms))
        self._services.wake()

    def _save(self, order: ReportOrder) -> ReportOrder:
        self._services.reporting.orders.save(order)
        return order

    def _schedule(self) -> bool:
        """Order what is due of the month that is over; True when something was ordered."""
        now_s = self._services.clock.monotonic()
        if now_s < self._next_look_s:
            return False
        self._next_look_s = now_s + PERIOD_S
        month = Period.month_of(self._services.clock.now_ms()).previous
        due = [report for report in load_reports().values() if report.is_scheduled]
        ordered = False
        for institution_id in self._tools.institution_ids():
            model = self._services.institutions.model(institution_id) if institution_id != UNASSIGNED else None
            missing = [report for report in due if not self._is_ordered(institution_id, report, month)]
            if model is not None and missing and self._is_steady(model, month):
                for report in missing:
                    self._order(institution_id, report, month)
                ordered = True
        return ordered

    def _is_ordered(self, institution_id: str, report: Report, month: Period) -> bool:
        """Whether the clock has ordered it: what a person ordered early may have been made of half a month's data."""
        order_id = _order_id(institution_id, report, month)
        if order_id not in self._ordered and self._services.reporting.orders.find(order_id) is not None:
            self._ordered.add(order_id)
        return order_id in self._ordered

    def _is_steady(self, model: InstitutionModel, month: Period) -> bool:
        """Whether the month's data are there and have not grown for a while."""
        key, known = (model.institution.institution_id, month), self._known(model, month)
        before, looks = self._seen.get(key, (known, 0))
        looks = looks + 1 if before == known else 1
        self._seen = {one: seen for one, seen in self._seen.items() if one[1] == month} | {key: (known, looks)}
        if not any(known) or looks < STEADY_LOOKS:
            return False
        return looks >= PATIENT_LOOKS or self._is_booked(model, month)

    def _is_booked(self, model: InstitutionModel, month: Period) -> bool:
        """Whether what the main meters told of the month has become interval energy."""
        store, intervals = self._services.store, self._services.intervals
        keys = {key for meter in main_meters(model, month.start_ms, month.end_ms) for key in keys_of(meter)}
        missing = (unbooked_ms(store, intervals, key, month.start_ms, month.end_ms) for key in sorted(keys))
        return all(one <= 2 * DAY_MS for one in missing)

    def _known(self, model: InstitutionModel, month: Period) -> Known:
        counted = count(main_meters(model, month.start_ms, month.end_ms), self._services.intervals)
        covered_ms = sum(total.covered_ms for _, total in counted.values())
        scope = {model.institution.institution_id}
        rows = [
            self._services.records.records(scope, kind, start_ms=month.start_ms, end_ms=month.end_ms)
            for kind in ("energy_bill", "hand_reading")
        ]
        return covered_ms, sum(map(len, rows))

    def _order(self, institution_id: str, report: Report, month: Period) -> None:
        order_id = _order_id(institution_id, report, month)
        now_ms = self._services.clock.now_ms()
        self._services.audit.record(
            institution_id=institution_id,
            actor=SCHEDULE,
            action="report.order",
            subject=f"report:{order_id}",
            detail={"report": report.report_id, "period": str(month)},
        )
        self._save(ReportOrder(order_id, institution_id, report.report_id, str(month), SCHEDULE, now_ms))


def _order_id(institution_id: str, report: Report, month: Period) -> str:
    """The same in every process, so that two of them order once."""
    return str(uuid.uuid5(_NAMESPACE, f"{institution_id}/{report.report_id}/{month}"))


def _one_line(error: Exception, language: Language) -> str:
    """A person's reason where there is one, else kind and message of the error."""
    if isinstance(error, DomainError):
        return load_texts()(error.code, language, **error.facts)
    text = " ".join(str(error).split())
    return text if isinstance(error, XietongError) else f"{type(error).__name__}: {text}"


JOB = JobPlan(PERIOD_S, lambda tools: MakeReports(tools).run, is_woken=True)
