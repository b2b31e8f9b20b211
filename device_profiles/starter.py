"""A first file for a new device model: short, commented, and right as it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from device_profiles.identifiers import PROFILE_ID_PATTERN
from foundation.errors import ConfigError

LANGUAGES = ("modbus", "mqtt_json", "dlt645", "cjt188")
"""Drivers whose devices differ by profile; cameras and vehicles are described by the shipped ones."""

ROLES = ("meter", "actuator", "sensor")
_SUB_ITEMS = {
    "electricity": 'submeter: {default: "01", allowed: ["01", 01A, 01B, 01C, 01D]}',
    "water": 'submeter: {default: "02", allowed: ["02"]}',
    "gas": 'submeter: {default: "03", allowed: ["03"]}',
    "heat": 'submeter: {default: "04", allowed: ["04"]}',
    "cooling": 'submeter: {default: "05", allowed: ["05"]}',
    "none": "",
}

_HEAD = """\
# yaml-language-server: $schema=profile.schema.json
# `xietong profile schema > profile.schema.json` puts the schema beside this file; `xietong profile check` checks it.
schema: xietong.device-profile/1
id: {id}
vendor: {vendor}
models: [{model}]
carrier: {carrier}        # electricity, water, gas, heat, cooling or none
role: {role}
driver: {driver}
# Where the map comes from. Confidence: A = vendor document checked on a device, B = two sources agree, C = one.
provenance:
  - {{source: "title and version of the manual", checked: manual, confidence: C}}
"""

_MODBUS = """\
# Addresses are those on the wire (0-based): a manual that counts from 1, or says 40001, is one (or 40001) too high.
# byte_order: ABCD high word first, CDAB low word first. gap_ok: unknown registers between known ones may be read.
link: {{byte_order: ABCD, max_words: 60, max_gap: 0, gap_ok: false, timeout_ms: 600, retries: 1,
       serial: {{baud: 9600, format: 8N1}}}}
# Ratios set for each installed device; `ratio: [ct]` multiplies a point by them.
params:
  ct: {{default: 1, min: 1, max: 10000}}
# A reading that only this model gives: asked before a device is believed.
probe:
  - {{read: {{table: holding, address: 0, type: uint16}}, scale: 0.1, range: [80, 300]}}
# poll: fast, normal, slow, daily or once. range: what can be true, in `unit`. deadband: the least change worth sending.
points:
  - {{name: Voltage/L1, table: holding, address: 0, type: uint16, scale: 0.1, unit: V, poll: normal,
     range: [0, 500], deadband: {{abs: 1}}}}
  - {{name: Energy/Active/Import, table: holding, address: 2, type: uint32, scale: 0.01, ratio: [ct], unit: kWh,
     kind: counter, poll: slow, counter: {{wrap: 4294967296, max_rate_per_h: 1000}}}}
"""
_WRITABLE = """\
# What may be written: the edge keeps to limits, step and rate whatever it is told, and reads back.
writable:
  - {name: Setpoint/Temperature, table: holding, address: 10, type: int16, scale: 0.1, unit: °C, poll: normal,
     range: [10, 35], write: fc6, limits: [18, 30], step: 0.5, min_interval_s: 30, max_writes_per_h: 20,
     verify: {after_ms: 1500, tol: 0.1}, safe_value: 26}
"""
_MQTT = """\
# One JSON object a message; {{address}} is the address of the installed device. `ts` (epoch seconds) is its time.
topic: site/{{address}}
points:
  - {{name: Temperature/Room, field: temp_c, unit: °C, range: [-20, 60], deadband: {{abs: 0.1}}}}
"""
_DLT645 = """\
link: {{timeout_ms: 1500, retries: 1, inter_request_ms: 50, serial: {{baud: 2400, format: 8E1}}}}
# `data` is the identifier with the place of the value in its data: `at` bytes from the start, `bytes` long.
probe:
  - {{data: {{id: 0x02800002, bytes: 2}}, scale: 0.01, range: [45, 65]}}
points:
  - {{name: Voltage/L1, data: {{id: 0x02010100, bytes: 2}}, scale: 0.1, unit: V, poll: normal, range: [0, 500],
     deadband: {{abs: 1}}}}
  - {{name: Energy/Active/Import, data: {{id: 0x00010000, bytes: 4}}, scale: 0.01, unit: kWh, kind: counter, poll: slow,
     counter: {{wrap: 100000000, max_rate_per_h: 100}}}}
"""
_CJT188 = """\
link: {{timeout_ms: 1500, retries: 1, inter_request_ms: 100, serial: {{baud: 2400, format: 8E1}}}}
# meter_type: 16 cold water, 32 heat, 48 gas ... id_high_first: 1 for makers who send 90 before 1F.
params:
  meter_type: {{default: 16, min: 16, max: 73}}
  id_high_first: {{default: 0, min: 0, max: 1}}
points:
  - {{name: Volume/Positive, data: {{id: 0x901F, at: 0, bytes: 4, unit_code: true}}, scale: 0.01, unit: m3,
     kind: counter, poll: slow, range: [0, 1000000], counter: {{max_rate_per_h: 500}}}}
"""
_BODIES = {"modbus": _MODBUS, "mqtt_json": _MQTT, "dlt645": _DLT645, "cjt188": _CJT188}


@dataclass(frozen=True, slots=True)
class NewProfile:
    """What is known of the model before its map is written down."""

    id: str
    vendor: str
    model: str
    driver: str = "modbus"
    role: str = "meter"
    carrier: str = "electricity"


def starter(new: NewProfile) -> str:
    """The text of the file; ConfigError for an option that no profile can have."""
    _require(
        re.fullmatch(PROFILE_ID_PATTERN, new.id) is not None, "id", f"{new.id!r} is not vendor.model in lower case"
    )
    _require(new.driver in _BODIES, "driver", f"{new.driver!r} is not one of {', '.join(_BODIES)}")
    _require(new.role in ROLES, "role", f"{new.role!r} is not one of {', '.join(ROLES)}")
    _require(new.carrier in _SUB_ITEMS, "carrier", f"{new.carrier!r} is not one of {', '.join(_SUB_ITEMS)}")
    for name, text in (("vendor", new.vendor), ("model", new.model)):
        _require(text.isprintable() and text.strip() != "", name, "must be one line of text")
    head = _HEAD.format(
        id=new.id,
        vendor=_quoted(new.vendor),
        model=_quoted(new.model),
        carrier=new.carrier,
        role=new.role,
        driver=new.driver,
    )
    writable = _WRITABLE if new.role == "actuator" and new.driver == "modbus" else ""
    return (
        head
        + _BODIES[new.driver].format()
        + writable
        + "".join(f"{line}\n" for line in [_SUB_ITEMS[new.carrier]] if line)
    )


def _require(is_right: bool, key: str, reason: str) -> None:
    if not is_right:
        raise ConfigError("command line", key, reason)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
