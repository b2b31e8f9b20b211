"""The broker for one machine: mosquitto when it is on the path, else an embedded one on loopback.

Nothing depends on what a broker remembers (decision 15), so it keeps nothing on disk. The embedded broker is rumqttd
from the `iotcore` wheel; a watchdog publishes to itself and ends the process when no echo comes, so that whoever
supervises it starts it again.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import shutil
from pathlib import Path

from foundation.clock import Clock
from foundation.disk import replace_file
from foundation.errors import ConfigError, LinkError
from gateway.mqtt_link import Endpoint, Publication, open_link

log = logging.getLogger(__name__)

ECHO_EVERY_S = 5.0
ECHO_WITHIN_S = 10.0
ECHO_TOPIC = "xietong/broker/echo"

_MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 100000
max_packet_size 1048576
log_type warning
log_type error
"""

# Segments of 4 MB bound the memory per subscription; Sparkplug topics start with an ASCII letter, as rumqttd needs.
_RUMQTTD = """\
id = 0
[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 1000
max_segment_size = 4194304
max_segment_count = 10
[v4.1]
name = "v4-1"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 500
dynamic_filters = true
"""


class BrokerDead(LinkError):
    """The embedded broker no longer passes messages on."""


def find_mosquitto() -> Path | None:
    """mosquitto on the path, or where Debian puts it for administrators."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


async def run_broker(port: int, data_dir: Path, clock: Clock, *, program: Path | None = None) -> None:
    """Serve on 127.0.0.1:`port` until the process ends; `program` names a mosquitto to take.

    With mosquitto this process becomes the broker. Raises ConfigError when neither broker is installed, BrokerDead
    when the embedded one stops answering.
    """
    mosquitto = program or find_mosquitto()
    if mosquitto is not None:
        config = data_dir / "mosquitto.conf"
        replace_file(config, _MOSQUITTO.format(port=port).encode())
        os.execv(mosquitto, [str(mosquitto), "-c", str(config)])  # noqa: S606 (a program, no shell)
    if importlib.util.find_spec("iotcore") is None:
        raise ConfigError("broker", "program", "mosquitto is not on the path and the package iotcore is not installed")
    await _run_embedded(port, data_dir, clock)


async def _run_embedded(port: int, data_dir: Path, clock: Clock) -> None:
    from iotcore.iotcore import IotCoreBroker

    # rumqttd reports every packet as an error record.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    config = data_dir / "rumqttd.toml"
    replace_file(config, _RUMQTTD.format(port=port).encode())
    broker = IotCoreBroker(config_path=str(config))
    broker.check_ports()
    broker.start()
    await _watch(Endpoint("127.0.0.1", port), clock)


async def _watch(endpoint: Endpoint, clock: Clock) -> None:
    """Publish to ourselves for ever; raises BrokerDead when an echo is missing."""
    try:
        async with asyncio.timeout(ECHO_WITHIN_S):
            while True:
                try:
                    link = await open_link(endpoint, f"watchdog-{os.getpid()}")
                    break
                except LinkError:
                    await clock.sleep(0.1)
        await link.subscribe([(ECHO_TOPIC, 0)])
        while True:
            link.publish(Publication(ECHO_TOPIC, b"echo"))
            async with asyncio.timeout(ECHO_WITHIN_S):
                await link.receive()
            await clock.sleep(ECHO_EVERY_S)
    except (TimeoutError, LinkError) as error:
        raise BrokerDead(f"the embedded broker does not answer: {error or 'no echo'}") from error
