"""One filled office for all tests of reports: filling it takes a second, reading it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloud.desks.reports import scene_of
from cloud.reporting.container import unpack
from cloud.reporting.report import Scene
from tests.support.cloud_world import World
from tests.support.report_world import order_of, package_of, report_world


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with report_world(tmp_path_factory.mktemp("office")) as world:
        yield world


@pytest.fixture(scope="session")
def scene(office: World) -> Scene:
    found = scene_of(office.services, order_of())
    assert found is not None
    return found


@pytest.fixture(scope="session")
def package(scene: Scene) -> bytes:
    return package_of(scene)


@pytest.fixture(scope="session")
def files(package: bytes) -> dict[str, bytes]:
    found = unpack(package)
    assert found is not None
    return found
