"""The API over two institutions on real adapters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cloud.api.app import create_api
from tests.support.cloud_world import World, cloud_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


@pytest.fixture
def client(world: World) -> httpx.AsyncClient:
    application = httpx.ASGITransport(create_api(world.services))
    return httpx.AsyncClient(transport=application, base_url="http://cloud.test/api/v1")
