"""CommandLedger in SQL: the rows through which jobs and doors speak to the wire."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import advance
from cloud.adapters.sql.tables import command as commands
from cloud.adapters.sql.tables import edge_node
from cloud.core.command_record import STATE_OF, CommandRecord, CommandRequest, CommandState, receipt_moves
from foundation.errors import DomainError
from gateway.messages import Command, CommandAction, CommandReceipt, Outcome

RECEIPT_GRACE_MS = 120_000
"""How long after the end of its validity a sent command may still be answered before it counts as unknown."""


class SqlCommandLedger:
    """Fits the port CommandLedger."""

    def __init__(self, engine: sa.Engine, groups: Collection[str] = ()) -> None:
        """`groups` limits what `approved` hands out to these; empty means all."""
        self._engine, self._groups = engine, sorted(groups)

    def propose(self, request: CommandRequest, state: CommandState, at_ms: int) -> None:
        if state not in (CommandState.PROPOSED, CommandState.APPROVED):
            raise ValueError(f"a command starts as proposed or approved, not {state}")
        values = {
            "command_id": request.command_id,
            "institution_id": request.institution_id,
            "group_id": request.group,
            "node": request.node,
            "state": state,
            "proposed_ms": at_ms,
            "decided_ms": at_ms if state is CommandState.APPROVED else None,
            "request": dataclasses.asdict(request),
        }
        with writing(self._engine) as connection:
            if _row(connection, request.command_id) is None:
                connection.execute(sa.insert(commands).values(**values))

    def decide(self, command_id: str, *, approve: bool, by: str, at_ms: int) -> CommandRecord:
        state = CommandState.APPROVED if approve else CommandState.REJECTED
        with writing(self._engine) as connection:
            decided = connection.execute(
                sa.update(commands)
                .where(commands.c.command_id == command_id, commands.c.state == CommandState.PROPOSED)
                .values(state=state, decided_ms=at_ms, approved_by=by if approve else None)
            ).rowcount
            row = _row(connection, command_id)
        if row is None:
            raise DomainError("error.not_found", 404)
        if not decided:
            raise DomainError("error.command_already_decided", 409, state=str(row.state))
        return _record(row)

    def approved(self, now_ms: int, limit: int = 50) -> list[tuple[CommandRequest, str, int]]:
        node = sa.and_(edge_node.c.group_id == commands.c.group_id, edge_node.c.node == commands.c.node)
        query = (
            sa.select(commands.c.request, commands.c.decided_ms, edge_node.c.nonce)
            .join(edge_node, node)
            .where(commands.c.state == CommandState.APPROVED, edge_node.c.is_online)
            .order_by(commands.c.decided_ms, commands.c.command_id)
            .limit(limit)
        )
        if self._groups:
            query = query.where(commands.c.group_id.in_(self._groups))
        with reading(self._engine) as connection:
            found = [
                (CommandRequest(**row.request), row.nonce, _valid_until_ms(row.decided_ms, row.request["valid_s"]))
                for row in connection.execute(query)
            ]
        return [one for one in found if now_ms < one[2]]

    def sent(self, command: Command, at_ms: int) -> None:
        with writing(self._engine) as connection:
            moved = connection.execute(
                sa.update(commands)
                .where(commands.c.command_id == command.command_id, commands.c.state == CommandState.APPROVED)
                .values(state=CommandState.SENT, sent_ms=at_ms, command=dataclasses.asdict(command))
            ).rowcount
        if not moved:
            raise DomainError("error.command_not_approved", 409, command=command.command_id)

    def close(self, receipt: CommandReceipt, *, group: str, node: str) -> None:
        with writing(self._engine) as connection:
            row = _row(connection, receipt.command_id, for_update=True)
            # An edge speaks for its own commands only.
            if row is None or (row.group_id, row.node) != (group, node):
                return
            if not receipt_moves(row.state, receipt.outcome, answered=row.receipt is not None):
                return
            connection.execute(
                sa.update(commands)
                .where(commands.c.command_id == receipt.command_id)
                .values(state=STATE_OF[receipt.outcome], receipt=dataclasses.asdict(receipt))
            )

    def expire(self, now_ms: int) -> list[CommandRecord]:
        with writing(self._engine) as connection:
            query = sa.select(commands).where(
                commands.c.state.in_([CommandState.APPROVED, CommandState.SENT]), commands.c.receipt.is_(None)
            )
            expired = []
            for row in connection.execute(query.order_by(commands.c.proposed_ms).with_for_update()).all():
                state = _overdue_state(row, now_ms)
                if state is None:
                    continue
                mine = commands.c.command_id == row.command_id
                connection.execute(sa.update(commands).where(mine).values(state=state))
                expired.append(dataclasses.replace(_record(row), state=state))
        return expired

    def recent(self, institution_ids: Collection[str], *, limit: int = 100) -> list[CommandRecord]:
        query = sa.select(commands).where(commands.c.institution_id.in_(sorted(institution_ids)))
        newest_first = query.order_by(commands.c.proposed_ms.desc(), commands.c.command_id).limit(limit)
        with reading(self._engine) as connection:
            return [_record(row) for row in connection.execute(newest_first)]

    def find(self, command_id: str) -> CommandRecord | None:
        with reading(self._engine) as connection:
            row = _row(connection, command_id)
        return None if row is None else _record(row)

    def next_counter(self, issuer: str) -> int:
        with writing(self._engine) as connection:
            return advance(connection, f"command:{issuer}")


def _row(connection: sa.Connection, command_id: str, *, for_update: bool = False) -> sa.Row[Any] | None:
    query = sa.select(commands).where(commands.c.command_id == command_id)
    return connection.execute(query.with_for_update() if for_update else query).one_or_none()


def _overdue_state(row: sa.Row[Any], now_ms: int) -> CommandState | None:
    if row.state is CommandState.APPROVED:
        return CommandState.EXPIRED if now_ms > _valid_until_ms(row.decided_ms, row.request["valid_s"]) else None
    return CommandState.UNKNOWN if now_ms > row.command["expires_ms"] + RECEIPT_GRACE_MS else None


def _valid_until_ms(decided_ms: int, valid_s: float) -> int:
    return decided_ms + round(valid_s * 1000)


def _record(row: sa.Row[Any]) -> CommandRecord:
    return CommandRecord(
        request=CommandRequest(**row.request),
        state=row.state,
        proposed_ms=row.proposed_ms,
        approved_by=row.approved_by,
        command=_command(row.command) if row.command else None,
        sent_ms=row.sent_ms,
        receipt=_receipt(row.receipt) if row.receipt else None,
    )


def _command(values: dict[str, Any]) -> Command:
    return Command(**{**values, "action": CommandAction(values["action"])})


def _receipt(values: dict[str, Any]) -> CommandReceipt:
    return CommandReceipt(**{**values, "outcome": Outcome(values["outcome"])})
