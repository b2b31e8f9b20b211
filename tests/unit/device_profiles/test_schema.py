from __future__ import annotations

import json
import re

from device_profiles.profile import REGISTER_TYPES
from device_profiles.quantity import UNITS
from device_profiles.schema import json_schema, schema_text


def test_schema_refuses_unknown_keys_everywhere() -> None:
    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert all(part["additionalProperties"] is False for part in schema["$defs"].values())


def test_schema_offers_the_units_and_demands_limits_of_what_is_written() -> None:
    parts = json_schema()["$defs"]
    assert parts["Point"]["properties"]["unit"]["enum"] == sorted(UNITS)
    assert {"write", "limits", "safe_value", "name"} <= set(parts["WritablePoint"]["required"])


def test_schema_knows_the_register_types() -> None:
    pattern = json_schema()["$defs"]["Register"]["properties"]["type"]["pattern"]
    assert all(re.search(pattern, name) for name in [*REGISTER_TYPES, "string(8)", "bcd(2)"])
    assert not re.search(pattern, "int24")
    assert not re.search(pattern, "string(0)")


def test_exported_text_is_json_and_always_the_same() -> None:
    assert json.loads(schema_text()) == json_schema()
    assert schema_text() == schema_text()
