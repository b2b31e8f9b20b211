"""SOAP 1.2 with a WS-Security user name token: envelopes out, safe XML in.

Digest of the token (WSS UsernameToken Profile 1.1): Base64(SHA-1(nonce + created + password)); the password itself is
never sent.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from foundation.errors import ContractError, DeviceError

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items())
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_DENIED = ("NotAuthorized", "FailedAuthentication", "InvalidSecurity")


class SoapFault(DeviceError):
    """The device answered with a fault; `subcode` without its prefix."""

    def __init__(self, subcode: str, reason: str) -> None:
        self.subcode = subcode
        super().__init__(f"{subcode}: {reason}"[:200])


class CredentialsRefused(DeviceError):
    """The device does not know the user or the password."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Who asks. Has no repr, so that no log shows the password."""

    username: str
    password: str

    def token(self, nonce: bytes, created_ms: int) -> str:
        """The security header; `created_ms` in the device's own time, which it compares with its clock."""
        created = datetime.fromtimestamp(created_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        digest = hashlib.sha1(nonce + created.encode() + self.password.encode()).digest()  # noqa: S324 (the standard's)
        return (
            f'<wsse:Security s:mustUnderstand="true"><wsse:UsernameToken>'
            f"<wsse:Username>{escape(self.username)}</wsse:Username>"
            f'<wsse:Password Type="{_DIGEST}">{base64.b64encode(digest).decode()}</wsse:Password>'
            f'<wsse:Nonce EncodingType="{_BASE64}">{base64.b64encode(nonce).decode()}</wsse:Nonce>'
            f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
        )


def envelope(action: str, body: str, *, to: str, message_id: uuid.UUID, security: str = "", headers: str = "") -> bytes:
    """A request; `headers` are reference parameters of a subscription, sent back as they came."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {_DECLARED}><s:Header>'
        f"<wsa:Action>{escape(action)}</wsa:Action><wsa:MessageID>urn:uuid:{message_id}</wsa:MessageID>"
        f"<wsa:ReplyTo><wsa:Address>http://www.w3.org/2005/08/addressing/anonymous</wsa:Address></wsa:ReplyTo>"
        f"<wsa:To>{escape(to)}</wsa:To>{security}{headers}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def parse_body(data: bytes) -> ET.Element:
    """The Body of a reply. A fault raises SoapFault or CredentialsRefused, what is no SOAP raises ContractError."""
    root = parse_xml(data)
    body = root.find("s:Body", NAMESPACES)
    if body is None:
        raise ContractError("no SOAP body")
    fault = body.find("s:Fault", NAMESPACES)
    if fault is None:
        return body
    codes = [_local(text(code)) for code in fault.iterfind(".//s:Value", NAMESPACES)]
    reason = text(fault.find("s:Reason/s:Text", NAMESPACES))
    if any(code in _DENIED for code in codes):
        raise CredentialsRefused(reason[:200] or "not authorized")
    raise SoapFault(codes[-1] if codes else "Fault", reason)


def parse_xml(data: bytes) -> ET.Element:
    """A document without a DTD, so without entities (SOAP 1.2 forbids one); ContractError for anything else."""
    try:
        content = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ContractError("not UTF-8") from error
    if "<!DOCTYPE" in content:
        raise ContractError("a document type is not allowed")
    try:
        return ET.fromstring(content)  # noqa: S314 (no DTD, no entities; the size is limited before)
    except ET.ParseError as error:
        raise ContractError(f"not XML: {error}") from error


def text(element: ET.Element | None) -> str:
    """The text of an element, stripped; empty when there is none."""
    return (element.text or "").strip() if element is not None else ""


def as_headers(parameters: ET.Element | None) -> str:
    """Reference parameters of an endpoint as headers of the requests to it; ContractError for what is too deep."""
    try:
        return "".join(_headers(parameters)) if parameters is not None else ""
    except RecursionError as error:
        raise ContractError("reference parameters too deep") from error


def _headers(parameters: ET.Element) -> Iterator[str]:
    for parameter in parameters:
        parameter.tail = None
        parameter.set(f"{{{NAMESPACES['wsa']}}}IsReferenceParameter", "true")
        yield ET.tostring(parameter, encoding="unicode")


def _local(code: str) -> str:
    return code.rpartition(":")[2]
