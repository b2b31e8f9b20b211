"""The running agent as the Sparkplug session sees it: births from profiles and process image, commands, liveness."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Point, WritablePoint
from edge_agent.acquisition.intake import NODE_EVENTS, OutboxIntake
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.delivery.outbox import Outbox
from edge_agent.delivery.uplink import Uplink
from edge_agent.drivers.scaling import params_in_force
from edge_agent.site import Device, Site
from foundation.errors import LinkError
from gateway.edge_node import EdgeNode
from gateway.messages import DeviceBirth, PointBirth, Reading
from gateway.point_limits import PROPERTY as LIMITS_PROPERTY
from gateway.point_limits import PointLimits, limits_text
from gateway.sparkplug.codec import Metric
from gateway.sparkplug.vocabulary import NodeBirth
from gateway.stream import Acknowledgement

log = logging.getLogger(__name__)


class CommandHandler(Protocol):
    """What becomes of commands that arrive."""

    async def handle(self, device: str, data: bytes) -> None: ...

    async def refuse_plain(self, device: str, metrics: list[Metric]) -> None: ...

    def observe(self, device: str, readings: Sequence[Reading]) -> None:
        """A hand at the panel shows in what is polled."""
        ...


class Agent:
    """Implements gateway.edge_node.EdgeHandlers over the parts of the running agent."""

    def __init__(
        self,
        *,
        site: Site,
        catalogue: Catalogue,
        outbox: Outbox,
        image: ProcessImage,
        nonce: str,
        link_watch: LinkWatch,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._site, self._catalogue, self._outbox, self._image = site, catalogue, outbox, image
        self._nonce, self._link_watch, self._tasks = nonce, link_watch, tasks
        self._devices = {device.id: device for device in site.devices}
        self._node: EdgeNode | None = None
        self._uplink: Uplink | None = None
        self._intake: OutboxIntake | None = None
        self._commands: CommandHandler | None = None

    def attach(self, *, node: EdgeNode, uplink: Uplink, intake: OutboxIntake, commands: CommandHandler) -> None:
        """The parts that in their turn need the agent."""
        self._node, self._uplink, self._intake, self._commands = node, uplink, intake, commands

    def replace_site(self, site: Site, catalogue: Catalogue) -> None:
        """Births are of this site from now on."""
        self._site, self._catalogue = site, catalogue
        self._devices = {device.id: device for device in site.devices}

    def rebirth(self) -> None:
        """Tell the cloud anew who is here, when there is a session."""
        if self._node is not None:
            self._node.rebirth()

    def life_changed(self, device: str, is_alive: bool, at_ms: int) -> None:
        """Announce a device that came or went, when there is a session."""
        if self._node is None or not self._node.is_online:
            return
        try:
            if is_alive:
                self._node.send_device_birth(self._birth(self._devices[device]))
            else:
                self._node.send_device_death(device, at_ms)
        except LinkError as error:
            log.info("not announced, the next birth will tell: %s", error)

    def observed(self, device: str, readings: Sequence[Reading]) -> None:
        """Polled readings, for those who look after commands."""
        if self._commands is not None:
            self._commands.observe(device, readings)

    def committed(self) -> None:
        """There are new rows in the outbox."""
        if self._uplink is not None:
            self._uplink.wake()

    # gateway.edge_node.EdgeHandlers

    def next_bdseq(self) -> int:
        try:
            return self._outbox.next_bdseq()
        except sqlite3.OperationalError as error:
            raise LinkError(f"outbox: {error}") from error

    def node_birth(self) -> NodeBirth:
        kinds = {kind for device in self._site.devices for kind in self._catalogue.get(device.profile).events}
        properties = {"software": "xietong", "acknowledgement": self._site.acknowledgement}
        return NodeBirth(self._outbox.stream, self._nonce, properties, tuple(sorted({*kinds, *NODE_EVENTS})))

    def device_births(self) -> list[DeviceBirth]:
        return [self._birth(device) for device in self._site.devices]

    def lost_devices(self) -> list[tuple[str, int]]:
        return list(self._intake.lost_devices.items()) if self._intake is not None else []

    def session_began(self) -> None:
        self._link_watch.online()
        if self._uplink is not None:
            self._uplink.session_began()

    def session_ended(self) -> None:
        self._link_watch.offline()

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        if self._uplink is not None:
            self._uplink.acknowledged(acknowledgement)

    def envelope(self, device: str, data: bytes) -> None:
        if self._commands is not None:
            self._start(self._commands.handle(device, data))

    def plain_command(self, device: str, metrics: list[Metric]) -> None:
        if self._commands is not None:
            self._start(self._commands.refuse_plain(device, metrics))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.create_task(work)

    def _birth(self, device: Device) -> DeviceBirth:
        profile = self._catalogue.get(device.profile)
        properties = {"profile": profile.id, "vendor": profile.vendor, "role": profile.role}
        for key, value in (("building", device.building), ("sub_item", device.sub_item)):
            if value is not None:
                properties[key] = value
        if device.department is not None:
            properties["department"] = device.department
        properties |= {f"name_{language}": name for language, name in device.name.items()}
        properties |= {f"param_{name}": str(one) for name, one in params_in_force(profile, device.params).items()}
        properties |= device.properties
        if profile.writable:
            properties[LIMITS_PROPERTY] = limits_text({point.name: _limits(point) for point in profile.writable})
        points = tuple(self._point_birth(device.id, point) for point in profile.all_points)
        return DeviceBirth(device.id, properties, points)

    def _point_birth(self, device: str, point: Point) -> PointBirth:
        last = self._image.last(device, point.name)
        birth = PointBirth(
            point.name,
            point.datatype,
            point.display_unit.base,
            point.kind,
            isinstance(point, WritablePoint),
        )
        if last is None:
            return birth
        return PointBirth(
            birth.name,
            birth.datatype,
            birth.unit,
            birth.kind,
            birth.writable,
            last.value,
            last.measured_ms,
            last.quality,
        )


def _limits(point: WritablePoint) -> PointLimits:
    low, high = (float(point.display_unit.to_base(end)) for end in point.limits)
    step = None if point.step is None else float(point.step * point.display_unit.factor)
    return PointLimits(low, high, step)
