"""A cloud's home for tests of backup and restore: settings, institution file, databases, and rows that come in."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from cloud.app import Cloud, open_cloud
from cloud.core.event import Event, Severity
from cloud.core.series import SeriesKey, StreamRow
from cloud.settings import read_settings
from demo.layout import prepare
from demo.plan import write_institution
from foundation.texts import load_texts
from gateway.messages import DeviceBirth, PointBirth, Reading
from simulators.compound import load_compound

STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
GROUP, NODE, DEVICE, OFFICE = "demo-county", "edge-1", "a-main", "demo-county-office"
KEY = SeriesKey(GROUP, DEVICE, "Energy/Active/Total")
T0 = 1_790_000_000_000
READINGS = 3


class CloudHome:
    """One home in `folder`; `database` and `store` as in the settings file, an own file each if none is given."""

    def __init__(self, folder: Path, *, database: str | None = None, store: Mapping[str, Any] | None = None) -> None:
        layout = prepare(folder)
        write_institution(layout, load_compound(), load_texts())
        self.folder, self.settings = folder, layout.cloud
        self._opened: list[Cloud] = []
        self.data_dir = folder / "cloud"
        content = {
            "schema": "xietong.cloud/1",
            "data_dir": "cloud",
            "institution_files": [layout.institution.name],
            "language": "en",
            **({"database": database} if database else {}),
            **({"store": dict(store)} if store else {}),
        }
        self.settings.write_text(yaml.safe_dump(content), encoding="utf-8")

    @classmethod
    def at(cls, settings: Path) -> CloudHome:
        """The home that lies there already."""
        home = cls.__new__(cls)
        home.folder, home.settings, home.data_dir, home._opened = (
            settings.parent,
            settings,
            settings.parent / "cloud",
            [],
        )
        return home

    @property
    def database_url(self) -> str:
        return read_settings(self.settings).database_url

    def open(self) -> Cloud:
        """The cloud of this home; `close` ends its connections."""
        cloud = open_cloud(self.settings)
        self._opened.append(cloud)
        return cloud

    def close(self) -> None:
        for cloud in self._opened:
            cloud.engine.dispose()


def lay_ground(cloud: Cloud) -> None:
    """A device, keys and a report."""
    points = (PointBirth("Energy/Active/Total", "int", "Wh", "counter"), PointBirth("Switch", "bool", ""))
    cloud.sql.registry.node_born(GROUP, NODE, "nonce", T0)
    cloud.sql.registry.device_born(GROUP, NODE, DeviceBirth(DEVICE, {"role": "meter"}, points), T0)
    cloud.door_services().shelf.put("report.zip", b"sealed")


def filled_home(folder: Path, rows: int) -> Path:
    """A home with so many rows that nothing has open; its settings file."""
    home = CloudHome(folder)
    cloud = home.open()
    lay_ground(cloud)
    for spool in range(1, rows + 1):
        take(cloud, spool)
    home.close()
    return home.settings


def take(cloud: Cloud, spool: int) -> None:
    """Keep one row of the stream in the order of the ingest: its event, then its readings with the ledger."""
    at_ms = T0 + spool * 1_000
    event = Event(
        f"event-{spool}", OFFICE, "device.life", "information", Severity.INFO, f"device:{DEVICE}", at_ms, at_ms, data={}
    )
    cloud.sql.event_log.append([event])
    readings = (
        Reading("Energy/Active/Total", spool * 10, at_ms),
        Reading("Power/Active/Total", spool + 0.5, at_ms),
        Reading("Switch", spool % 2 == 0, at_ms),
    )
    cloud.store.write([StreamRow(STREAM, spool, GROUP, DEVICE, readings)])


class Load:
    """Rows that are taken one after the other by a thread, until it is stopped; `committed` is the last one."""

    def __init__(self, cloud: Cloud, first: int) -> None:
        self._cloud, self.committed = cloud, first - 1
        self._stop, self._news = threading.Event(), threading.Condition()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                take(self._cloud, self.committed + 1)
                with self._news:
                    self.committed += 1
                    self._news.notify_all()
        except BaseException as error:
            self._fault = error

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        if self._fault is not None:
            raise self._fault

    def start(self) -> None:
        self._thread.start()

    def wait_for(self, spool: int) -> None:
        """Until that row is committed."""
        with self._news:
            assert self._news.wait_for(lambda: self.committed >= spool or self._fault is not None, 60)


@contextmanager
def loaded(cloud: Cloud, first: int) -> Iterator[Load]:
    """Rows come in for the length of the block."""
    load = Load(cloud, first)
    load.start()
    try:
        yield load
    finally:
        load.stop()
