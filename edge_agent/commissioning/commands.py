"""The commands `xietong profile ...` and `xietong edge scan`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from device_profiles.catalogue import load_catalogue
from device_profiles.pages import devices_page
from device_profiles.report import check, rows
from device_profiles.schema import schema_text
from device_profiles.starter import NewProfile, starter
from edge_agent.commissioning.place import Crowd, Place, meter_address
from edge_agent.commissioning.report import FoundUnit, as_json, lines
from edge_agent.commissioning.session import bus_alone, language_names, line_bus, probe, scan, unit_numbers
from edge_agent.lock import LOCK_FILE
from edge_agent.site import open_site
from edge_agent.site_lines import LineBus, ModbusTcpBus, SerialBus
from foundation.clock import SystemClock
from foundation.disk import replace_file
from foundation.errors import ConfigError
from foundation.texts import LANGUAGES, Language

PAGES: dict[Language, str] = {"en": "devices.md", "zh-CN": "devices.zh-CN.md"}
"""Language -> file of the catalogue in `docs/`."""

Paths = Annotated[list[Path] | None, typer.Argument(help="Files or folders; the shipped profiles when none is given.")]
SiteOption = Annotated[Path | None, typer.Option("--site", help="The site file of this edge node.")]
BusOption = Annotated[str | None, typer.Option("--bus", help="A bus of the site file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
LanguageOption = Annotated[str, typer.Option(help="zh-CN or en.")]
Force = Annotated[bool, typer.Option("--force", help="Share a Modbus TCP bus with the running agent.")]

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help="Device profiles.")
scan_app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command("check")
def profile_check(paths: Paths = None) -> None:
    """Check profile files: one line per problem, exit code 1 when there is any."""
    problems = check(paths or [])
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    print("ok")


@app.command("list")
def profile_list() -> None:
    """List the shipped device models."""
    for row in rows(load_catalogue()):
        print(
            f"{row.id:<28} {row.vendor:<18} {row.models:<48} "
            f"{row.points:>3} points {row.writable:>2} writable  confidence {row.confidence}"
        )


@app.command("schema")
def profile_schema() -> None:
    """Print the JSON Schema of a profile file, for editors."""
    print(schema_text(), end="")


@app.command("new")
def profile_new(
    profile_id: Annotated[str, typer.Argument(metavar="ID", help="vendor.model, lower case.")],
    vendor: Annotated[str, typer.Option(help="The maker's name.")],
    model: Annotated[str, typer.Option(help="The model as its type plate says it.")],
    driver: Annotated[str, typer.Option(help="modbus, mqtt_json, dlt645 or cjt188.")] = "modbus",
    role: Annotated[str, typer.Option(help="meter, actuator or sensor.")] = "meter",
    carrier: Annotated[str, typer.Option(help="electricity, water, gas, heat, cooling or none.")] = "electricity",
    folder: Annotated[Path, typer.Option(help="Where the file is made.")] = Path(),
) -> None:
    """Write a commented first file for a new device model; an existing file is left alone."""
    text = starter(NewProfile(profile_id, vendor, model, driver, role, carrier))
    path = folder / f"{profile_id.replace('.', '_')}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(path, "file", error.strerror or str(error)) from error
    print(path)


@app.command("doc")
def profile_doc(
    folder: Annotated[Path, typer.Option(help="Where the pages are written.")] = Path("docs"),
    extra: Annotated[Path | None, typer.Option("--profiles", help="A folder of own profiles to add.")] = None,
) -> None:
    """Write the catalogue of device models as Markdown, in English and Chinese."""
    catalogue = load_catalogue(extra)
    for language, name in PAGES.items():
        replace_file(folder / name, devices_page(catalogue, language).encode("utf-8"))
        print(folder / name)


@app.command("probe")
def profile_probe(
    unit: Annotated[int | None, typer.Option(help="Modbus unit.")] = None,
    address: Annotated[
        str | None, typer.Option(help="Address of a meter: DL/T 645 12 digits, CJ/T 188 14 hex digits.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Modbus TCP: where the device or its gateway is.")] = None,
    port: Annotated[int, typer.Option(help="Modbus TCP: its port.")] = 502,
    serial: Annotated[str | None, typer.Option(help="Serial port, such as /dev/ttyUSB0.")] = None,
    baud: Annotated[int, typer.Option(help="Serial port: speed.")] = 9600,
    form: Annotated[str, typer.Option("--format", help="Serial port: data bits, parity, stop bits.")] = "8N1",
    site: SiteOption = None,
    bus: BusOption = None,
    profiles: Annotated[Path | None, typer.Option(help="A folder of own profiles to try as well.")] = None,
    force: Force = False,
    as_json_: AsJson = False,
    language: LanguageOption = "en",
) -> None:
    """Identify one connected device: every profile with its verdict, the likeliest first. Nothing is written to it."""
    if (unit is None) == (address is None):
        raise ConfigError("command line", "unit", "give either --unit or --address")
    place = Place(unit, None if address is None else meter_address(address))
    if site is not None and bus is not None:
        found = _probe_on_site(site, bus, place, force)
    else:
        catalogue = load_catalogue(profiles)
        found = asyncio.run(probe(_bus_of(host, port, serial, baud, form), catalogue, place, SystemClock()))
    _tell([found], as_json_, _language(language), every_profile=True)
    if found.best is None:
        raise typer.Exit(1)


@scan_app.command()
def edge_scan(
    site: Annotated[Path, typer.Option("--site", help="The site file of this edge node.")],
    bus: Annotated[str, typer.Option("--bus", help="A bus of the site file.")],
    units: Annotated[str, typer.Option(help="Modbus units to ask, such as 1-20,33.")] = "1-247",
    languages: Annotated[
        str, typer.Option(help="What is searched for: modbus, dlt645, cjt188. A Modbus TCP bus carries Modbus alone.")
    ] = "modbus,dlt645,cjt188",
    timeout_ms: Annotated[
        int | None, typer.Option(min=50, max=10_000, help="Wait for an empty place: 300, over a mobile network 2000.")
    ] = None,
    force: Force = False,
    as_json_: AsJson = False,
    language: LanguageOption = "en",
) -> None:
    """Find the devices on a bus and what they are: profiles that fit, some values, suspicious wiring. Only reads."""
    numbers, spoken, words = unit_numbers(units), language_names(languages), _language(language)
    opened, catalogue = open_site(site)
    wire = line_bus(opened, bus)

    async def collect() -> list[FoundUnit | Crowd]:
        found = []
        wait_s = None if timeout_ms is None else timeout_ms / 1000
        search = scan(
            wire, catalogue, numbers, SystemClock(), devices=opened.devices, timeout_s=wait_s, languages=spoken
        )
        async for one in search:
            found.append(one)
            if not as_json_:
                _tell([one], False, words)
        return found

    with bus_alone(wire, opened.data_dir / LOCK_FILE, force=force):
        found = asyncio.run(collect())
    if as_json_:
        _tell(found, True, words)
    elif not found:
        print(f"nobody answers on {bus}")


def _probe_on_site(site: Path, bus: str, place: Place, force: bool) -> FoundUnit:
    opened, catalogue = open_site(site)
    wire = line_bus(opened, bus)
    with bus_alone(wire, opened.data_dir / LOCK_FILE, force=force):
        return asyncio.run(probe(wire, catalogue, place, SystemClock(), devices=opened.devices))


def _bus_of(host: str | None, port: int, serial: str | None, baud: int, form: str) -> LineBus:
    if (host is None) == (serial is None):
        raise ConfigError("command line", "bus", "give --host, or --serial, or --site with --bus")
    given: dict[str, Any] = {"id": "probe"}
    if host is not None:
        return ModbusTcpBus(**given, kind="modbus_tcp", host=host, port=port)
    return SerialBus(**given, kind="serial", port=serial or "", baud=baud, format=form)


def _tell(
    found: Sequence[FoundUnit | Crowd], is_json: bool, language: Language, *, every_profile: bool = False
) -> None:
    if is_json:
        print(json.dumps([as_json(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        for line in lines(one, language, every_profile=every_profile):
            print(line, flush=True)


def _language(text: str) -> Language:
    for language in LANGUAGES:
        if text == language:
            return language
    raise ConfigError("command line", "language", f"{text!r} is not one of {', '.join(LANGUAGES)}")
