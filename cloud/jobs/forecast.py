"""Makes a forecast of every main electricity meter once a day, and again when its known past has grown.

Each round makes one run at most, so that a new day or an import holds up nothing else. Where a run meets a limit that
an officer has set, the coming breach is told before it happens.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.series import Sample, SeriesKey
from cloud.core.work_calendar import WorkCalendar
from cloud.energy.daily import outdoor_station
from cloud.energy.forecast_run import ForecastRun
from cloud.energy.forecasting.forecast import NoForecast
from cloud.energy.forecasting.hourly_means import HOUR_MS
from cloud.energy.meter_forecast import DAY_MS, HISTORY_DAYS, Forecastable, forecastable, history, issue
from cloud.energy.outlook import EXPECTED, expected_event, outlook
from cloud.jobs.job import JobPlan, JobTools

log = logging.getLogger(__name__)

PERIOD_S = 10.0
DAY_BEGINS_MS = 600_000
"""A new day begins ten minutes after midnight: until then yesterday's last quarter is being booked."""

LOOK_S = (10.0, 3_600.0)
"""Shortest and longest time between counts of the known past; it doubles while that is there and does not grow."""

GROWN = 1.2
"""A past that has grown by this factor is worth a new run even while it goes on growing."""


@dataclass(frozen=True, slots=True)
class Past:
    """Whole days booked of a meter by its counter, as counted at a look."""

    counter: SeriesKey
    days: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last time that a forecast was tried: for which day, from how much past, and why there was none."""

    day: date
    days: float
    reason: str | None = None


class Forecast:
    """One round: look for what is due when it is time to, then make one run; judge the limits by the newest runs."""

    def __init__(self, tools: JobTools) -> None:
        self._tools, self._services = tools, tools.services
        self._calendar = WorkCalendar()
        self._attempts: dict[SeriesKey, Attempt] = {}
        self._pasts: dict[SeriesKey, Past] = {}
        self._newest: dict[SeriesKey, ForecastRun] = {}
        self._due: deque[Forecastable] = deque()
        self._looked_for: date | None = None
        self._next_look_s, self._wait_s = float("-inf"), LOOK_S[0]
        self._told: set[str] = set()

    def run(self) -> bool:
        now_ms = self._services.clock.now_ms()
        today = local_day(now_ms - DAY_BEGINS_MS)
        if not self._due and (today != self._looked_for or self._services.clock.monotonic() >= self._next_look_s):
            self._look(today, now_ms)
        if self._due:
            self._make(self._due.popleft(), today, now_ms)
        self._tell_outlooks(now_ms)
        return bool(self._due)

    def _look(self, today: date, now_ms: int) -> None:
        institution_ids = self._tools.institution_ids()
        if self._looked_for is None:
            self._remember(self._services.energy.forecasts.newest(institution_ids))
        models = [model for one in institution_ids if (model := self._services.institutions.model(one)) is not None]
        meters = [meter for model in models for meter in forecastable(model, now_ms)]
        before = self._pasts
        self._pasts = self._count(meters, today)
        has_grown = any(key not in before or past.days > before[key].days for key, past in self._pasts.items())
        self._wait_s = LOOK_S[0] if has_grown or not self._pasts else min(2 * self._wait_s, LOOK_S[1])
        self._next_look_s = self._services.clock.monotonic() + self._wait_s
        self._looked_for = today
        self._due.extend(one for one in meters if self._is_due(one, today, before.get(one.key)))

    def _remember(self, runs: Sequence[ForecastRun]) -> None:
        """After a restart: what was made today from as much past need not be made again."""
        for run in runs:
            self._newest[run.key] = run
            self._attempts[run.key] = Attempt(local_day(run.made_ms - DAY_BEGINS_MS), run.history_days)

    def _count(self, meters: Collection[Forecastable], today: date) -> dict[SeriesKey, Past]:
        """Days booked before today; meters without any are absent."""
        end_ms = day_start_ms(today)
        counters = [counter for meter in meters for counter in meter.counters]
        totals = self._services.intervals.total(counters, end_ms - HISTORY_DAYS * DAY_MS, end_ms) if counters else {}
        found = {}
        for meter in meters:
            counter = next((one for one in meter.counters if one in totals), None)
            if counter is not None:
                found[meter.key] = Past(counter, totals[counter].covered_ms / DAY_MS)
        return found

    def _is_due(self, meter: Forecastable, today: date, before: Past | None) -> bool:
        past, attempt = self._pasts.get(meter.key), self._attempts.get(meter.key)
        if past is None:
            return False
        if attempt is None or attempt.day != today:
            return True
        has_settled = before is not None and before.days == past.days
        return past.days >= attempt.days + 1 and (has_settled or past.days >= GROWN * attempt.days)

    def _make(self, meter: Forecastable, today: date, now_ms: int) -> None:
        past = self._pasts[meter.key]
        days = history(self._services.intervals, past.counter, today, self._temperature(meter, today))
        made = issue(meter, days, self._calendar, run_id=self._services.rng.uuid(), now_ms=now_ms)
        if isinstance(made, NoForecast):
            self._explain(meter, made.reason)
            self._attempts[meter.key] = Attempt(today, past.days, made.reason)
            return
        self._services.energy.forecasts.save(made)
        self._newest[meter.key] = made
        self._attempts[meter.key] = Attempt(today, past.days)

    def _explain(self, meter: Forecastable, reason: str) -> None:
        attempt = self._attempts.get(meter.key)
        if attempt is None or attempt.reason != reason:
            log.info("no forecast of %s/%s: %s", meter.group, meter.device, reason)

    def _temperature(self, meter: Forecastable, today: date) -> list[Sample]:
        """Hourly means of the compound's outdoor sensor; empty without one."""
        devices = self._services.registry.devices([meter.institution_id])
        station = outdoor_station([one for one in devices if one.group == meter.group])
        if station is None:
            return []
        end_ms = day_start_ms(today)
        return self._services.store.series(station, end_ms - HISTORY_DAYS * DAY_MS, end_ms, window_ms=HOUR_MS)

    def _tell_outlooks(self, now_ms: int) -> None:
        if not self._newest:
            return
        department, events = self._tools.departments.answering(EXPECTED), []
        for threshold in self._services.thresholds.thresholds():
            run = self._newest.get(SeriesKey(threshold.group, threshold.device, threshold.point))
            if not threshold.enabled or run is None or run.institution_id != threshold.institution_id:
                continue
            found = outlook(threshold, run, now_ms)
            if found is not None:
                events.append(expected_event(found, run, department=department, now_ms=now_ms))
        fresh = [event for event in events if event.event_id not in self._told]
        if fresh:
            self._services.event_log.append(fresh)
        # Only what may be met again is kept.
        self._told = {event.event_id for event in events}


JOB = JobPlan(PERIOD_S, lambda tools: Forecast(tools).run)
