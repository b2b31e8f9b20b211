"""Names that stores and dashboards use: point name -> measurement and field, the same for every device model."""

from __future__ import annotations

from dataclasses import dataclass

TAGS = frozenset(
    {"group", "building", "device", "sub_item", "point", "carrier", "dept", "kind", "severity", "threshold"}
)
"""Tag names of the stores; a field never has one of these names."""

OTHER = "point"
"""Measurement of points that only a customer's own profile knows."""


@dataclass(frozen=True, slots=True, order=True)
class StoreField:
    """A measurement and the field in it; the value is in the point's base unit."""

    measurement: str
    field: str


MEASUREMENTS: dict[str, dict[str, str]] = {
    "meter_power": {
        "p_w": "Power/Active/Total",
        "p_a_w": "Power/Active/L1",
        "p_b_w": "Power/Active/L2",
        "p_c_w": "Power/Active/L3",
        "q_var": "Power/Reactive/Total",
        "s_va": "Power/Apparent/Total",
        "pf": "PowerFactor/Total",
        "pf_a": "PowerFactor/L1",
        "pf_b": "PowerFactor/L2",
        "pf_c": "PowerFactor/L3",
        "u_a_v": "Voltage/L1",
        "u_b_v": "Voltage/L2",
        "u_c_v": "Voltage/L3",
        "u_ab_v": "Voltage/L12",
        "u_bc_v": "Voltage/L23",
        "u_ca_v": "Voltage/L31",
        "i_a_a": "Current/L1",
        "i_b_a": "Current/L2",
        "i_c_a": "Current/L3",
        "i_n_a": "Current/N",
        "i_sum_a": "Current/Total",
        "freq_hz": "Frequency",
    },
    "meter_register": {
        "imp_wh": "Energy/Active/Import",
        "exp_wh": "Energy/Active/Export",
        "tot_wh": "Energy/Active/Total",
        "imp_varh": "Energy/Reactive/Import",
        "exp_varh": "Energy/Reactive/Export",
        "tot_varh": "Energy/Reactive/Total",
        "imp_vah": "Energy/Apparent/Import",
        "vol_l": "Volume/Positive",
        "heat_j": "Energy/Heat",
    },
    "meter_quality": {
        "u_unbalance": "Voltage/Unbalance",
        "i_unbalance": "Current/Unbalance",
        "thd_i_a": "Current/THD/L1",
        "thd_i_b": "Current/THD/L2",
        "thd_i_c": "Current/THD/L3",
    },
    "solar": {
        "p_w": "Power/Active/Generated",
        "gen_wh": "Energy/Active/Generated",
        "dc_w": "Power/DC",
        "dc_v": "Voltage/DC",
        "dc_a": "Current/DC",
        "cabinet_c": "Temperature/Cabinet",
        "state": "Inverter/State",
        "event_bits": "Inverter/Events",
        "limit": "Limit/ActivePower",
        "limit_on": "Limit/Enabled",
        "connected": "Connected",
    },
    "device_identity": {
        "maker": "Identity/Manufacturer",
        "model": "Identity/Model",
        "version": "Identity/Version",
        "serial": "Identity/Serial",
    },
    "meter_flow": {"flow_l_h": "Flow", "signal": "Signal/Quality", "error_bits": "Status/Error"},
    "meter_heat": {"p_w": "Power/Heat", "supply_c": "Temperature/Supply", "return_c": "Temperature/Return"},
    "meter_status": {"bits": "Status/Meter"},
    "hvac": {
        "is_on": "Switch",
        "on": "Switch/On",
        "link_fault": "Status/Communication",
        "mode": "Mode",
        "fan": "Fan",
        "setpoint_c": "Setpoint/Temperature",
        "room_c": "Temperature/Room",
    },
    "relay": {f"r{number}": f"Relay/{number}" for number in range(1, 9)},
    "env": {"temp_c": "Temperature/Outdoor", "rh_pct": "Humidity/Outdoor", "ghi_wm2": "Irradiance"},
    "camera_health": {"online": "Camera/Online"},
    "camera_count": {"person": "Count/Person", "car": "Count/Car"},
    "vehicle_pos": {
        "lat": "Location/Lat",
        "lon": "Location/Lon",
        "speed_kmh": "Speed",
        "heading_deg": "Course",
        "odo_m": "Odometer",
        "battery": "Battery",
        "dist_m": "Distance/Total",
        "ignition": "Ignition",
        "fuel_l": "Fuel/Volume",
        "fuel_level": "Fuel/Level",
        "sat": "Satellites",
        "rssi": "Signal/Radio",
    },
    "edge_health": {
        "cpu": "Health/Cpu",
        "mem": "Health/Memory",
        "rss_b": "Health/AgentMemory",
        "disk_free": "Health/DiskFree",
        "temp_c": "Health/Temperature",
        "up_s": "Health/Uptime",
        "rows": "Outbox/Rows",
        "bytes": "Outbox/Bytes",
        "oldest_s": "Outbox/OldestAge",
        "dropped": "Outbox/Dropped",
        "clock_sync": "Clock/Synchronised",
        "clock_quality": "Clock/Quality",
        "clock_offset_s": "Clock/Offset",
        "link_s": "Link/Uptime",
        "requests": "Poll/Requests",
        "timeouts": "Poll/Timeouts",
        "faults": "Poll/Faults",
        "missed": "Poll/Missed",
        "strangers": "Calls/Strangers",
    },
}
"""Measurement -> field -> point name."""

BOARD_MEASUREMENTS: dict[str, tuple[str, ...]] = {
    "energy_interval": ("delta", "estimated"),
    "forecast": ("mean", "low", "high"),
    "threshold": ("limit", "clear"),
    "event": ("id", "severity_level", "subject"),
}
"""What the cloud works out for boards: measurement -> fields. Interval energy in the counter's base unit."""

STORE_FIELDS: dict[str, StoreField] = {
    point: StoreField(measurement, field)
    for measurement, fields in MEASUREMENTS.items()
    for field, point in fields.items()
}
"""The same by point name."""


def store_field(point: str) -> StoreField:
    """Where the values of a point are stored; a name outside the table keeps its own words, one field each."""
    return STORE_FIELDS.get(point) or StoreField(OTHER, point.replace("/", "_"))
