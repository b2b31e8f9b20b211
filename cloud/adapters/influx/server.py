"""One InfluxDB by HTTP: line protocol in, a portable subset of InfluxQL out, every refusal one of our errors.

2.x is written through influxdb-client and read at `/query` by the mapping that it makes of a bucket to a database of
the same name; 1.x is written at `/write`. Neither is asked for Flux, which InfluxDB 3 does not have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from foundation.errors import LinkError

TIMEOUT_S = 20.0
CONNECTIONS = 16
"""Kept open at most; jobs and doors ask from many threads at once."""
_REFUSED = frozenset({400, 422})
"""The content is wrong; the same again would be refused again. Good lines may have been stored."""
_STORED = frozenset({200, 204})
_TOO_LARGE = 413
_TO_BE_PUT_RIGHT = frozenset({401, 403, 404})
"""Account, rights or bucket: nothing to be tried again before somebody has done something."""
PUT_RIGHT_S = 60.0
LONGEST_WAIT_S = 300.0
"""However long the server asks for."""
_RETRY_AFTER = "Retry-After"
_EXISTS = 422
"""What 2.x says to a new bucket whose name is taken."""


@dataclass(frozen=True, slots=True)
class InfluxAddress:
    """Where the server is. `bucket` is the database of 1.x; `token` is `user:password` for 1.x."""

    kind: Literal["influx1", "influx2"]
    url: str
    bucket: str
    org: str = ""
    token: str = ""


class TooLarge(ValueError):
    """The server takes less at once."""


class InfluxServer(Protocol):
    """What the store needs of a server. Raises LinkError while it cannot be used, ValueError for refused content."""

    def write(self, lines: bytes, *, precision: str = "ms") -> None: ...

    def query(self, text: str) -> list[Series]: ...

    def prepare(self) -> None:
        """Make the bucket or database when it is missing and the account may do so."""
        ...


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer: its tags, the names of its columns (the first is `time` in ms), and its rows."""

    name: str
    tags: dict[str, str]
    columns: list[str]
    values: list[list[Any]]


class _Queries:
    """The reading half, the same for 1.x and 2.x."""

    def __init__(self, address: InfluxAddress) -> None:
        self._address = address
        timeout = urllib3.Timeout(connect=5.0, read=TIMEOUT_S)
        self._http = urllib3.PoolManager(maxsize=CONNECTIONS, timeout=timeout, retries=False)

    def query(self, text: str) -> list[Series]:
        results = self._ask({"db": self._address.bucket, "epoch": "ms", "q": text})
        return [_series(one) for result in results for one in result.get("series", [])]

    def _ask(self, fields: dict[str, str]) -> list[dict[str, Any]]:
        answer = self._call("POST", "/query", urlencode(fields).encode(), "application/x-www-form-urlencoded")
        raise_for(*answer)
        body = answer[1]
        results: list[dict[str, Any]] = json.loads(body).get("results", [])
        for result in results:
            if "error" in result:
                raise LinkError(f"InfluxDB: {result['error']}")
            if any(one.get("partial") for one in result.get("series", [])):
                raise LinkError("InfluxDB: an answer was cut short")
        return results

    def _call(self, method: str, path: str, body: bytes, content_type: str) -> tuple[int, bytes, str]:
        try:
            answer = self._http.request(
                method,
                f"{self._address.url}{path}",
                body=body,
                headers={**self._headers(), "Content-Type": content_type},
            )
        except urllib3.exceptions.HTTPError as error:
            raise LinkError(f"InfluxDB at {self._address.url}: {error}") from error
        return answer.status, answer.data, answer.headers.get(_RETRY_AFTER, "")

    def _headers(self) -> dict[str, str]:
        if not self._address.token:
            return {}
        if self._address.kind == "influx2":
            return {"Authorization": f"Token {self._address.token}"}
        return urllib3.make_headers(basic_auth=self._address.token)


class Influx1(_Queries):
    """InfluxDB 1.x."""

    def write(self, lines: bytes, *, precision: str = "ms") -> None:
        # 1.x calls microseconds `u`.
        words = {"db": self._address.bucket, "precision": "u" if precision == "us" else precision}
        raise_for(*self._call("POST", f"/write?{urlencode(words)}", lines, "text/plain; charset=utf-8"))

    def prepare(self) -> None:
        self._ask({"q": f'CREATE DATABASE "{self._address.bucket}"'})


class Influx2(_Queries):
    """InfluxDB 2.x, and what speaks its write path."""

    def __init__(self, address: InfluxAddress) -> None:
        super().__init__(address)
        self._client = InfluxDBClient(
            address.url, address.token, org=address.org, timeout=int(TIMEOUT_S * 1000), retries=False
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: bytes, *, precision: str = "ms") -> None:
        try:
            self._writer.write(self._address.bucket, self._address.org, lines, write_precision=precision)  # type: ignore[arg-type]
        except ApiException as error:
            _raise_for(error)
        except urllib3.exceptions.HTTPError as error:
            raise LinkError(f"InfluxDB at {self._address.url}: {error}") from error

    def prepare(self) -> None:
        buckets = self._client.buckets_api()
        try:
            if buckets.find_bucket_by_name(self._address.bucket) is None:  # type: ignore[no-untyped-call]
                buckets.create_bucket(bucket_name=self._address.bucket, org=self._address.org)
        except ApiException as error:
            # Another process of the cloud may have made it in between.
            if error.status != _EXISTS:
                _raise_for(error)
        except urllib3.exceptions.HTTPError as error:
            raise LinkError(f"InfluxDB at {self._address.url}: {error}") from error


def open_server(address: InfluxAddress) -> InfluxServer:
    """The server of an address; nothing is asked of it yet."""
    return Influx2(address) if address.kind == "influx2" else Influx1(address)


def raise_for(status: int, body: bytes, retry_after: str = "") -> None:
    """Nothing for success; ValueError when the content is wrong, LinkError for what may pass or be put right."""
    if status in _STORED:
        return
    reason = body.decode("utf-8", "replace").strip()[:300]
    if status in _REFUSED:
        raise ValueError(f"InfluxDB refuses the content: {reason}")
    if status == _TOO_LARGE:
        raise TooLarge(f"InfluxDB takes less at once: {reason}")
    wait_s = PUT_RIGHT_S if status in _TO_BE_PUT_RIGHT else _seconds(retry_after)
    raise LinkError(f"InfluxDB answers {status}: {reason}", wait_s=wait_s)


def _raise_for(error: ApiException) -> None:
    headers: Mapping[str, str] = error.headers or {}
    raise_for(error.status or 0, str(error.body or error.reason).encode(), headers.get(_RETRY_AFTER, ""))


def _seconds(retry_after: str) -> float | None:
    """Of a Retry-After in seconds; a date is taken as none, since the two clocks may differ."""
    return min(float(retry_after), LONGEST_WAIT_S) if retry_after.isdecimal() else None


def _series(answer: dict[str, Any]) -> Series:
    return Series(answer.get("name", ""), answer.get("tags", {}), answer["columns"], answer.get("values", []))
