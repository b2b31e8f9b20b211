"""Lets the rules of the library look for their conditions, and logs what begins and what is over.

A rule rests for a minute, and for long enough that its looking takes no more than a twentieth of the time. Right
after the start, and after an import of records, nobody waits a minute.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence

from cloud.core.institution import InstitutionModel
from cloud.core.work_calendar import WorkCalendar
from cloud.jobs.job import JobPlan, JobTools
from cloud.risk.examination import Examined, Place, compare, memory_name
from cloud.risk.library import Library, load_library
from cloud.risk.rule import Evidence, Rule

log = logging.getLogger(__name__)

PERIOD_S = 5.0
REST_S = 60.0
EAGER_REST_S, EAGER_FOR_S = 10.0, 300.0
REST_FACTOR = 20
AT_ONCE_S = 1.0
"""So long a round lasts at most, so that other jobs of the process get their turn."""


class ExamineRules:
    """One round: the rules that are due, institution by institution."""

    def __init__(self, tools: JobTools, library: Library) -> None:
        self._tools, self._services, self._library = tools, tools.services, library
        self._due_s: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._newest_import: dict[str, str] = {}
        self._failing: set[tuple[str, str]] = set()
        self._started_s: float | None = None

    def run(self) -> bool:
        now_s = self._services.clock.monotonic()
        if self._started_s is None:
            self._started_s = now_s
        ids = [one.institution_id for one in self._services.institutions.institutions()]
        self._look_at_imports(ids)
        due = [(one, rule) for one in ids for rule in self._library.examined() if self._waits_since(one, rule) <= now_s]
        # Who has waited longest goes first, or a slow rule would starve those after it.
        due.sort(key=lambda one: self._waits_since(*one))
        models: dict[str, InstitutionModel | None] = {}
        for place, (institution_id, rule) in enumerate(due):
            if place and self._services.clock.monotonic() - now_s > AT_ONCE_S:
                return True
            if institution_id not in models:
                models[institution_id] = self._services.institutions.model(institution_id)
            if (model := models[institution_id]) is not None:
                self._examine(model, rule)
        return False

    def _waits_since(self, institution_id: str, rule: Rule) -> float:
        return self._due_s.get((institution_id, rule.rule_id), float("-inf"))

    def _look_at_imports(self, institution_ids: Sequence[str]) -> None:
        """After new records every rule of the institution is due at once."""
        for institution_id in institution_ids:
            newest = next(iter(self._services.records.imports([institution_id], limit=1)), None)
            if newest is None or self._newest_import.get(institution_id) == newest.import_id:
                continue
            self._newest_import[institution_id] = newest.import_id
            for of_institution, rule_id in list(self._due_s):
                if of_institution == institution_id:
                    del self._due_s[of_institution, rule_id]

    def _examine(self, model: InstitutionModel, rule: Rule) -> None:
        """A rule that fails is logged once and tried again; what it saw before goes on holding."""
        institution_id = model.institution.institution_id
        key, begun_s = (institution_id, rule.rule_id), self._services.clock.monotonic()
        try:
            self._compare(model, rule)
            self._failing.discard(key)
        except Exception as error:
            if key not in self._failing:
                log.exception("rule %s could not be examined for %s: %s", rule.rule_id, institution_id, error)
            self._failing.add(key)
        ended_s = self._services.clock.monotonic()
        is_eager = ended_s - (self._started_s or 0.0) < EAGER_FOR_S
        rest_s = max(EAGER_REST_S if is_eager else REST_S, REST_FACTOR * (ended_s - begun_s))
        self._due_s[key] = ended_s + rest_s

    def _compare(self, model: InstitutionModel, rule: Rule) -> None:
        if rule.examine is None:
            return
        institution_id, now_ms = model.institution.institution_id, self._services.clock.now_ms()
        settings, name = self._services.settings, memory_name(rule)
        memory = Examined.read(settings.read(institution_id, name))
        sightings = list(rule.examine(self._evidence(model, now_ms)))
        place = Place(institution_id, self._tools.departments.answering(rule.kind), now_ms)
        events, seen = compare(memory, rule, sightings, place)
        # Events first: a crash in between repeats them under the same ids.
        self._services.event_log.append(events)
        if seen != memory:
            settings.write(institution_id, name, seen.written())
        if events:
            self._services.wake()

    def _evidence(self, model: InstitutionModel, now_ms: int) -> Evidence:
        services = self._services
        return Evidence(
            institution_id=model.institution.institution_id,
            model=model,
            now_ms=now_ms,
            store=services.store,
            intervals=services.intervals,
            registry=services.registry,
            records=services.records,
            event_log=services.event_log,
            energy=services.energy,
            calendar=WorkCalendar(),
        )


JOB = JobPlan(PERIOD_S, lambda tools: ExamineRules(tools, load_library()).run, is_woken=True)
