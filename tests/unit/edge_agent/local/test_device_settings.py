"""Orders about settings meet a site file that cannot serve and a disk that is full."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from edge_agent.commands.guard import Reason
from edge_agent.local import device_settings
from edge_agent.local.device_settings import DeviceSettingsDesk
from edge_agent.local.reload import LiveSite
from edge_agent.site_commissioned import Commissioned, keep_commissioned
from gateway.messages import Command


class Refusing:
    """A site whose file a person is half way through."""

    async def reload(self) -> str:
        return "refused: devices"


class Order:
    command_id, device, settings = "c-1", "main", {"params.ct": "60"}


async def test_a_full_disk_while_a_refused_order_is_taken_back_is_told_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []

    def keep(folder: Path, wanted: Commissioned) -> None:
        if not wanted.orders:
            raise OSError(28, "No space left on device")
        keep_commissioned(folder, wanted)

    monkeypatch.setattr(device_settings, "open_site", lambda *_, **__: None)
    monkeypatch.setattr(device_settings, "keep_commissioned", keep)
    desk = DeviceSettingsDesk(
        tmp_path / "site.yaml", tmp_path, cast(LiveSite, Refusing()), lambda *facts: told.append(facts)
    )
    assert await desk.apply(cast(Command, cast(Any, Order()))) is Reason.SETTING_REFUSED
    assert [setting for setting, _ in told] == ["disk"]
