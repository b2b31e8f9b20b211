"""The entry of pages about one device: who may open them, and which device is meant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request

from cloud.console.context import Console
from cloud.console.frame import guarded_page, refuse
from cloud.console.session import Viewer
from cloud.console.views.places import PlacedDevice, Places
from cloud.core.access import Permission

DevicePageBuilder = Callable[[Viewer, Places, PlacedDevice], Awaitable[None]]


def guarded_device_page(
    console: Console, path: str, permission: Permission
) -> Callable[[DevicePageBuilder], DevicePageBuilder]:
    """Register a guarded page at `path`, which names `{device_id}`; a device outside the scope is refused with 404.

    `?group=` tells apart devices of two compounds with one id.
    """

    def register(build: DevicePageBuilder) -> DevicePageBuilder:
        @guarded_page(console, path, permission)
        async def shown(viewer: Viewer, request: Request) -> None:
            places = await asyncio.to_thread(console.places, viewer)
            device = places.only(request.path_params["device_id"], request.query_params.get("group"))
            if device is None:
                refuse(viewer, 404)
                return
            await build(viewer, places, device)

        return build

    return register
