"""Ends commands that nobody answered: without this an officer would wait for a receipt that never comes."""

from __future__ import annotations

import uuid

from cloud.core.command_record import CommandRecord, CommandState
from cloud.core.event import Event, Severity
from cloud.jobs.job import JobPlan, JobTools

PERIOD_S = 5.0
_NAMESPACE = uuid.UUID("9d1b7c54-0a40-4d7b-8b6a-7f6ff7b9c3aa")
_SEVERITY = {CommandState.EXPIRED: Severity.BLUE, CommandState.UNKNOWN: Severity.YELLOW}


class ExpireCommands:
    """One round: book what is overdue, and tell it."""

    def __init__(self, tools: JobTools) -> None:
        self._tools, self._services = tools, tools.services

    def run(self) -> bool:
        now_ms = self._services.clock.now_ms()
        overdue = self._services.commands.expire(now_ms)
        self._services.event_log.append([self._event(record, now_ms) for record in overdue])
        return False

    def _event(self, record: CommandRecord, now_ms: int) -> Event:
        request = record.request
        kind = f"command.{record.state}"
        return Event(
            event_id=str(uuid.uuid5(_NAMESPACE, f"{request.command_id}/{record.state}")),
            institution_id=request.institution_id,
            kind=kind,
            department=self._tools.departments.answering(kind),
            severity=_SEVERITY.get(record.state, Severity.BLUE),
            subject=f"device:{request.device}",
            occurred_ms=now_ms,
            received_ms=now_ms,
            data={
                "command_id": request.command_id,
                "group": request.group,
                "node": request.node,
                "device": request.device,
                "point": request.point,
                "reason": request.reason,
            },
        )


JOB = JobPlan(PERIOD_S, lambda tools: ExpireCommands(tools).run)
