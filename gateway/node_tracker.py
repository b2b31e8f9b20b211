"""The host's view of every edge node: who is alive, what it declared, whether messages are missing. No I/O.

Rules: Sparkplug 3.0 chapters 5 and 6, host application. A NDEATH counts only with the live bdSeq. Behind a gap in seq
messages wait for what is missing (host-reordering); a gap that stays, or data that only a birth could explain, calls
for a rebirth.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from foundation.errors import ContractError
from gateway.deliveries import (
    Delivery,
    DeviceBorn,
    DeviceLost,
    Malformed,
    NodeBorn,
    NodeLost,
    RebirthWanted,
    RowArrived,
)
from gateway.row_reader import RowContent, read_row
from gateway.sparkplug.codec import DataType, Metric, Payload, decode, parse
from gateway.sparkplug.sequence import WRAP, SequenceCheck
from gateway.sparkplug.topics import MessageType, Topic, parse_topic
from gateway.sparkplug.vocabulary import BDSEQ, read_device_birth, read_node_birth

PARKED_PER_NODE = 256
REORDER_WITHIN_MS = 2_000
HELD_PER_NODE = 64

Heard = Delivery | RebirthWanted
_ORDERED = (MessageType.DBIRTH, MessageType.DDEATH, MessageType.NDATA, MessageType.DDATA)


@dataclass(slots=True)
class _Node:
    is_online: bool = False
    bdseq: int | None = None
    sequence: SequenceCheck = field(default_factory=SequenceCheck)
    datatypes: dict[str, dict[str, DataType]] = field(default_factory=dict)
    aliases: dict[int, str] = field(default_factory=dict)
    parked: deque[tuple[Topic, bytes]] = field(default_factory=lambda: deque(maxlen=PARKED_PER_NODE))
    held: dict[int, tuple[Topic, bytes]] = field(default_factory=dict)
    held_since_ms: int = 0

    def forget_session(self) -> None:
        """Aliases and order end with the session: the next may use the same numbers for other things."""
        self.is_online = False
        self.aliases, self.sequence = {}, SequenceCheck()


class NodeTracker:
    """Feed it every message of the namespace in order; it answers with what they mean."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[str, str], _Node] = {}

    def feed(self, topic_text: str, payload: bytes, now_ms: int) -> list[Heard]:
        """What one message means; a message that breaks the contract becomes Malformed, never an exception."""
        try:
            topic = parse_topic(topic_text)
        except ContractError as error:
            return [Malformed(topic_text, payload, str(error), now_ms)]
        node = self._nodes.setdefault((topic.group, topic.node), _Node())
        if topic.type not in _ORDERED or not node.is_online:
            return [*self._end_of_session(node, topic, now_ms), *self._read(node, topic, payload, now_ms)]
        return self._in_order(node, topic, payload, now_ms)

    def overdue(self, now_ms: int) -> list[Heard]:
        """What waited too long for a missing message, with a wish for a rebirth; ask a few times a second."""
        heard: list[Heard] = []
        for (group, name), node in self._nodes.items():
            if node.held and not 0 <= now_ms - node.held_since_ms < REORDER_WITHIN_MS:
                heard += [RebirthWanted(group, name, "sequence_gap"), *self._release(node, now_ms)]
        return heard

    def lose_all(self, now_ms: int) -> list[Heard]:
        """The host lost its broker: nothing is known to be alive any more."""
        lost: list[Heard] = []
        for (group, name), node in self._nodes.items():
            lost += self._release(node, now_ms)
            if node.is_online:
                lost.append(NodeLost(group, name, now_ms))
            node.forget_session()
        return lost

    def _end_of_session(self, node: _Node, topic: Topic, now_ms: int) -> list[Heard]:
        """Births and deaths of the node are not held back; what waits belongs before them."""
        return self._release(node, now_ms) if topic.type in (MessageType.NBIRTH, MessageType.NDEATH) else []

    def _in_order(self, node: _Node, topic: Topic, payload: bytes, now_ms: int) -> list[Heard]:
        seq = _seq(payload)
        if seq is None or not node.sequence.is_early(seq):
            heard = self._read(node, topic, payload, now_ms)
            while node.sequence.expected in node.held:
                heard += self._read(node, *node.held.pop(node.sequence.expected), now_ms)
            return heard
        if not node.held:
            node.held_since_ms = now_ms
        node.held[seq] = (topic, payload)
        if len(node.held) < HELD_PER_NODE:
            return []
        return [RebirthWanted(topic.group, topic.node, "sequence_gap"), *self._release(node, now_ms)]

    def _release(self, node: _Node, now_ms: int) -> list[Heard]:
        """Read all that waits in the order of its numbers; what is missing is given up."""
        first = node.sequence.expected or 0
        held, node.held = sorted(node.held.items(), key=lambda one: (one[0] - first) % WRAP), {}
        heard: list[Heard] = []
        for seq, (topic, payload) in held:
            node.sequence.expected = seq
            heard += self._read(node, topic, payload, now_ms)
        return heard

    def _read(self, node: _Node, topic: Topic, payload: bytes, now_ms: int) -> list[Heard]:
        try:
            return self._dispatch(node, topic, payload, now_ms)
        except ContractError as error:
            node.sequence.follows(_seq(payload))  # it came: nothing waits for it
            return [Malformed(topic.text(), payload, str(error), now_ms)]

    def _dispatch(self, node: _Node, topic: Topic, payload: bytes, now_ms: int) -> list[Heard]:
        match topic.type:
            case MessageType.NBIRTH:
                return self._node_birth(node, topic, decode(payload), now_ms)
            case MessageType.NDEATH:
                return self._node_death(node, topic, decode(payload), now_ms)
            case MessageType.DBIRTH:
                return self._device_birth(node, topic, decode(payload), now_ms)
            case MessageType.DDEATH:
                return self._device_death(node, topic, decode(payload), now_ms)
            case MessageType.NDATA | MessageType.DDATA:
                return self._data(node, topic, payload)
            case MessageType.NCMD | MessageType.DCMD:
                return []

    def _node_birth(self, node: _Node, topic: Topic, payload: Payload, now_ms: int) -> list[Heard]:
        node.is_online = True
        node.bdseq = next((int(m.value) for m in payload.metrics if m.name == BDSEQ and isinstance(m.value, int)), None)
        node.sequence.birth(payload.seq)
        node.datatypes = {}
        node.aliases = {}
        self._declare(node, "", payload.metrics)
        return [NodeBorn(topic.group, topic.node, read_node_birth(payload.metrics), now_ms), *self._unpark(node, "")]

    def _node_death(self, node: _Node, topic: Topic, payload: Payload, now_ms: int) -> list[Heard]:
        bdseq = next((m.value for m in payload.metrics if m.name == BDSEQ), None)
        if not node.is_online or bdseq != node.bdseq:
            return []
        node.forget_session()
        return [NodeLost(topic.group, topic.node, now_ms)]

    def _device_birth(self, node: _Node, topic: Topic, payload: Payload, now_ms: int) -> list[Heard]:
        heard = self._in_sequence(node, topic, payload.seq)
        self._declare(node, topic.device, payload.metrics)
        birth = read_device_birth(topic.device, payload.metrics)
        heard.append(DeviceBorn(topic.group, topic.node, birth, now_ms))
        return [*heard, *self._unpark(node, topic.device)]

    def _device_death(self, node: _Node, topic: Topic, payload: Payload, now_ms: int) -> list[Heard]:
        heard = self._in_sequence(node, topic, payload.seq)
        # A device cannot die later than now, whatever the edge's clock says.
        at_ms = min(payload.timestamp_ms or now_ms, now_ms)
        heard.append(DeviceLost(topic.group, topic.node, topic.device, at_ms))
        return heard

    def _data(self, node: _Node, topic: Topic, data: bytes) -> list[Heard]:
        message = parse(data)
        heard = self._in_sequence(node, topic, message.seq if message.HasField("seq") else None)
        row = read_row(message, node.datatypes.get(topic.device, {}), node.aliases)
        if row.unknown:
            node.parked.append((topic, data))
            return [*heard, RebirthWanted(topic.group, topic.node, "unknown_metric")]
        heard.append(_arrived(topic, row, data))
        return heard

    def _in_sequence(self, node: _Node, topic: Topic, seq: int | None) -> list[Heard]:
        if not node.is_online:
            return [RebirthWanted(topic.group, topic.node, "unknown_node")]
        if not node.sequence.follows(seq):
            return [RebirthWanted(topic.group, topic.node, "sequence_gap")]
        return []

    def _declare(self, node: _Node, device: str, metrics: tuple[Metric, ...]) -> None:
        node.datatypes[device] = {m.name: m.datatype for m in metrics if m.datatype is not None}
        node.aliases.update({m.alias: m.name for m in metrics if m.alias is not None and m.name})

    def _unpark(self, node: _Node, device: str) -> list[Heard]:
        mine = [(topic, data) for topic, data in node.parked if topic.device == device]
        if not mine:
            return []
        node.parked = deque((one for one in node.parked if one[0].device != device), maxlen=PARKED_PER_NODE)
        heard: list[Heard] = []
        for topic, data in mine:
            row = read_row(parse(data), node.datatypes.get(device, {}), node.aliases)
            if not row.unknown:
                heard.append(_arrived(topic, row, data))
        return heard


def _seq(payload: bytes) -> int | None:
    """The number of a message; None without one, or when the bytes cannot be read."""
    try:
        message = parse(payload)
    except ContractError:
        return None
    return message.seq if message.HasField("seq") and message.seq < WRAP else None


def _arrived(topic: Topic, row: RowContent, data: bytes) -> RowArrived:
    return RowArrived(
        topic.group,
        topic.node,
        topic.device,
        row.stream,
        row.spool,
        tuple(row.readings),
        tuple(row.events),
        tuple(row.receipts),
        tuple(row.faults),
        topic.text(),
        data if row.faults else b"",
        row.unsynced,
    )
