"""Registry in SQL. A device is online while it is alive in the present session of an online node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.param_log import note_params
from cloud.adapters.sql.rows import institution_of, upsert
from cloud.adapters.sql.tables import device, edge_node, point
from cloud.core.ports import RegisteredDevice, RegisteredPoint
from gateway.messages import DeviceBirth

_WITH_NODE = device.outerjoin(
    edge_node, sa.and_(edge_node.c.group_id == device.c.group_id, edge_node.c.node == device.c.node)
)
# A new session of the node forgets devices that are not born again in it.
_IS_ONLINE = sa.and_(device.c.is_alive, edge_node.c.is_online, edge_node.c.nonce == device.c.nonce)


class SqlRegistry:
    """Fits the port Registry."""

    def __init__(self, engine: sa.Engine, groups: Collection[str] = ()) -> None:
        """`groups` limits what `online_nodes` tells to these; empty means all."""
        self._engine, self._groups = engine, sorted(groups)

    def node_born(self, group: str, node: str, nonce: str, at_ms: int, *, is_lossy: bool = False) -> None:
        with writing(self._engine) as connection:
            known = _node(connection, group, node)
            again = known is not None and known.is_online and known.nonce == nonce
            values = {
                "institution_id": institution_of(connection, group),
                "nonce": nonce,
                "is_online": True,
                "changed_ms": known.changed_ms if again and known is not None else at_ms,
                "is_lossy": is_lossy,
            }
            upsert(connection, edge_node, {"group_id": group, "node": node}, values)

    def node_lost(self, group: str, node: str, at_ms: int) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(edge_node)
                .where(edge_node.c.group_id == group, edge_node.c.node == node, edge_node.c.is_online)
                .values(is_online=False, changed_ms=at_ms)
            )

    def online_nodes(self) -> list[tuple[str, str]]:
        query = sa.select(edge_node.c.group_id, edge_node.c.node).where(edge_node.c.is_online)
        if self._groups:
            query = query.where(edge_node.c.group_id.in_(self._groups))
        with reading(self._engine) as connection:
            return [(row.group_id, row.node) for row in connection.execute(query)]

    def device_born(self, group: str, node: str, birth: DeviceBirth, at_ms: int) -> None:
        with writing(self._engine) as connection:
            session = _node(connection, group, node)
            query = (
                sa.select(device.c.changed_ms)
                .select_from(_WITH_NODE)
                .where(device.c.group_id == group, device.c.device == birth.device, device.c.node == node, _IS_ONLINE)
            )
            online_since = connection.execute(query).scalar()
            institution_id = institution_of(connection, group)
            values = {
                "institution_id": institution_id,
                "node": node,
                "nonce": session.nonce if session else "",
                "is_alive": True,
                "changed_ms": at_ms if online_since is None else online_since,
                "properties": dict(birth.properties),
            }
            note_params(connection, group, birth.device, birth.properties, institution_id, at_ms)
            upsert(connection, device, {"group_id": group, "device": birth.device}, values)
            _replace_points(connection, group, birth, institution_id)

    def device_lost(self, group: str, node: str, device: str, at_ms: int) -> None:
        with writing(self._engine) as connection:
            _bury(connection, group, node, device, at_ms)

    def devices(self, institution_ids: Collection[str]) -> list[RegisteredDevice]:
        scope = sorted(institution_ids)
        with reading(self._engine) as connection:
            rows = connection.execute(
                sa.select(
                    device,
                    sa.func.coalesce(_IS_ONLINE, sa.false()).label("is_online"),
                    edge_node.c.changed_ms.label("node_changed_ms"),
                    sa.func.coalesce(edge_node.c.is_lossy, sa.false()).label("is_lossy"),
                )
                .select_from(_WITH_NODE)
                .where(device.c.institution_id.in_(scope))
                .order_by(device.c.group_id, device.c.device)
            ).all()
            points = _points(connection, scope)
        return [_registered(row, points[row.group_id, row.device]) for row in rows]

    def properties_of(self, group: str, name: str) -> Mapping[str, str]:
        mine = sa.and_(device.c.group_id == group, device.c.device == name)
        with reading(self._engine) as connection:
            return connection.execute(sa.select(device.c.properties).where(mine)).scalar() or {}


def _node(connection: sa.Connection, group: str, node: str) -> sa.Row[Any] | None:
    query = sa.select(edge_node).where(edge_node.c.group_id == group, edge_node.c.node == node)
    return connection.execute(query).one_or_none()


def _bury(connection: sa.Connection, group: str, node: str, name: str, at_ms: int) -> None:
    connection.execute(
        sa.update(device)
        .where(device.c.group_id == group, device.c.node == node, device.c.device == name, device.c.is_alive)
        .values(is_alive=False, changed_ms=at_ms)
    )


def _replace_points(connection: sa.Connection, group: str, birth: DeviceBirth, institution_id: str) -> None:
    by_name = {one.name: one for one in birth.points}
    rows = [
        {
            "group_id": group,
            "device": birth.device,
            "name": one.name,
            "institution_id": institution_id,
            "place": place,
            "datatype": one.datatype,
            "unit": one.unit,
            "kind": one.kind,
            "writable": one.writable,
        }
        for place, one in enumerate(by_name.values())
    ]
    mine = sa.and_(point.c.group_id == group, point.c.device == birth.device)
    known = connection.execute(sa.select(point).where(mine).order_by(point.c.place)).mappings().all()
    if [dict(row) for row in known] == rows:
        return
    connection.execute(sa.delete(point).where(mine))
    if rows:
        connection.execute(sa.insert(point), rows)


def _points(connection: sa.Connection, scope: list[str]) -> dict[tuple[str, str], list[RegisteredPoint]]:
    query = sa.select(point).where(point.c.institution_id.in_(scope))
    points: dict[tuple[str, str], list[RegisteredPoint]] = defaultdict(list)
    for row in connection.execute(query.order_by(point.c.group_id, point.c.device, point.c.place)):
        points[row.group_id, row.device].append(
            RegisteredPoint(row.name, row.datatype, row.unit, row.kind, row.writable)
        )
    return points


def _registered(row: sa.Row[Any], points: list[RegisteredPoint]) -> RegisteredDevice:
    # A living device that is offline went with its node.
    went_with_node = row.is_alive and not row.is_online and row.node_changed_ms is not None
    return RegisteredDevice(
        institution_id=row.institution_id,
        group=row.group_id,
        node=row.node,
        device=row.device,
        properties=row.properties,
        points=tuple(points),
        is_online=bool(row.is_online),
        changed_ms=max(row.changed_ms, row.node_changed_ms) if went_with_node else row.changed_ms,
        is_lossy=bool(row.is_lossy),
    )
