"""A payload built to hurt neither ends the ingest nor blocks it: the good row behind it is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloud.ingest import host as ingest_host
from foundation.errors import ContractError
from gateway.deliveries import Delivery, Malformed, RebirthWanted, RowArrived
from gateway.messages import DeviceBirth, DeviceMessage, PointBirth, Reading
from gateway.mqtt_link import Inbound
from gateway.node_tracker import NodeTracker
from gateway.sparkplug.codec import DataType, Metric, Payload, encode
from gateway.sparkplug.vocabulary import NodeBirth, device_birth_payload, node_birth_payload, row_body, row_frame
from gateway.stream import Acknowledgement
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import EdgeSide
from tests.support.waiting import running, until

STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
BASE = "spBv1.0/g"
NOW = 1_790_000_000_000
LONE = "\ud800"
RECEIPT: dict[str, Any] = {
    "receipt_id": "r", "command_id": "c", "device": "d", "point": "P",
    "outcome": "verified", "reason": "", "read_back": 1.0, "at_ms": 1,
}  # fmt: skip
EVENT: dict[str, Any] = {"id": "i", "device": "d", "at": 1, "data": {}}


def framed(*metrics: Metric, spool: int = 5) -> bytes:
    return row_frame(encode(Payload(None, metrics)), stream=STREAM, spool=spool, seq=2, now_ms=NOW)


def text(name: str, content: dict[str, Any]) -> tuple[str, bytes]:
    return "NDATA/e", framed(Metric(name, json.dumps(content), NOW))


def broken_name() -> bytes:
    return encode(Payload(None, (Metric("ABCD", 1.0, 1),), 2)).replace(b"ABCD", b"\xff\xfe\xfd\xfc")


HOSTILE = {
    "a death beyond all times": ("DDEATH/e/d", encode(Payload(2**63, (), 2))),
    "a row number beyond 63 bits": ("NDATA/e", framed(Metric("P", 1.0, NOW), spool=2**63)),
    "a receipt with an object as id": text("Command/Receipt", {**RECEIPT, "command_id": {"a": 1}}),
    "a receipt with a number as id": text("Command/Receipt", {**RECEIPT, "command_id": 10**30}),
    "a receipt with half a character": text("Command/Receipt", {**RECEIPT, "command_id": LONE}),
    "an event with half a character": text("Event/x", {**EVENT, "device": LONE}),
    "an event id with half a character": text("Event/x", {**EVENT, "id": LONE}),
    "an event beyond all times": text("Event/x", {**EVENT, "at": 10**30}),
    "a report whose bytes are not ASCII": text("Event/edge.malformed", {**EVENT, "data": {"payload": "é"}}),
    "a report with half a character": text("Event/edge.malformed", {**EVENT, "data": {"topic": LONE}}),
    "a number beyond 63 bits": ("DDATA/e/d", framed(Metric("P", 2**64 - 1, NOW, DataType.UINT64))),
    "a reading beyond all times": ("DDATA/e/d", framed(Metric("P", 1.0, 2**64 - 1))),
    "a name with a NUL": ("DDATA/e/d", framed(Metric("P\0x", 1.0, NOW))),
    "a name that is no text": ("DDATA/e/d", broken_name()),
    "a JSON text without a bottom": ("NDATA/e", framed(Metric("Event/x", '{"a":' * 200_000, NOW))),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_the_row_behind_a_hostile_message_is_stored(
    tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_host, "RETRY_S", 0.05)
    cloud, tracker = CloudSide(tmp_path, 1), NodeTracker()
    now = cloud.clock.now_ms()

    def heard(topic: str, payload: bytes) -> list[Delivery]:
        return [one for one in tracker.feed(f"{BASE}/{topic}", payload, now) if not isinstance(one, RebirthWanted)]

    device = DeviceBirth("d", {}, (PointBirth("P", "float"),))
    good = row_frame(row_body(DeviceMessage("d", (Reading("P", 1.0, now),))), stream=STREAM, spool=7, seq=3, now_ms=now)
    async with running(cloud.ingest.run()) as (ingest,):
        births = node_birth_payload(NodeBirth(STREAM, "n", {}), bdseq=0, seq=0, now_ms=now)
        cloud.ingest.deliver(heard("NBIRTH/e", births))
        cloud.ingest.deliver(heard("DBIRTH/e/d", device_birth_payload(device, stream=STREAM, seq=1, now_ms=now)))
        cloud.ingest.deliver(heard(*HOSTILE[case]))
        cloud.ingest.deliver(heard("DDATA/e/d", good))
        await until(lambda: ingest.done() or 7 in cloud.store.position(STREAM), within_s=10)
        assert not ingest.done()


@pytest.mark.parametrize("kind", ["NBIRTH/e", "DBIRTH/e/d", "DDATA/e/d", "NDATA/e"])
def test_a_name_that_is_no_text_is_set_aside(kind: str) -> None:
    heard = NodeTracker().feed(f"{BASE}/{kind}", broken_name(), 1)
    assert any(isinstance(one, Malformed) or (isinstance(one, RowArrived) and one.faults) for one in heard)


@pytest.mark.parametrize("rows", ["9" * 5_000, f"1-{2**64}"])
def test_an_acknowledgement_of_impossible_rows_is_refused(rows: str) -> None:
    with pytest.raises(ContractError):
        Acknowledgement.parse(f"{STREAM}:{rows}")


@pytest.mark.parametrize("state", ['{"online":true,"timestamp":Infinity}', "[" * 100_000, "null", "{}"])
def test_a_state_that_makes_no_sense_is_ignored_by_the_edge(tmp_path: Path, state: str) -> None:
    edge = EdgeSide(tmp_path, 1)
    edge.node._heard(Inbound("spBv1.0/STATE/xietong", state.encode(), True))
    assert not edge.node.is_online
