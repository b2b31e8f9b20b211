"""Which driver serves which bus and which device: a new driver is one file beside this one and one line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from edge_agent.drivers.driver import DeviceDriver, DeviceSource, HealthSource, InstalledDevice, Intake
from edge_agent.drivers.gateway import GatewayDevice
from edge_agent.drivers.jt808.connection import Limits
from edge_agent.drivers.jt808.listener import Jt808Listener, ListenAddress
from edge_agent.drivers.line.dial_in import DialInDoors
from edge_agent.drivers.lines import DialFactory, open_line
from edge_agent.drivers.mqtt.frigate import FrigateTranslator
from edge_agent.drivers.mqtt.json_message import JsonTranslator
from edge_agent.drivers.mqtt.message import Translator
from edge_agent.drivers.mqtt.owntracks import OwnTracksTranslator
from edge_agent.drivers.mqtt.source import BrokerAddress, MqttSource
from edge_agent.drivers.mqtt.traccar import TraccarTranslator
from edge_agent.site import Bus, GatewayBus, Jt808Bus, MqttBus, OnvifBus
from edge_agent.site_lines import LineBus
from foundation.clock import Clock
from foundation.errors import ConfigError
from foundation.rng import Rng

TRANSLATORS: Mapping[str, Callable[[Sequence[InstalledDevice]], Translator]] = {
    "frigate": FrigateTranslator,
    "owntracks": OwnTracksTranslator,
    "mqtt_json": JsonTranslator,
    "traccar": TraccarTranslator,
}
"""The profile's `driver` -> the language its devices speak over MQTT."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What drivers need of the agent around them."""

    node: str
    intake: Intake
    clock: Clock
    rng: Rng
    dial_factory: DialFactory
    max_silence_s: float
    doors: DialInDoors = field(default_factory=DialInDoors)
    health: HealthSource | None = None


@dataclass(frozen=True, slots=True)
class OpenBus:
    """A bus in service: devices to be polled, or a source that speaks by itself.

    A bus with `install` and `remove` takes and gives up single devices without disturbing the others.
    """

    counters: Callable[[], Mapping[str, int]]
    close: Callable[[], Awaitable[None]]
    drivers: Mapping[str, DeviceDriver] = field(default_factory=dict)
    source: DeviceSource | None = None
    install: Callable[[InstalledDevice], DeviceDriver] | None = None
    remove: Callable[[InstalledDevice], None] | None = None


def open_bus(bus: Bus, devices: Sequence[InstalledDevice], around: Surroundings) -> OpenBus:
    """Put a bus with its devices in service; nothing is sent yet. Raises ConfigError for devices it cannot carry."""
    if isinstance(bus, LineBus):
        return _open_line(bus, devices, around)
    if isinstance(bus, Jt808Bus):
        return _open_jt808(bus, devices, around)
    if isinstance(bus, OnvifBus):
        return _open_onvif(bus, devices, around)
    if isinstance(bus, GatewayBus):
        return _open_gateway(bus, devices, around)
    return _open_mqtt(bus, devices, around)


def _open_gateway(bus: GatewayBus, devices: Sequence[InstalledDevice], around: Surroundings) -> OpenBus:
    for one in devices:
        _require_driver(bus, one, ["gateway"])

    async def close() -> None:
        """Nothing is open."""

    return OpenBus(dict, close, {one.id: GatewayDevice(around.health, around.clock) for one in devices})


def _open_line(bus: LineBus, devices: Sequence[InstalledDevice], around: Surroundings) -> OpenBus:
    opened = open_line(bus, devices, around.clock, around.dial_factory, around.doors)
    return OpenBus(opened.counters, opened.close, opened.drivers, install=opened.install, remove=opened.remove)


def _open_mqtt(bus: MqttBus, devices: Sequence[InstalledDevice], around: Surroundings) -> OpenBus:
    spoken: dict[str, list[InstalledDevice]] = {}
    for one in devices:
        _require_driver(bus, one, list(TRANSLATORS))
        spoken.setdefault(one.profile.driver, []).append(one)
    translators = {name: TRANSLATORS[name](speakers) for name, speakers in spoken.items()}
    client_id = f"xietong-{around.node}-{bus.id}-{around.rng.token(4).hex()}"
    source = MqttSource(
        BrokerAddress(bus.host, bus.port, client_id, bus.username, _password(bus)),
        [one.id for one in devices],
        list(translators.values()),
        around.intake,
        around.clock,
    )
    for name, speakers in spoken.items():
        longest_s = translators[name].longest_silence_s(around.max_silence_s)
        if longest_s is not None:
            source.expect_regularly([one.id for one in speakers], longest_s)
    return OpenBus(lambda: asdict(source.counters), source.close, source=source)


def _open_jt808(bus: Jt808Bus, devices: Sequence[InstalledDevice], around: Surroundings) -> OpenBus:
    for one in devices:
        _require_driver(bus, one, ["jt808"])
    source = Jt808Listener(
        ListenAddress(bus.listen, bus.port, bus.secret_file),
        devices,
        around.intake,
        around.clock,
        around.rng,
        limits=Limits(idle_s=bus.max_silence_s),
    )
    return OpenBus(lambda: asdict(source.counters), source.close, source=source)


def _open_onvif(bus: OnvifBus, devices: Sequence[InstalledDevice], around: Surroundings) -> OpenBus:
    try:
        from edge_agent.drivers.onvif.soap import Credentials
        from edge_agent.drivers.onvif.source import OnvifSource
    except ModuleNotFoundError as error:
        reason = f"the package {error.name} is not installed; pip install 'xietong[onvif]'"
        raise ConfigError("site", f"buses.{bus.id}.kind", reason) from error
    for one in devices:
        _require_driver(bus, one, ["onvif"])
    credentials = None
    if bus.username is not None:
        _require_private(bus)
        credentials = Credentials(bus.username, _password(bus) or "")
    source = OnvifSource(devices, credentials, around.intake, around.clock, around.rng)
    return OpenBus(lambda: source.counters, source.close, source=source)


def _require_private(bus: OnvifBus) -> None:
    """The password of cameras may be read by its owner only; a missing file is told when it is read."""
    file = bus.password_file
    if file is not None and file.exists() and file.stat().st_mode & 0o077:
        raise ConfigError(file, f"buses.{bus.id}.password_file", "others may read it; give it mode 0600")


def _password(bus: MqttBus | OnvifBus) -> str | None:
    if bus.password_file is None:
        return None
    try:
        return bus.password_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(bus.password_file, f"buses.{bus.id}.password_file", str(error)) from error


def _require_driver(bus: Bus, one: InstalledDevice, known: Sequence[str]) -> None:
    if one.profile.driver not in known:
        reason = f"a device of driver {one.profile.driver} cannot hang on bus {bus.id} ({bus.kind})"
        raise ConfigError("site", f"devices.{one.id}.bus", reason)
