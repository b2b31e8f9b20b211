"""One device's web service over HTTP: bounded in time and size, HTTP digest where the device asks for it."""

from __future__ import annotations

import asyncio

import httpx

from edge_agent.drivers.onvif.soap import Credentials, CredentialsRefused
from foundation.errors import ContractError, DeviceTimeout, LinkError

MOST_BYTES = 512 * 1024


def open_client() -> httpx.AsyncClient:
    """One client for all cameras of a bus: the connections of one must not wait for those of another.

    Proxies of the environment do not concern cameras; each call has a time limit as a whole.
    """
    return httpx.AsyncClient(
        trust_env=False,
        timeout=None,  # noqa: S113
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
        headers={"Accept-Encoding": "identity"},
    )


class SoapPost:
    """Posts SOAP to paths of one host. Addresses that a device tells are never followed to another host."""

    def __init__(self, client: httpx.AsyncClient, address: str, credentials: Credentials | None) -> None:
        self.base = f"http://{address}"
        self._client = client
        self._auth = httpx.DigestAuth(credentials.username, credentials.password) if credentials else None

    async def post(self, path: str, action: str, body: bytes, *, within_s: float) -> bytes:
        """The reply's bytes, whatever its status but 401.

        Raises LinkError, DeviceTimeout after `within_s`, CredentialsRefused, or ContractError for too much.
        """
        headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}
        try:
            async with asyncio.timeout(within_s):
                async with self._client.stream(
                    "POST", self.base + path, content=body, headers=headers, auth=self._auth
                ) as response:
                    if response.status_code == httpx.codes.UNAUTHORIZED:
                        raise CredentialsRefused("HTTP 401")
                    if "content-encoding" in response.headers:
                        raise ContractError("a packed reply")
                    return await _bounded(response)
        except TimeoutError as error:
            raise DeviceTimeout(self.base, within_s) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise LinkError(f"{self.base}: {error or type(error).__name__}") from error
        except (KeyError, ValueError, NotImplementedError) as error:
            # httpx lets these through when a device asks for a digest that makes no sense, or that it does not know.
            raise ContractError(f"an HTTP header that makes no sense: {error}"[:200]) from error


async def _bounded(response: httpx.Response) -> bytes:
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) > MOST_BYTES:
            raise ContractError(f"more than {MOST_BYTES} bytes")
    return bytes(data)
