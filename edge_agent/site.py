"""The site file: which boxes, buses and devices this edge node serves, and how it reaches the cloud."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from device_profiles.catalogue import Catalogue, load_catalogue
from device_profiles.identifiers import Id, ProfileId
from device_profiles.profile import Profile
from edge_agent.site_commissioned import Commissioned, read_commissioned
from edge_agent.site_fallback import FallbackRule, check_fallback
from edge_agent.site_interlocks import SiteInterlock, interlock_mistake
from edge_agent.site_lines import LineBus, ModbusTcpBus, address_mistake, check_line_devices, check_lines
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, read_model
from gateway.broker_address import Broker


class MqttBus(FrozenModel):
    """A broker on which cameras, trackers or sensors publish."""

    id: Id
    kind: Literal["mqtt"]
    host: str = "127.0.0.1"
    port: int = Field(1883, ge=1, le=65_535)
    username: str | None = None
    password_file: Path | None = None


class Jt808Bus(FrozenModel):
    """A port on which vehicle terminals of JT/T 808 call; a terminal unheard of for `max_silence_s` is lost.

    The secret from which their authentication codes derive is made in `data_dir` when there is none.
    """

    id: Id
    kind: Literal["jt808"]
    listen: str = "0.0.0.0"  # noqa: S104
    port: int = Field(7611, ge=0, le=65_535)
    secret_file: Path = Path("jt808.secret")
    max_silence_s: float = Field(1_800, ge=60)


class OnvifBus(FrozenModel):
    """Cameras and recorders asked by ONVIF; each device has an address of its own, all share these credentials."""

    id: Id
    kind: Literal["onvif"]
    username: str | None = None
    password_file: Path | None = None


class GatewayBus(FrozenModel):
    """No wire: the box asks itself how it is. Its device has the profile `xietong.gateway`."""

    id: Id
    kind: Literal["gateway"]


Bus = Annotated[LineBus | MqttBus | Jt808Bus | OnvifBus | GatewayBus, Field(discriminator="kind")]


class PollPlan(FrozenModel):
    """Seconds between polls of each class."""

    fast_s: float = Field(5, gt=0)
    normal_s: float = Field(15, gt=0)
    slow_s: float = Field(60, gt=0)
    max_silence_s: float = Field(300, gt=0)


class Device(FrozenModel):
    """One installed device: its profile, where it is reached, and what it stands for in the institution."""

    id: Id
    profile: ProfileId
    bus: Id
    unit: int | None = Field(None, ge=0, le=255)
    address: str | None = None
    params: dict[str, Decimal] = {}
    building: Id | None = None
    sub_item: str | None = None
    department: str | None = None
    name: dict[Literal["zh-CN", "en"], str] = {}
    properties: dict[str, str] = {}


class Outage(FrozenModel):
    """What the outbox may hold, and after how long without a cloud leases run out.

    `max_bytes` are bytes of the file in use; `max_age_days` counts days in which the agent ran.
    """

    max_rows: int = Field(20_000_000, ge=1_000)
    max_bytes: int = Field(2**30, ge=4 * 2**20)
    max_age_days: float | None = Field(None, gt=0)
    link_lost_relinquish_s: float = Field(120, gt=0)


class Site(FrozenModel):
    """The whole site file; references between its parts are checked on loading."""

    schema_: Literal["xietong.site/1"] = Field(alias="schema")
    group: Id
    node: Id
    broker: Broker = Broker()
    primary_host: Id = "xietong"
    acknowledgement: Literal["required", "none"] = "required"
    data_dir: Path
    profiles: Path | None = None
    command_keys: tuple[str, ...] = ()
    accept_unsigned: bool = False
    poll: PollPlan = PollPlan()
    outage: Outage = Outage()
    buses: tuple[Bus, ...]
    devices: tuple[Device, ...]
    time_zone: str | None = None
    fallback: tuple[FallbackRule, ...] = ()
    interlocks: tuple[SiteInterlock, ...] = ()

    @model_validator(mode="after")
    def _references(self) -> Self:
        _refuse_twice("bus", [bus.id for bus in self.buses])
        _refuse_twice("device", [device.id for device in self.devices])
        buses = {bus.id: bus for bus in self.buses}
        for device in self.devices:
            if device.bus not in buses:
                raise ValueError(f"device {device.id}: unknown bus {device.bus}")
            if buses[device.bus].kind == "mqtt" and device.address is None:
                raise ValueError(f"device {device.id}: an MQTT device needs an address")
            if buses[device.bus].kind == "jt808" and not _is_terminal_number(device.address or ""):
                raise ValueError(f"device {device.id}: a JT/T 808 device needs its terminal number as address")
            if buses[device.bus].kind == "onvif" and device.address is None:
                raise ValueError(f"device {device.id}: an ONVIF device needs an address (host or host:port)")
        for bus in self.buses:
            if bus.kind == "jt808":
                numbers = [(one.address or "").lstrip("0") for one in self.devices if one.bus == bus.id]
                _refuse_twice("terminal number", numbers)
        check_lines(self.buses)
        check_line_devices(buses, self.devices)
        return self


def _is_terminal_number(address: str) -> bool:
    return address.isascii() and address.isdigit() and len(address) <= 20


def _refuse_twice(what: str, ids: list[str]) -> None:
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise ValueError(f"{what} {twice[0]} is given twice")


def open_site(path: Path, *, commissioned: Commissioned | None = None) -> tuple[Site, Catalogue]:
    """A checked site file and the catalogue with the site's own profiles; ConfigError for any mistake in them.

    Over the file stand the settings made at commissioning: those kept in `data_dir`, or the given ones.
    """
    site = _read(path)
    site = _with_settings(site, read_commissioned(site.data_dir) if commissioned is None else commissioned)
    catalogue = load_catalogue(site.profiles)
    return _checked(path, site, catalogue), catalogue


def read_site(path: Path, catalogue: Catalogue) -> Site:
    """A site file checked against a given catalogue; as `open_site` otherwise."""
    return _checked(path, _read(path), catalogue)


def _read(path: Path) -> Site:
    """The file's content; relative paths are taken from its folder."""
    site = read_model(Site, path, env_prefix="XIETONG_EDGE")
    data_dir = (path.parent / site.data_dir).resolve()
    places: dict[str, Any] = {
        "data_dir": data_dir,
        "broker": site.broker.beside(path.parent),
        "buses": tuple(
            _with_tls_files(_with_secret_file(_with_password_file(bus, path.parent), data_dir), path.parent)
            for bus in site.buses
        ),
    }
    if site.profiles is not None:
        places["profiles"] = (path.parent / site.profiles).resolve()
    return site.model_copy(update=places)


