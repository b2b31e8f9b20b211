"""Issues the outlook: how likely each rule's alarm is within a week, for every institution and every department."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.jobs.job import JobPlan, JobTools
from cloud.risk.alarm import Alarm
from cloud.risk.analysis import DAY_MS, WATCHED_DAYS, watched_since
from cloud.risk.library import Library, in_force, load_library
from cloud.risk.prediction import SETTING, Prediction, predict

PERIOD_S = 30.0
ISSUE_EVERY_MS = 3_600_000
HISTORY_READ = 5_000


class PredictRisks:
    """One round: every institution whose outlook is an hour old, or has a new alarm since."""

    def __init__(self, tools: JobTools, library: Library) -> None:
        self._tools, self._services, self._library = tools, tools.services, library
        self._newest: dict[str, str | None] = {}

    def run(self) -> bool:
        for institution in self._services.institutions.institutions():
            self._predict(institution.institution_id)
        return False

    def _predict(self, institution_id: str) -> None:
        now_ms, settings = self._services.clock.now_ms(), self._services.settings
        newest = next((one.alarm_id for one in self._history(institution_id, now_ms, limit=1)), None)
        issued = Prediction.read(settings.read(institution_id, SETTING))
        is_fresh = issued is not None and now_ms - issued.made_ms < ISSUE_EVERY_MS
        if is_fresh and self._newest.get(institution_id, "") == newest:
            return
        history = self._history(institution_id, now_ms, limit=HISTORY_READ)
        approved = self._services.risk.rules.approved_rules(institution_id)
        prediction = predict(
            [rule for rule in self._library.all() if in_force(rule, approved)],
            history,
            department_of=self._tools.departments.answering,
            watched_since_ms=watched_since(settings, institution_id, now_ms),
            now_ms=now_ms,
        )
        settings.write(institution_id, SETTING, prediction.written())
        self._newest[institution_id] = newest

    def _history(self, institution_id: str, now_ms: int, *, limit: int) -> Sequence[Alarm]:
        start_ms = now_ms - WATCHED_DAYS * DAY_MS
        return self._services.risk.alarms.alarms([institution_id], start_ms=start_ms, limit=limit)


JOB = JobPlan(PERIOD_S, lambda tools: PredictRisks(tools, load_library()).run)
