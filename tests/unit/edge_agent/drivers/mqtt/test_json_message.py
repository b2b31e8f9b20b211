import json
from typing import Any

import pytest

from device_profiles.catalogue import load_catalogue
from device_profiles.profile import Profile
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.mqtt.json_message import JsonTranslator
from edge_agent.drivers.report import Heard
from edge_agent.site import Device
from foundation.errors import ContractError
from gateway.messages import Quality, Reading
from tests.support.profiles import profile_of

TS = 1_790_000_000
NOW_MS = TS * 1000 + 700


def sensors(profile: Profile | None = None) -> JsonTranslator:
    profile = profile or load_catalogue().get("generic.weather_json")
    return JsonTranslator(
        [InstalledDevice(Device(id="weather", profile=profile.id, bus="mqtt", address="roof"), profile)]
    )


def hear(message: Any, translator: JsonTranslator | None = None, now_ms: int = NOW_MS) -> list[Heard]:
    return (translator or sensors()).translate("weather/roof", json.dumps(message).encode(), now_ms)


def test_fields_become_readings_at_the_time_of_the_message() -> None:
    (heard,) = hear({"temp_c": 21.5, "rh_pct": 40, "ghi_wm2": 612, "ts": TS, "battery": 3})
    assert heard.is_alive is True
    assert heard.readings == (
        Reading("Temperature/Outdoor", 21.5, TS * 1000),
        Reading("Humidity/Outdoor", 40.0, TS * 1000),
        Reading("Irradiance", 612.0, TS * 1000),
    )


def test_a_message_without_a_time_was_measured_when_it_came() -> None:
    assert hear({"temp_c": 1})[0].readings == (Reading("Temperature/Outdoor", 1.0, NOW_MS),)


def test_null_is_no_value_and_what_is_no_number_is_bad() -> None:
    readings = hear({"temp_c": None, "rh_pct": "wet", "ghi_wm2": 5_000})[0].readings
    assert [(reading.value, reading.quality) for reading in readings] == [
        (None, Quality.GOOD),
        (None, Quality.BAD),
        (5_000.0, Quality.BAD),
    ]


def test_the_same_message_again_says_nothing_new() -> None:
    translator = sensors()
    assert hear({"temp_c": 1, "ts": TS}, translator)
    assert hear({"temp_c": 1, "ts": TS}, translator) == []


def test_a_field_may_lie_inside_another() -> None:
    points = ({"name": "Temperature/Outdoor", "field": "outside.temp", "unit": "°C"},)
    profile = profile_of(*points, driver="mqtt_json", topic="weather/{address}")
    assert hear({"outside": {"temp": 4}}, sensors(profile))[0].readings[0].value == 4.0


def test_units_are_scaled_exactly_to_base_units() -> None:
    points = ({"name": "Energy", "field": "kwh", "unit": "kWh", "kind": "counter"},)
    profile = profile_of(*points, driver="mqtt_json", topic="weather/{address}")
    value = hear({"kwh": 1234.567}, sensors(profile))[0].readings[0].value
    assert (value, type(value)) == (1_234_567, int)


@pytest.mark.parametrize(
    "message",
    [5, {}, {"other": 1}, {"temp_c": 1, "ts": "now"}, {"temp_c": 1, "ts": TS + 200}, {"temp_c": 1, "ts": 5}],
)
def test_nonsense_is_a_contract_error(message: Any) -> None:
    with pytest.raises(ContractError):
        hear(message)


def test_other_topics_are_ignored() -> None:
    assert sensors().translate("weather/cellar", b"{", NOW_MS) == []
