"""A place where a person hands in one file: by choosing it or by dropping it there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import events, ui

from cloud.console.components.tag import tag
from cloud.console.session import Viewer

MOST_BYTES = 10_485_760
"""What the web server lets through for a file."""

TABLES = ".xlsx,.csv"
_MOST_LETTERS = 200

OnFile = Callable[[str, bytes], Awaitable[None]]


def file_drop(viewer: Viewer, label: str, accept: str, marker: str, on_file: OnFile) -> None:
    """`on_file` is told the name and the bytes as soon as they are here; the same file may be handed in again."""

    async def taken(event: events.UploadEventArguments) -> None:
        content = await event.file.read()
        upload.reset()
        await on_file(plain_name(event.file.name), content)

    def refused() -> None:
        text = viewer.say("console.file.refused", most=MOST_BYTES // 1_048_576, accept=accept)
        ui.notify(text, type="negative", position="top")

    upload = ui.upload(label=label, auto_upload=True, max_file_size=MOST_BYTES, on_upload=taken, on_rejected=refused)
    tag(upload, marker).props(f'flat bordered accept="{accept}"').classes("xt-file")


def plain_name(given: str) -> str:
    """The last part of the name, as some browsers send the path of the sender's machine."""
    name = given.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:_MOST_LETTERS] or "file"
