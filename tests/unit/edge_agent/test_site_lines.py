"""Line buses of the site file: what each may carry, and one clear error for what cannot be."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from device_profiles.catalogue import load_catalogue
from device_profiles.profile import Profile
from edge_agent.acquisition.poller import Poller
from edge_agent.site import read_site
from edge_agent.site_lines import ModbusTcpBus
from foundation.clock import SystemClock
from foundation.errors import ConfigError
from foundation.rng import SeededRng
from tests.support.certificates import Authority
from tests.support.profiles import catalogue_of, profile_of, register, site_of
from tests.support.recording_intake import RecordingIntake

TCP = {"id": "line", "kind": "modbus_tcp", "host": "10.0.0.7"}
SERIAL = {"id": "line", "kind": "serial", "port": "/dev/ttyUSB0"}
OVER_TCP = {"id": "line", "kind": "serial_over_tcp", "host": "10.0.0.7", "port": 4196}
DTU = {"id": "line", "kind": "dial_in", "port": 7000, "registration": "DTU"}
OPEN = {"id": "line", "kind": "dial_in", "port": 7000, "anyone": True}
LINES = [TCP, SERIAL, OVER_TCP, DTU, {**OPEN, "framing": "tcp"}]
CATALOGUE = load_catalogue()


def site(bus: dict[str, Any], *devices: dict[str, Any]) -> Any:
    return site_of([bus], [{"id": f"d{number}", "bus": "line", **one} for number, one in enumerate(devices)])


@pytest.mark.parametrize("bus", LINES, ids=lambda bus: f"{bus['kind']}-{bus.get('framing', '')}")
def test_every_line_carries_modbus_units(bus: dict[str, Any]) -> None:
    profile = profile_of(register())
    made = site(bus, {"unit": 1}, {"unit": 247})
    poller = Poller(made, catalogue_of(profile), RecordingIntake(), SystemClock(), SeededRng(1))
    assert set(poller.counters) == {"line"}


def test_the_port_of_modbus_tcp_is_802_with_tls_and_502_without() -> None:
    assert ModbusTcpBus.model_validate(TCP).port == 502
    assert ModbusTcpBus.model_validate({**TCP, "tls": {"ca_file": "ca.pem"}}).port == 802
    assert ModbusTcpBus.model_validate({**TCP, "tls": {"ca_file": "ca.pem"}, "port": 4000}).port == 4000


@pytest.mark.parametrize(
    ("bus", "devices", "reason"),
    [
        (TCP, [{}], "a Modbus device needs a unit"),
        (TCP, [{"address": "12"}], "a Modbus device needs a unit"),
        ({**DTU, "framing": "tcp"}, [{"address": "12"}], "a Modbus device needs a unit"),
        (SERIAL, [{}], "needs a unit .* or an address"),
        (OVER_TCP, [{"unit": 1, "address": "1"}], "needs a unit .* or an address"),
        (SERIAL, [{"unit": 0}], "unit 0 is not one of 1 to 247"),
        (DTU, [{"unit": 248}], "unit 248"),
        (TCP, [{"unit": 3}, {"unit": 3}], "bus line: unit 3 is given to 2 devices"),
        (SERIAL, [{"address": "11aa"}, {"address": "11AA"}], "unit 11AA is given to 2 devices"),
        ({**SERIAL, "format": "9X1"}, [], "format"),
        ({**SERIAL, "baud": 1}, [], "baud"),
        ({**DTU, "registration": "hex:ABC"}, [], "pairs of hexadecimal digits"),
        ({**DTU, "heartbeat": ""}, [], "must be some text"),
        ({**TCP, "tls": {"ca_file": "a", "key_file": "b"}}, [], "needs its cert_file"),
    ],
)
def test_what_cannot_be_is_refused(bus: dict[str, Any], devices: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        site(bus, *devices)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (SERIAL, SERIAL, "serial port /dev/ttyUSB0 is given to 2 buses"),
        (DTU, DTU, "share port 7000"),
        ({**DTU, "registration": "A"}, OPEN, "share port 7000"),
        ({**DTU, "registration": "A1"}, {**DTU, "registration": "A12"}, "do not tell them apart"),
    ],
)
def test_two_buses_cannot_want_the_same_wire(first: dict[str, Any], second: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        site_of([first, {**second, "id": "other"}], [])


def test_dtus_share_a_port_when_their_registrations_differ() -> None:
    buses = [{**DTU, "id": name, "registration": name} for name in ("north", "south")]
    assert len(site_of(buses, []).buses) == 2


@pytest.mark.parametrize(
    ("parts", "key", "reason"),
    [
        ({}, "registration", "missing: what the DTU sends first; to take whoever calls write anyone: true"),
        ({"anyone": False}, "registration", "missing: what the DTU sends first"),
        ({"anyone": True, "registration": "A1"}, "registration", "cannot stand beside anyone: true"),
        ({"anyone": "perhaps"}, "anyone", "boolean"),
    ],
)
def test_who_may_call_a_line_is_said(tmp_path: Path, parts: dict[str, Any], key: str, reason: str) -> None:
    path = write(
        tmp_path, {"id": "line", "kind": "dial_in", "port": 7000, **parts}, {"profile": "eastron.sdm630", "unit": 1}
    )
    with pytest.raises(ConfigError, match=reason) as caught:
        read_site(path, CATALOGUE)
    assert (caught.value.file, caught.value.key) == (str(path), f"buses.0.dial_in.{key}")


def write(folder: Path, bus: dict[str, Any], device: dict[str, Any]) -> Path:
    path = folder / "site.yaml"
    content = {
        "schema": "xietong.site/1",
        "group": "test",
        "node": "edge-1",
        "data_dir": "data",
        "buses": [bus],
        "devices": [{"id": "meter", "bus": "line", **device}],
    }
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize(
    ("driver", "device", "key", "reason"),
    [
        ("dlt645", {"address": "12345"}, "devices.meter.address", "12 digits"),
        ("dlt645", {"unit": 5}, "devices.meter.address", "12 digits"),
        ("cjt188", {"address": "1234567890123G"}, "devices.meter.address", "14 hexadecimal digits"),
        ("modbus", {"address": "123456789012"}, "devices.meter.unit", "needs a unit"),
    ],
)
def test_the_address_must_fit_the_language_of_the_profile(
    tmp_path: Path, driver: str, device: dict[str, Any], key: str, reason: str
) -> None:
    profile = next(one for one in CATALOGUE.all() if one.driver == driver)
    path = write(tmp_path, SERIAL, {"profile": profile.id, **device})
    with pytest.raises(ConfigError, match=reason) as caught:
        read_site(path, CATALOGUE)
    assert (caught.value.file, caught.value.key) == (str(path), key)


def test_tls_files_are_taken_from_the_folder_of_the_site_file(tmp_path: Path) -> None:
    bus = {**TCP, "tls": {"ca_file": "keys/ca.pem", "cert_file": "/etc/me.pem"}}
    made = read_site(write(tmp_path, bus, {"profile": "eastron.sdm630", "unit": 1}), CATALOGUE)
    (line,) = made.buses
    assert isinstance(line, ModbusTcpBus)
    assert line.tls is not None
    assert (line.tls.ca_file, line.tls.cert_file) == (tmp_path / "keys" / "ca.pem", Path("/etc/me.pem"))


@pytest.mark.parametrize("bus", [TCP, {**DTU, "framing": "tcp"}], ids=["modbus_tcp", "dial_in-tcp"])
def test_a_line_of_modbus_frames_carries_no_other_language(bus: dict[str, Any]) -> None:
    other: Profile = next(one for one in CATALOGUE.all() if one.driver == "dlt645")
    made = site_of([bus], [{"id": "meter", "bus": "line", "unit": 1, "profile": other.id}])
    with pytest.raises(ConfigError, match="dlt645 cannot hang on bus line"):
        Poller(made, CATALOGUE, RecordingIntake(), SystemClock(), SeededRng(1))


@pytest.mark.parametrize("page", ["lines.md", "lines.zh-CN.md"])
def test_the_site_file_of_the_documentation_can_be_served(tmp_path: Path, page: str) -> None:
    text = (Path(__file__).parents[3] / "docs" / page).read_text(encoding="utf-8")
    shown = yaml.safe_load(text.split("```yaml")[1].split("```")[0])
    path = tmp_path / "site.yaml"
    head = {"schema": "xietong.site/1", "group": "test", "node": "edge-1", "data_dir": "data"}
    path.write_text(yaml.safe_dump({**head, **shown}))
    keys = tmp_path / "keys"
    keys.mkdir()
    authority = Authority(keys)
    authority.ca.rename(keys / "ca.pem")
    authority.issue("edge")
    made = read_site(path, CATALOGUE)
    poller = Poller(made, CATALOGUE, RecordingIntake(), SystemClock(), SeededRng(1))
    assert set(poller.counters) == {bus["id"] for bus in shown["buses"]}
