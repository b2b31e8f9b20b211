"""The JSON Schema of a profile file, for editors that complete and check YAML while it is typed."""

from __future__ import annotations

import json
from typing import Any

from device_profiles.profile import REGISTER_TYPES, Profile
from device_profiles.quantity import UNITS

SCHEMA_ID = "xietong.device-profile/1"
_TYPE_PATTERN = rf"^({'|'.join(REGISTER_TYPES)}|(string|bcd)\([1-9][0-9]*\))$"


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) with the known units and register types filled in."""
    schema = Profile.model_json_schema(by_alias=True)
    for definition in schema["$defs"].values():
        properties = definition.get("properties", {})
        if "unit" in properties:
            properties["unit"]["enum"] = sorted(UNITS)
        if "type" in properties:
            _add_pattern(properties["type"], _TYPE_PATTERN)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **schema}


def schema_text() -> str:
    """The schema as JSON text, the same bytes for the same code."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _add_pattern(place: dict[str, Any], pattern: str) -> None:
    for option in place.get("anyOf", [place]):
        if option.get("type") == "string":
            option["pattern"] = pattern
