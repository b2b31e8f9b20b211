"""What an ONVIF camera says over SOAP, in its own shapes (ONVIF Core, events.wsdl); written apart from the edge."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

_SPACES = (
    'xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing" '
    'xmlns:n="http://docs.oasis-open.org/wsn/b-2" xmlns:d="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:e="http://www.onvif.org/ver10/events/wsdl" xmlns:t="http://www.onvif.org/ver10/schema" '
    'xmlns:ter="http://www.onvif.org/ver10/error" xmlns:tns1="http://www.onvif.org/ver10/topics"'
)


@dataclass(frozen=True, slots=True)
class Told:
    """One notification: a topic with its prefixes, what it is about and what it says."""

    topic: str
    at: datetime
    source: tuple[tuple[str, str], ...]
    data: tuple[tuple[str, str], ...]
    operation: str = "Changed"


def envelope(body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<SOAP-ENV:Envelope {_SPACES}>'
        f"<SOAP-ENV:Header/><SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def fault(subcode: str, reason: str) -> bytes:
    """A SOAP 1.2 fault of the sender."""
    return envelope(
        f"<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>"
        f"<SOAP-ENV:Value>ter:{subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason>"
        f'<SOAP-ENV:Text xml:lang="en">{escape(reason)}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>'
    )


def date_and_time(at: datetime) -> bytes:
    return envelope(
        "<d:GetSystemDateAndTimeResponse><d:SystemDateAndTime><t:DateTimeType>Manual</t:DateTimeType>"
        f"<t:UTCDateTime><t:Time><t:Hour>{at.hour}</t:Hour><t:Minute>{at.minute}</t:Minute>"
        f"<t:Second>{at.second}</t:Second></t:Time><t:Date><t:Year>{at.year}</t:Year><t:Month>{at.month}</t:Month>"
        f"<t:Day>{at.day}</t:Day></t:Date></t:UTCDateTime></d:SystemDateAndTime></d:GetSystemDateAndTimeResponse>"
    )


def capabilities(events_address: str) -> bytes:
    return envelope(
        f"<d:GetCapabilitiesResponse><d:Capabilities><t:Events><t:XAddr>{escape(events_address)}</t:XAddr>"
        "<t:WSPullPointSupport>true</t:WSPullPointSupport></t:Events></d:Capabilities></d:GetCapabilitiesResponse>"
    )


def pull_point(address: str, number: int, at: datetime, lifetime_s: float) -> bytes:
    """A subscription whose number must come back as a header."""
    return envelope(
        f"<e:CreatePullPointSubscriptionResponse><e:SubscriptionReference><a:Address>{escape(address)}</a:Address>"
        f'<a:ReferenceParameters><sim:Id xmlns:sim="urn:sim">{number}</sim:Id></a:ReferenceParameters>'
        f"</e:SubscriptionReference>{_times(at, lifetime_s)}</e:CreatePullPointSubscriptionResponse>"
    )


def messages(told: Sequence[Told], at: datetime, lifetime_s: float) -> bytes:
    return envelope(
        f"<e:PullMessagesResponse><e:CurrentTime>{stamp(at)}</e:CurrentTime>"
        f"<e:TerminationTime>{stamp(at + timedelta(seconds=lifetime_s))}</e:TerminationTime>"
        f"{''.join(map(_notification, told))}</e:PullMessagesResponse>"
    )


def renewed(at: datetime, lifetime_s: float) -> bytes:
    return envelope(f"<n:RenewResponse>{_times(at, lifetime_s)}</n:RenewResponse>")


def unsubscribed() -> bytes:
    return envelope("<n:UnsubscribeResponse/>")


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_signed_by(request: bytes, username: str, password: str) -> bool:
    """Whether the user name token of a request is right: Base64(SHA-1(nonce + created + password))."""
    parts = [_inside(request, name) for name in ("Username", "Password", "Nonce", "Created")]
    told_user, digest, nonce, created = parts
    expected = hashlib.sha1(base64.b64decode(nonce) + created + password.encode()).digest()  # noqa: S324
    is_right = hmac.compare_digest(base64.b64encode(expected), digest)
    return is_right and told_user == escape(username).encode()


def created_of(request: bytes) -> datetime | None:
    """When the token says that it was made."""
    created = _inside(request, "Created").decode()
    return datetime.fromisoformat(created) if created else None


def subscription_of(request: bytes) -> int | None:
    """The number that came back with a request."""
    found = _inside(request, "Id")
    return int(found) if found.isdigit() else None


def duration_of(request: bytes, name: str) -> float | None:
    """Seconds of an element such as `<Timeout>PT20S</Timeout>`."""
    found = re.fullmatch(rb"PT(\d+)S", _inside(request, name))
    return float(found[1]) if found else None


def _inside(request: bytes, name: str) -> bytes:
    found = re.search(rb"<(?:\w+:)?" + name.encode() + rb"(?:\s[^>]*)?>([^<]*)<", request)
    return found[1] if found else b""


def _times(at: datetime, lifetime_s: float) -> str:
    end = at + timedelta(seconds=lifetime_s)
    return f"<n:CurrentTime>{stamp(at)}</n:CurrentTime><n:TerminationTime>{stamp(end)}</n:TerminationTime>"


def _notification(told: Told) -> str:
    operation = f' PropertyOperation="{told.operation}"' if told.operation else ""
    return (
        f'<n:NotificationMessage><n:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        f"{escape(told.topic)}</n:Topic><n:Message><t:Message UtcTime={quoteattr(stamp(told.at))}{operation}>"
        f"<t:Source>{_items(told.source)}</t:Source><t:Data>{_items(told.data)}</t:Data></t:Message></n:Message>"
        f"</n:NotificationMessage>"
    )


def _items(items: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<t:SimpleItem Name={quoteattr(name)} Value={quoteattr(value)}/>" for name, value in items)