def _with_settings(site: Site, commissioned: Commissioned) -> Site:
    def changed(device: Device) -> Device:
        settings = commissioned.devices.get(device.id)
        return device if settings is None else device.model_copy(update=settings.over(device.params, device.name))

    return site.model_copy(update={"devices": tuple(changed(device) for device in site.devices)})


def _with_password_file(place: Any, folder: Path) -> Any:
    file = getattr(place, "password_file", None)
    return place.model_copy(update={"password_file": (folder / file).resolve()}) if file else place


def _with_secret_file(bus: Bus, data_dir: Path) -> Bus:
    return bus.model_copy(update={"secret_file": data_dir / bus.secret_file}) if isinstance(bus, Jt808Bus) else bus


def _with_tls_files(bus: Bus, folder: Path) -> Bus:
    if not isinstance(bus, ModbusTcpBus) or bus.tls is None:
        return bus
    return bus.model_copy(update={"tls": bus.tls.beside(folder)})


def _checked(path: Path, site: Site, catalogue: Catalogue) -> Site:
    for device in site.devices:
        _check_device(path, device, catalogue)
    check_fallback(path, site, catalogue)
    profiles = {device.id: catalogue.get(device.profile) for device in site.devices}
    for index, rule in enumerate(site.interlocks):
        if (mistake := interlock_mistake(rule, profiles.get)) is not None:
            raise ConfigError(path, f"interlocks.{index}", mistake)
    return site


def _check_device(path: Path, device: Device, catalogue: Catalogue) -> None:
    where = f"devices.{device.id}"
    try:
        profile = catalogue.get(device.profile)
    except KeyError:
        raise ConfigError(path, f"{where}.profile", f"unknown profile {device.profile!r}") from None
    mistake = address_mistake(profile.driver, device.unit, device.address)
    if mistake is not None:
        raise ConfigError(path, f"{where}.{'unit' if profile.driver == 'modbus' else 'address'}", mistake)
    _check_params(path, where, device, profile)
    allowed = profile.submeter.allowed
    if device.sub_item is not None and allowed and device.sub_item not in allowed:
        raise ConfigError(path, f"{where}.sub_item", f"{device.sub_item!r} is not one of {', '.join(allowed)}")


def _check_params(path: Path, where: str, device: Device, profile: Profile) -> None:
    for name, value in device.params.items():
        param = profile.params.get(name)
        if param is None:
            raise ConfigError(path, f"{where}.params.{name}", f"profile {profile.id} has no such parameter")
        if not param.min <= value <= param.max:
            raise ConfigError(path, f"{where}.params.{name}", f"{value} is outside {param.min}..{param.max}")
