"""The command line: one door to every process. Each command imports what it needs, so that a gateway loads no cloud."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from foundation.errors import ConfigError, XietongError

SiteFile = Annotated[Path, typer.Option("--site", help="The site file of this edge node.")]
SettingsFile = Annotated[Path, typer.Option("--settings", help="The settings file of the cloud program.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]

CHATTY = ("alembic", "httpx", "tracing", "iotcore", "rumqttd")
"""Libraries that report their routine as information."""

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
"""A command whose arguments are read by the part that it starts."""

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Xietong: energy and operations of public institutions."
)
edge_app = typer.Typer(no_args_is_help=True, help="The process in the building.")
cloud_app = typer.Typer(no_args_is_help=True, help="The process in the data centre.")
keys_app = typer.Typer(no_args_is_help=True, help="Keys that sign commands.")
for name, part in (("edge", edge_app), ("cloud", cloud_app), ("keys", keys_app)):
    app.add_typer(part, name=name)


def main() -> None:
    """Entry point; a wrong file or setting ends with one line and exit code 2."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        app()
    except ConfigError as error:
        print(f"xietong: {error}", file=sys.stderr)
        sys.exit(2)
    except XietongError as error:
        print(f"xietong: {error}", file=sys.stderr)
        sys.exit(1)
    except ModuleNotFoundError as error:
        extras = "pip install 'xietong[cloud]' for the cloud, 'xietong[cloud,sim]' for simulators and demo"
        print(f"xietong: the package {error.name} is not installed; {extras}", file=sys.stderr)
        sys.exit(2)


@app.command("profile", add_help_option=False, context_settings=PASSED_ON)
def profile(context: typer.Context) -> None:
    """Device profiles: check, list, new, probe, doc, schema."""
    from edge_agent.commissioning.commands import app as profile_app

    profile_app(context.args, prog_name="xietong profile")


@edge_app.command("run")
def edge_run(site: SiteFile) -> None:
    """Poll, keep, send and obey, until stopped. SIGUSR1 stops polling and lets the outbox drain."""
    from edge_agent.app import run

    _serve(run(site))


@edge_app.command("import")
def edge_import(file: Path, site: SiteFile) -> None:
    """Bring a data logger's history (CSV) into the outbox, from where it reaches the cloud like live readings."""
    from edge_agent.app import import_history

    result = import_history(file, site, lambda done, total: print(f"{done}/{total}", flush=True))
    print(json.dumps({"readings": result.readings, "rows": result.rows, "skipped": result.skipped}))


@edge_app.command("scan", add_help_option=False, context_settings=PASSED_ON)
def edge_scan(context: typer.Context) -> None:
    """Find the devices on a bus, what they are, and whether their values make sense."""
    from edge_agent.commissioning.commands import scan_app

    scan_app(context.args, prog_name="xietong edge scan")


@edge_app.command("reload")
def edge_reload(site: SiteFile) -> None:
    """Check the site file, then have the running agent work by it; a wrong file changes nothing."""
    from edge_agent.app import reload

    answer = asyncio.run(reload(site))
    print(answer)
    if answer != "applied":
        raise typer.Exit(1)


@edge_app.command("doctor")
def edge_doctor(
    site: SiteFile,
    as_json: AsJson = False,
    lang: Annotated[str | None, typer.Option(help="zh-CN or en; that of the terminal if none.")] = None,
) -> None:
    """What is wrong with this edge node and what to do: exit code 0 all well, 1 warnings, 2 failures."""
    from edge_agent.app import doctor
    from edge_agent.local.doctor import answer_of, language_of, line_of, worst

    language, findings = language_of(lang), asyncio.run(doctor(site))
    for finding in findings:
        answer = json.dumps(answer_of(finding, language), ensure_ascii=False) if as_json else line_of(finding, language)
        print(answer)
    raise typer.Exit(int(worst(findings)))


@edge_app.command("backup")
def edge_backup(file: Path, site: SiteFile) -> None:
    """Copy the outbox into a new file; the agent may be running."""
    from edge_agent.app import back_up

    print(f"{back_up(site, file)} bytes")


@edge_app.command("restore")
def edge_restore(file: Path, site: SiteFile) -> None:
    """Bring a copy of the outbox back, as a new stream; the agent must be stopped, and what was there is kept."""
    from edge_agent.app import restore

    print(f"{restore(site, file)} rows")


@edge_app.command("status")
def edge_status(site: SiteFile, as_json: AsJson = False) -> None:
    """What the outbox holds and has counted."""
    from edge_agent.app import status

    _print(status(site), as_json)


