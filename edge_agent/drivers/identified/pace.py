"""How patiently a meter is asked, as its profile says."""

from __future__ import annotations

from device_profiles.profile import ModbusLink
from edge_agent.drivers.driver import Urgency
from edge_agent.drivers.line.exchange import Pace


def pace_of(link: ModbusLink, urgency: Urgency) -> Pace:
    """Time-out, retries and rest of the profile's `link`."""
    return Pace(urgency, link.timeout_ms / 1000, link.retries, link.inter_request_ms / 1000)
