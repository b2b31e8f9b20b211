"""Whose readings somebody may see: where a vehicle is and how fast tells of persons, and is for few."""

from __future__ import annotations

from cloud.core.access import Principal
from cloud.core.ports import RegisteredDevice
from cloud.desks.door import DoorServices

VEHICLE, VEHICLES = "vehicle", "vehicle."
"""The role of a tracker in its profile, and the family of events that it belongs to."""


def may_see_readings(services: DoorServices, principal: Principal, device: RegisteredDevice) -> bool:
    """Whether the readings of a device in scope are no track of a vehicle, or the principal answers for the vehicles.

    Permission and scope are asked apart.
    """
    if device.properties.get("role") != VEHICLE:
        return True
    return services.departments.answering(VEHICLES) in services.departments.restricted_for(principal)
