"""An HTTP server that stands before another one and answers some of its requests as a server in trouble does."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """`status` in place of the server's own answer; `is_stored`: it did its work all the same. 0 hangs up."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    is_stored: bool = False


Trouble = Callable[[bytes], Answer | None]
"""Asked about the body of every write; None lets it through."""


class TroubledHttp:
    """`trouble` says what happens to writes; `writes` counts them."""

    def __init__(self, target: str) -> None:
        self.target, self.trouble = target, _nothing
        self.writes = 0
        self.path, self.headers = "", dict[str, str]()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def first(self, *answers: Answer) -> None:
        """Give these answers to the next writes, then let everything through."""
        left = list(answers)
        self.trouble = lambda body: left.pop(0) if left else None

    def store(self, body: bytes) -> None:
        """Let a part of the write that `trouble` is asked about through."""
        _forwarded(f"{self.target}{self.path}", body, self.headers)

    @contextmanager
    def running(self) -> Iterator[TroubledHttp]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def _nothing(_: bytes) -> Answer | None:
    return None


def _handler(front: TroubledHttp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            is_write = "write" in self.path.partition("?")[0]
            front.writes += is_write
            front.path, front.headers = self.path, dict(self.headers)
            answer = front.trouble(body) if is_write else None
            if answer is None or answer.is_stored:
                own = _forwarded(f"{front.target}{self.path}", body, dict(self.headers))
                answer = own if answer is None else answer
            if not answer.status:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None: ...

    return Handler


def _forwarded(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "content-length")}
    request = urllib.request.Request(url, data=body, headers=kept, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read())
