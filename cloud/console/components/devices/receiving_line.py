"""One line about who receives: the primary since when, who stands by, and compounds that nobody hears."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.desks.receiving import Receiving


class ReceivingLine:
    """A note, and a banner that is there only while something is wrong."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._note = tag(ui.label("").classes("xt-note"), "receiving")
        self._banner = tag(ui.label("").classes("xt-banner"), "unserved")
        self._banner.set_visibility(False)

    def show(self, receiving: Receiving) -> None:
        say = self._viewer.say
        alive = [host for host in receiving.hosts if host.primary is not None]
        self._note.set_text(
            "  ".join(
                say(
                    "console.receiving.primary",
                    host=host.host_id,
                    process=str(host.primary),
                    since=clock_time(host.since_ms),
                    standby=", ".join(host.standbys) or say("console.receiving.no_standby"),
                )
                for host in alive
            )
        )
        self._banner.set_visibility(bool(receiving.unserved))
        self._banner.set_text(say("console.receiving.unserved", groups=", ".join(receiving.unserved)))
