"""What is asked of a camera: its time, its event service, and a pull point (ONVIF Core, 8.3 and 9.1)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from edge_agent.drivers.onvif.notification import Notification, read_notifications
from edge_agent.drivers.onvif.soap import NAMESPACES, Credentials, as_headers, envelope, parse_body, text
from foundation.clock import Clock, to_ms
from foundation.errors import ContractError
from foundation.rng import Rng

DEVICE_SERVICE = "/onvif/device_service"
ANSWER_WITHIN_S = 8.0
NONCE_BYTES = 16
EARLIEST_YEAR, LATEST_YEAR = 1970, 2200
"""What the clock of a camera may say: one without a battery begins in 1970 or 2000."""

_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_EVENTS = "http://www.onvif.org/ver10/events/wsdl"
_MANAGER = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"


class Post(Protocol):
    """The way to a device's web service."""

    @property
    def base(self) -> str: ...

    async def post(self, path: str, action: str, body: bytes, *, within_s: float) -> bytes: ...


@dataclass(frozen=True, slots=True)
class PullPoint:
    """A subscription: where it is asked for messages, and what must be said in every request to it."""

    path: str
    headers: str


class OnvifClient:
    """One camera. Every method raises LinkError, DeviceError or ContractError."""

    def __init__(self, post: Post, credentials: Credentials | None, clock: Clock, rng: Rng) -> None:
        self._post, self._credentials, self._clock, self._rng = post, credentials, clock, rng
        self.ahead_ms = 0
        """How far the camera's clock is ahead of ours; learned by `learn_time`."""

    async def learn_time(self) -> None:
        """Ask for the camera's clock, which needs no credentials; a camera that does not tell counts as right."""
        reply = await self._ask(DEVICE_SERVICE, f"{_DEVICE}/GetSystemDateAndTime", "<tds:GetSystemDateAndTime/>", False)
        told = reply.find(".//tt:UTCDateTime", NAMESPACES)
        if told is None:
            return
        date = [text(told.find(f"tt:Date/tt:{part}", NAMESPACES)) for part in ("Year", "Month", "Day")]
        time = [text(told.find(f"tt:Time/tt:{part}", NAMESPACES)) for part in ("Hour", "Minute", "Second")]
        try:
            year, month, day, hour, minute, second = (int(part) for part in (*date, *time))
            at = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        except (ValueError, OverflowError) as error:
            raise ContractError(f"no time: {date} {time}"[:120]) from error
        if not EARLIEST_YEAR <= at.year < LATEST_YEAR:
            raise ContractError(f"no time: {at}")
        self.ahead_ms = to_ms(at) - self._clock.now_ms()

    async def event_service(self) -> str:
        """The path of the event service."""
        body = "<tds:GetCapabilities><tds:Category>Events</tds:Category></tds:GetCapabilities>"
        reply = await self._ask(DEVICE_SERVICE, f"{_DEVICE}/GetCapabilities", body)
        return _path(text(reply.find(".//tt:Events/tt:XAddr", NAMESPACES)), "no event service")

    async def subscribe(self, service: str, lifetime_s: int) -> PullPoint:
        """A new pull point that lives `lifetime_s` unless it is renewed."""
        body = (
            f"<tev:CreatePullPointSubscription><tev:InitialTerminationTime>PT{lifetime_s}S"
            f"</tev:InitialTerminationTime></tev:CreatePullPointSubscription>"
        )
        reply = await self._ask(service, f"{_EVENTS}/EventPortType/CreatePullPointSubscriptionRequest", body)
        reference = reply.find(".//tev:SubscriptionReference", NAMESPACES)
        if reference is None:
            raise ContractError("no subscription reference")
        path = _path(text(reference.find("wsa:Address", NAMESPACES)), "no subscription address")
        return PullPoint(path, as_headers(reference.find("wsa:ReferenceParameters", NAMESPACES)))

    async def pull(self, point: PullPoint, wait_s: int, most: int) -> list[Notification]:
        """Messages as soon as there are any; empty after `wait_s`."""
        body = (
            f"<tev:PullMessages><tev:Timeout>PT{wait_s}S</tev:Timeout>"
            f"<tev:MessageLimit>{most}</tev:MessageLimit></tev:PullMessages>"
        )
        action = f"{_EVENTS}/PullPointSubscription/PullMessagesRequest"
        reply = await self._ask(point.path, action, body, headers=point.headers, wait_s=wait_s)
        return read_notifications(reply, most)

    async def renew(self, point: PullPoint, lifetime_s: int) -> None:
        """Let the pull point live `lifetime_s` from now."""
        body = f"<wsnt:Renew><wsnt:TerminationTime>PT{lifetime_s}S</wsnt:TerminationTime></wsnt:Renew>"
        await self._ask(point.path, f"{_MANAGER}/RenewRequest", body, headers=point.headers)

    async def unsubscribe(self, point: PullPoint) -> None:
        """Give the pull point back: cameras have few of them."""
        await self._ask(point.path, f"{_MANAGER}/UnsubscribeRequest", "<wsnt:Unsubscribe/>", headers=point.headers)

    async def _ask(
        self, path: str, action: str, body: str, is_signed: bool = True, *, headers: str = "", wait_s: float = 0.0
    ) -> Element:
        security = ""
        if is_signed and self._credentials is not None:
            created_ms = self._clock.now_ms() + self.ahead_ms
            security = self._credentials.token(self._rng.token(NONCE_BYTES), created_ms)
        request = envelope(
            action,
            body,
            to=self._post.base + path,
            message_id=uuid.UUID(self._rng.uuid()),
            security=security,
            headers=headers,
        )
        return parse_body(await self._post.post(path, action, request, within_s=wait_s + ANSWER_WITHIN_S))


def _path(address: str, missing: str) -> str:
    """Path and query of an address that a device told: its host may be one that only the device can reach."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise ContractError(f"no address: {address[:80]}") from error
    if not parts.path.startswith("/"):
        raise ContractError(missing)
    return parts.path + (f"?{parts.query}" if parts.query else "")
