"""Builds and parses Sparkplug topics: `spBv1.0/<group>/<TYPE>/<node>[/<device>]` and `spBv1.0/STATE/<host>`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from foundation.errors import ContractError

NAMESPACE = "spBv1.0"


class MessageType(StrEnum):
    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"


@dataclass(frozen=True, slots=True)
class Topic:
    """A parsed topic; `device` is empty for messages of the node itself."""

    group: str
    type: MessageType
    node: str
    device: str = ""

    def text(self) -> str:
        tail = f"/{self.device}" if self.device else ""
        return f"{NAMESPACE}/{self.group}/{self.type}/{self.node}{tail}"


def state_topic(host_id: str) -> str:
    """Topic of a host application's STATE."""
    return f"{NAMESPACE}/STATE/{host_id}"


def parse_topic(text: str) -> Topic:
    """The parts of a node or device topic; anything else raises ContractError."""
    parts = text.split("/")
    if len(parts) not in (4, 5) or parts[0] != NAMESPACE or not all(parts):
        raise ContractError(f"not a Sparkplug topic: {text[:120]!r}")
    try:
        kind = MessageType(parts[2])
    except ValueError:
        raise ContractError(f"unknown message type {parts[2][:20]!r}") from None
    if (len(parts) == 5) != kind.startswith("D"):
        raise ContractError(f"{kind} with {len(parts)} topic levels")
    return Topic(parts[1], kind, parts[3], parts[4] if len(parts) == 5 else "")
