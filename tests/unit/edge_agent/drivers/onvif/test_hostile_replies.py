"""What a camera may answer to hurt whoever asks it: all of it is one of the errors that following a camera survives."""

from __future__ import annotations

import httpx
import pytest

from edge_agent.drivers.onvif.client import OnvifClient
from edge_agent.drivers.onvif.http import SoapPost
from edge_agent.drivers.onvif.soap import Credentials, as_headers, parse_xml
from foundation.clock import SystemClock
from foundation.errors import ContractError, DeviceError, LinkError
from foundation.rng import SeededRng

USER = Credentials("edge", "secret")
SURVIVED = (ContractError, DeviceError, LinkError)


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="a", nonce="b", algorithm=FOO',
        'Digest realm="a", nonce="b", qop="auth-int"',
        'Digest realm="a", nonce="b", qop="foo"',
        'Digest realm="a"',
        "Digest realm",
        "Digest",
        "",
    ],
)
async def test_a_digest_that_makes_no_sense(challenge: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(401, headers={"www-authenticate": challenge})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(SURVIVED):
            await SoapPost(client, "camera", USER).post("/onvif", "action", b"", within_s=5)


class Told:
    """A device whose clock says this."""

    base = "http://camera"

    def __init__(self, year: str, month: str, day: str) -> None:
        self._date = f"<tt:Year>{year}</tt:Year><tt:Month>{month}</tt:Month><tt:Day>{day}</tt:Day>"

    async def post(self, path: str, action: str, body: bytes, *, within_s: float) -> bytes:
        spaces = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"'
        time = "<tt:Hour>23</tt:Hour><tt:Minute>59</tt:Minute><tt:Second>59</tt:Second>"
        told = f"<tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{self._date}</tt:Date></tt:UTCDateTime>"
        return f"<s:Envelope {spaces}><s:Body>{told}</s:Body></s:Envelope>".encode()


@pytest.mark.parametrize("date", [("1" * 12, "1", "1"), ("9999", "12", "31"), ("1", "1", "1"), ("x", "", "1")])
async def test_a_clock_that_no_token_can_be_made_for(date: tuple[str, str, str]) -> None:
    with pytest.raises(ContractError):
        await OnvifClient(Told(*date), USER, SystemClock(), SeededRng(1)).learn_time()


async def test_a_camera_without_a_battery_is_asked_in_its_own_time() -> None:
    client = OnvifClient(Told("1970", "1", "1"), USER, SystemClock(), SeededRng(1))
    await client.learn_time()
    assert client.ahead_ms < 0


def test_reference_parameters_that_never_end() -> None:
    with pytest.raises(ContractError):
        as_headers(parse_xml(b"<a>" * 5_000 + b"</a>" * 5_000))
