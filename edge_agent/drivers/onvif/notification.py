"""Notification messages of a pull point (WS-BaseNotification, ONVIF Core 9.4): topic, property operation, items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from edge_agent.drivers.onvif.soap import NAMESPACES, text
from edge_agent.drivers.report import clean_text
from foundation.clock import to_ms

MOST_ITEMS = 20
TRUE, FALSE = ("true", "1", "active"), ("false", "0", "inactive")


@dataclass(frozen=True, slots=True)
class Notification:
    """One message. `topic` without name-space prefixes; `operation` empty for what is no property.

    `told_at` is the camera's own text, `told_ms` the same in its own time, None when it is no time.
    """

    topic: str
    operation: str
    told_at: str
    told_ms: int | None
    source: Mapping[str, str]
    data: Mapping[str, str]

    @property
    def state(self) -> bool | None:
        """The truth value among the data, None when there is none."""
        for value in self.data.values():
            if value.lower() in TRUE:
                return True
            if value.lower() in FALSE:
                return False
        return None

    @property
    def key(self) -> tuple[str, ...]:
        """What a property is about: its topic and source."""
        return (self.topic, *(f"{name}={value}" for name, value in sorted(self.source.items())))


def read_notifications(body: Element, most: int) -> list[Notification]:
    """The messages in a reply, at most `most`; those without a topic or content are left out."""
    found = []
    for holder in body.iterfind(".//wsnt:NotificationMessage", NAMESPACES):
        topic = text(holder.find("wsnt:Topic", NAMESPACES))
        message = holder.find("wsnt:Message/tt:Message", NAMESPACES)
        if topic and message is not None:
            found.append(_notification(topic, message))
    return found[:most]


def _notification(topic: str, message: Element) -> Notification:
    told_at = clean_text(message.get("UtcTime", ""))
    return Notification(
        clean_text("/".join(part.rpartition(":")[2] for part in topic.split("/"))),
        message.get("PropertyOperation", ""),
        told_at,
        _time(told_at),
        _items(message.find("tt:Source", NAMESPACES)),
        _items(message.find("tt:Data", NAMESPACES)),
    )


def _items(part: Element | None) -> dict[str, str]:
    items = part.findall("tt:SimpleItem", NAMESPACES)[:MOST_ITEMS] if part is not None else []
    return {clean_text(item.get("Name", "")): clean_text(item.get("Value", "")) for item in items}


def _time(value: str) -> int | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None  # some cameras write 0000-00-00
    # xs:dateTime without an offset: ONVIF means UTC.
    return to_ms(at if at.tzinfo else at.replace(tzinfo=UTC))