@cloud_app.command("run")
def cloud_run(
    settings: SettingsFile,
    role: Annotated[str, typer.Option(help="all, or one of ingest, api, jobs.")] = "all",
) -> None:
    """Serve until stopped."""
    from cloud.app import run

    _serve(run(settings, role))


@cloud_app.command("status")
def cloud_status(settings: SettingsFile, as_json: AsJson = False) -> None:
    """What the cloud's stores hold, counted afresh."""
    from cloud.status import status

    _print(status(settings), as_json)


@cloud_app.command("pending")
def cloud_pending(
    settings: SettingsFile,
    outbox: Annotated[Path, typer.Option(help="The outbox file of the edge node.")],
    as_json: AsJson = False,
) -> None:
    """Readings of outbox rows that the cloud's ledger lacks."""
    from cloud.status import ledger
    from edge_agent.app import open_outbox_file

    box = open_outbox_file(outbox)
    _print({"pending": box.pending(ledger(settings, box.stream))}, as_json)


@cloud_app.command("backup", add_help_option=False, context_settings=PASSED_ON)
def cloud_backup(context: typer.Context) -> None:
    """Copy databases, readings, keys, institution files and reports into one archive; the cloud may be running."""
    from cloud.backup.commands import backup_app

    backup_app(context.args, prog_name="xietong cloud backup")


@cloud_app.command("restore", add_help_option=False, context_settings=PASSED_ON)
def cloud_restore(context: typer.Context) -> None:
    """Bring an archive back into what the settings name, which must be empty: SQLite and PostgreSQL alike."""
    from cloud.backup.commands import restore_app

    restore_app(context.args, prog_name="xietong cloud restore")


@cloud_app.command("token")
def cloud_token(
    settings: SettingsFile,
    name: Annotated[str, typer.Option(help="Whom the token stands for.")],
    role: Annotated[str, typer.Option(help="Role of that person.")] = "staff",
    institution: Annotated[list[str] | None, typer.Option(help="Institutions in reach; all if none.")] = None,
    days: Annotated[float, typer.Option(help="How long the token is good.")] = 90,
) -> None:
    """Grant a token for the console and the API, and print it once."""
    from cloud.accounts import grant_token

    print(grant_token(settings, name, role, tuple(institution or ()), days))


@cloud_app.command("accounts")
def cloud_accounts(file: Path, settings: SettingsFile) -> None:
    """Enter the local accounts of a file, and print each name with its password once."""
    from cloud.accounts import enter_accounts

    print(json.dumps(enter_accounts(settings, file), ensure_ascii=False, indent=2))


@cloud_app.command("withdraw")
def cloud_withdraw(
    settings: SettingsFile, name: Annotated[str, typer.Option(help="Whose tokens end, all of them.")]
) -> None:
    """Withdraw every token of a person; open pages and programs lose access at once."""
    from cloud.accounts import withdraw_tokens

    withdraw_tokens(settings, name)


@keys_app.command("new")
def keys_new(out: Annotated[Path, typer.Option(help="File of the private key, made with mode 0600.")]) -> None:
    """Make a key that signs commands; prints the public key for the site files."""
    from gateway.keys import load_or_create_private_key, public_key_text

    print(public_key_text(load_or_create_private_key(out).public_key()))


@app.command("verify")
def verify(
    package: Annotated[Path, typer.Argument(help="A report package, or the folder that it was unpacked into.")],
    key: Annotated[str | None, typer.Option(help="The known public key, `ed25519:...` or its file.")] = None,
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "en",
) -> None:
    """Check a report package offline: one line per fault with file, row and reason; exit code 1 when there is any."""
    from cloud.reporting.verify import verify_file

    is_intact, lines = verify_file(package, key, language)
    for line in lines:
        print(line)
    if not is_intact:
        raise typer.Exit(1)


@app.command("store", add_help_option=False, context_settings=PASSED_ON)
def store(context: typer.Context) -> None:
    """Stores of readings: copy one into another, embedded or InfluxDB."""
    from cloud.store_copy.commands import store_app

    store_app(context.args, prog_name="xietong store")


@app.command("record", add_help_option=False, context_settings=PASSED_ON)
def record(context: typer.Context) -> None:
    """Books that people keep (bills, assets, orders ...): kinds, template, check, import."""
    from cloud.record_commands import app as record_app

    record_app(context.args, prog_name="xietong record")


@app.command("broker")
def broker(
    port: Annotated[int, typer.Option(help="TCP port on the loopback address.")] = 1883,
    data: Annotated[Path, typer.Option(help="Folder for the broker's configuration.")] = Path("broker"),
    program: Annotated[Path | None, typer.Option(help="A mosquitto to take; the one on the path by default.")] = None,
) -> None:
    """The broker of a one-machine site: mosquitto when it is there, else an embedded one."""
    from foundation.clock import SystemClock
    from gateway.broker import run_broker

    _serve(run_broker(port, data, SystemClock(), program=program))


