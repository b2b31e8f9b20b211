"""Two institutions with everything a door can show, on real adapters in a temporary folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.package_shelf import FolderShelf
from cloud.adapters.sql.database import migrate, open_database
from cloud.adapters.sql.sql_ports import door_services, sql_ports
from cloud.core.access import Principal, Role
from cloud.core.calendar import day_start_ms, local_day
from cloud.core.command_record import CommandRequest, CommandState
from cloud.core.department import load_departments
from cloud.core.energy_interval import EnergyInterval
from cloud.core.event import Event, Severity
from cloud.core.institution import (
    Building,
    ClimateZone,
    Compound,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Names,
)
from cloud.core.series import StreamRow
from cloud.core.threshold import Breach, Threshold
from cloud.desks.door import DoorServices
from foundation.disk import SystemDisk
from foundation.rng import SeededRng
from gateway.messages import DeviceBirth, PointBirth, Reading
from gateway.point_limits import PROPERTY, PointLimits, limits_text
from tests.support.manual_clock import ManualClock

METER, COOLER = "a-main", "a-ac-1"
POWER, ENERGY, SETPOINT = "Power/Active/Total", "Energy/Active/Import", "Setpoint/Temperature"
GROUPS = {"office": "county", "school": "campus"}
INSTITUTIONS = ("office", "school")
PASSWORD = "correct horse battery"
SEALING_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))

_NAMES: Names = {"zh-CN": "甲", "en": "A"}
_BIRTHS = (
    DeviceBirth(
        METER,
        {"profile": "acrel.adl400", "param_ct": "40", "param_pt": "1"},
        (PointBirth(POWER, "float", "W"), PointBirth(ENERGY, "int", "Wh", "counter")),
    ),
    DeviceBirth(
        COOLER,
        {"profile": "intesis.ac", PROPERTY: limits_text({SETPOINT: PointLimits(18, 30, 0.5)})},
        (PointBirth(SETPOINT, "float", "°C", writable=True),),
    ),
)
# Each world numbers its things from a block of its own: a copy keeps those of its original.
_BLOCKS = (count(block * 1_000_000) for block in count())


@dataclass
class World:
    """The services of the doors, and tokens for anybody one needs."""

    services: DoorServices
    clock: ManualClock
    wakes: list[None]
    _numbers: Iterator[int] = field(default_factory=lambda: next(_BLOCKS))

    def token(
        self, *roles: Role, scope: Iterable[str] = ("office",), department: str | None = "energy", name: str = "li"
    ) -> str:
        """A fresh bearer token of a principal with these roles and this scope."""
        token = f"xt_test_{next(self._numbers)}"
        principal = Principal(name, frozenset(roles), frozenset(scope), department)
        self.services.accounts.grant(token, principal, at_ms=self.clock.now_ms())
        return token

    def account(self, institution_id: str) -> str:
        """The name of a new local account of this institution, with PASSWORD."""
        name = f"{institution_id}-account-{next(self._numbers)}"
        principal = Principal(name, frozenset({Role.STAFF}), frozenset({institution_id}))
        self.services.accounts.set_password(name, PASSWORD, principal, at_ms=self.clock.now_ms())
        return name

    def proposed_command(self, institution_id: str) -> str:
        """The id of a new command that waits for an officer."""
        command_id = f"{institution_id}-command-{next(self._numbers)}"
        request = CommandRequest(
            command_id=command_id,
            institution_id=institution_id,
            group=GROUPS[institution_id],
            node="edge-1",
            device=COOLER,
            point=SETPOINT,
            value=26.0,
            priority=12,
            lease_s=600,
            valid_s=60,
            reason="threshold_breach",
            proposed_by="threshold:t-1",
        )
        self.services.commands.propose(request, CommandState.PROPOSED, self.clock.now_ms())
        return command_id

    def threshold(self, institution_id: str) -> Threshold:
        """A new threshold of this institution."""
        threshold = Threshold(
            threshold_id=f"{institution_id}-threshold-{next(self._numbers)}",
            institution_id=institution_id,
            name="总功率",
            group=GROUPS[institution_id],
            device=METER,
            point=POWER,
            limit=100_000,
            hysteresis=5_000,
            window_s=30,
            hold_s=5,
        )
        self.services.thresholds.save(threshold)
        return threshold


@contextmanager
def cloud_world(folder: Path) -> Iterator[World]:
    """A world with one threshold, breach, event, command, audit row, sample and day of energy per institution."""
    shutil.copytree(_filled_folder().name, folder, dirs_exist_ok=True)
    with _open_world(folder) as world:
        yield world


@cache
def _filled_folder() -> TemporaryDirectory[str]:
    """Filled once per run of the tests, copied for each."""
    folder = TemporaryDirectory(prefix="xietong-world-")
    with _open_world(Path(folder.name)) as world:
        for number, institution_id in enumerate(INSTITUTIONS):
            _fill(world, institution_id, number)
    return folder


@contextmanager
def _open_world(folder: Path) -> Iterator[World]:
    clock, wakes = ManualClock(), list[None]()
    engine = open_database(f"sqlite:///{folder / 'cloud.db'}")
    migrate(engine)
    ports = sql_ports(engine, clock)
    store = EmbeddedStore(folder / "series.db", SystemDisk())
    services = door_services(
        ports,
        store=store,
        shelf=FolderShelf(folder / "reports"),
        departments=load_departments(),
        sealing_key=SEALING_KEY,
        clock=clock,
        rng=SeededRng(1),
        wake=lambda: wakes.append(None),
    )
    yield World(services, clock, wakes)
    store.close()
    engine.dispose()


def _fill(world: World, institution_id: str, number: int) -> None:
    services, now, group = world.services, world.clock.now_ms(), GROUPS[institution_id]
    services.institutions.save(_model(institution_id))
    services.registry.node_born(group, "edge-1", "nonce", now)
    for birth in _BIRTHS:
        services.registry.device_born(group, "edge-1", birth, now)
    stream = f"0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d1{number}"
    readings = tuple(Reading(POWER, 1000.0 * step, now + step * 1000) for step in range(1, 4))
    services.store.write([StreamRow(stream, 1, group, METER, readings)])
    world.proposed_command(institution_id)
    threshold = world.threshold(institution_id)
    breach_id = f"{institution_id}-breach"
    services.thresholds.save_breach(Breach(breach_id, threshold.threshold_id, institution_id, now, 100_000, 130_000))
    services.event_log.append([_event(institution_id, department, now) for department in ("energy", "vehicle")])
    services.audit.record(institution_id=institution_id, actor="li", action="x", subject="threshold:t", detail={})
    services.intervals.book(_day_of_energy(group, now), now)


def _day_of_energy(group: str, now: int) -> list[EnergyInterval]:
    start, quarter = day_start_ms(local_day(now)), 900_000
    return [
        EnergyInterval(group, METER, ENERGY, start + step * quarter, start + (step + 1) * quarter, 250, step == 3)
        for step in range(8)
    ]


def _event(institution_id: str, department: str, now: int) -> Event:
    return Event(
        event_id=f"{institution_id}-{department}",
        institution_id=institution_id,
        kind=f"{department}.test",
        department=department,
        severity=Severity.YELLOW,
        subject=f"device:{METER}",
        occurred_ms=now,
        received_ms=now,
    )


def _model(institution_id: str) -> InstitutionModel:
    group = GROUPS[institution_id]
    return InstitutionModel(
        institution=Institution(
            institution_id=institution_id,
            name=_NAMES,
            institution_class=InstitutionClass.STATE_ORGAN,
            region="330127",
            climate_zone=ClimateZone.HOT_SUMMER_COLD_WINTER,
            superior_id="city",
        ),
        compounds=(Compound(compound_id=group, name=_NAMES),),
        buildings=(Building(building_id="building-a", compound_id=group, name=_NAMES, use="office", area_m2=8000),),
    )