@app.command("simulate")
def simulate(
    compound: Annotated[Path | None, typer.Option(help="A compound file; the default compound if none.")] = None,
    scenario: Annotated[str, typer.Option(help="A shipped scenario (steady, demo) or a file.")] = "steady",
    broker_at: Annotated[str | None, typer.Option("--broker", help="HOST:PORT for cameras and trackers.")] = None,
    platform: Annotated[str | None, typer.Option(help="HOST:PORT where JT/T 808 vehicle terminals call.")] = None,
    port_base: Annotated[int, typer.Option(help="First Modbus port; 0 takes free ones.")] = 0,
    ready: Annotated[Path | None, typer.Option(help="Write the real ports here once they listen.")] = None,
    start: Annotated[Path | None, typer.Option(help="A scenario may wait for this file.")] = None,
    truth: Annotated[Path | None, typer.Option(help="Append what really happens here.")] = None,
    state: Annotated[Path | None, typer.Option(help="Keep registers and set values here over restarts.")] = None,
    profile: Annotated[str | None, typer.Option(help="Serve one device of this profile instead.")] = None,
    port: Annotated[int, typer.Option(help="Modbus port of the one device.")] = 0,
    unit: Annotated[int, typer.Option(help="Modbus unit of the one device.")] = 1,
    history: Annotated[Path | None, typer.Option(help="Write past weeks as a data logger would, and end.")] = None,
    weeks: Annotated[float, typer.Option(help="How many weeks of history.")] = 8,
    records: Annotated[Path | None, typer.Option(help="Write a year of an office's books here, and end.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of the books.")] = None,
    people: Annotated[str | None, typer.Option(help="URL of a cloud where pretend staff act, until stopped.")] = None,
    tokens: Annotated[Path, typer.Option(help="JSON file of their tokens by account name.")] = Path("tokens.json"),
) -> None:
    """Pretend hardware, a whole compound or one device; what an office has of its past; or its staff."""
    if history is not None or records is not None:
        from simulators.past import PastOptions, write_past

        past = PastOptions(compound, scenario, state, history, weeks, records, until)
        print(json.dumps(write_past(past), ensure_ascii=False))
    elif people is not None:
        from simulators.people.run import PeopleOptions, run_people

        _serve(run_people(PeopleOptions(people, tokens, compound, truth=truth)))
    elif profile is not None:
        _serve_device(profile, port, unit)
    else:
        from simulators.publisher import BrokerAddress
        from simulators.run import SimulatorOptions, serve

        broker_address = BrokerAddress(*_host_and_port(broker_at)) if broker_at else None
        _serve(
            serve(
                SimulatorOptions(
                    compound=compound,
                    scenario=scenario,
                    broker=broker_address,
                    platform=_host_and_port(platform) if platform else None,
                    port_base=port_base,
                    ready_file=ready,
                    start_file=start,
                    truth_file=truth,
                    state_file=state,
                )
            )
        )


def _serve_device(profile_id: str, port: int, unit: int) -> None:
    from device_profiles.catalogue import load_catalogue
    from simulators.profile_server import serve_one

    try:
        profile = load_catalogue().get(profile_id)
    except KeyError:
        raise ConfigError("command line", "profile", f"unknown profile {profile_id!r}") from None
    _serve(serve_one(profile, port=port, unit=unit, announce=lambda host, at: print(f"{host}:{at}", flush=True)))


def _host_and_port(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdigit():
        raise ConfigError("command line", "broker", f"{text!r} is not HOST:PORT")
    return host, int(port)


@app.command("demo")
def demo(
    data: Annotated[Path | None, typer.Option(help="Continue in this folder; a fresh .demo by default.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Run unattended, this long from ready.")] = None,
    summary: Annotated[Path | None, typer.Option(help="Write the counts of an unattended run here.")] = None,
) -> None:
    """A living government compound on this machine, with one command."""
    from demo.run import Options, run_demo

    sys.exit(run_demo(Options(data=data, seconds=seconds, summary=summary)))


def _serve(work: Coroutine[Any, Any, None]) -> None:
    """Run until the work ends or SIGINT or SIGTERM asks for a clean stop."""

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        running = asyncio.create_task(work)
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not running.done():
            running.cancel()
        await asyncio.gather(running, stopped, return_exceptions=True)
        if not running.cancelled() and (error := running.exception()) is not None:
            _raise_plain(error)

    asyncio.run(until_stopped())


def _raise_plain(error: BaseException) -> NoReturn:
    """One error instead of a group of one, so that a person reads the reason and not the plumbing."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    raise error


def _print(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    for key, value in answer.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    main()
