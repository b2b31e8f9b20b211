"""A small stand-in for the cloud's HTTP door, on a real socket, with just enough memory to answer pretend staff."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from simulators.year.span import DEPARTMENTS

PREFIX = "/api/v1"
OWNERS = {"repair": "real_estate", "property": "real_estate", "vehicle": "vehicle", "visitor": "safety"}
MOVES = {
    "accept": ("submitted", "accepted"),
    "assign": ("accepted", "assigned"),
    "start": ("assigned", "in_progress"),
    "finish": ("in_progress", "done"),
    "confirm": ("done", "confirmed"),
    "close": ("confirmed", "closed"),
}


class FakeOffice:
    """Lists by path; `calls` are (account, method, path, body) of everything asked.

    `broken` paths answer nonsense, `hidden` risks are not shown to somebody.
    """

    def __init__(self, accounts: dict[str, str]) -> None:
        self.accounts = {token: name for name, token in accounts.items()}
        self.calls: list[tuple[str | None, str, str, Any]] = []
        self.hidden: dict[str, str] = {}
        self.broken: dict[str, tuple[int, bytes]] = {}
        self.lists: dict[str, list[dict[str, Any]]] = {
            path: [] for path in ("/requests", "/cases", "/datasets/grants", "/surveys", "/alarms", "/risks", "/inbox",
                                  "/reports", "/evaluation", "/audit")
        }  # fmt: skip
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, who: str | None, method: str, path: str, body: Any) -> tuple[int, Any]:
        self.calls.append((who, method, path, body))
        path = path.partition("?")[0]
        parts = path.strip("/").split("/")
        if method == "GET":
            if parts[-1] == "rows":
                return 200, {"rows": []}
            if parts[-1] == "form":
                given = {row["department"]: row["scores"] for row in self.lists["/surveys"] if row["asked_by"] == who}
                return 200, {"period": "2026-10", "departments": dict.fromkeys(DEPARTMENTS, "x"), "given": given}
            rows = self.lists.get("/" + "/".join(parts))
            return (
                (404, {"code": "error.not_found"})
                if rows is None
                else (200, [self._seen(who, row) for row in rows if not self._is_hidden(who, row)])
            )
        if path == "/public/requests":
            return 201, {"reference": "P-1", "code": "x"}
        if len(parts) >= 3:
            return self._change(who, parts, body)
        return self._enter(who, path, body)

    def posted(self, path: str) -> list[tuple[str | None, Any]]:
        """Who sent what to a path."""
        return [(who, body) for who, method, at, body in self.calls if (method, at.partition("?")[0]) == ("POST", path)]

    def _is_hidden(self, who: str | None, row: dict[str, Any]) -> bool:
        return self.hidden.get(str(row.get("risk_id"))) == who

    def _seen(self, who: str | None, row: dict[str, Any]) -> dict[str, Any]:
        if "service" not in row:
            return row
        is_owner = who == f"head-{OWNERS.get(row['service'], 'general')}"
        allowed = [name for name in MOVES if (row["asked_by"] == who if name == "confirm" else is_owner)]
        return row | {"actions": [name for name in allowed if MOVES[name][0] == row["state"]]}

    def _enter(self, who: str | None, path: str, body: Any) -> tuple[int, Any]:
        rows = self.lists[path]
        identity = {"/requests": "request_id", "/cases": "case_id", "/datasets/grants": "grant_id"}.get(path, "id")
        row = dict(body) | {
            identity: f"n{len(rows)}",
            "asked_by": who,
            "state": "submitted",
            "steps": [],
            "stars": None,
        }
        if path == "/requests" and any(_overlaps(row, other) for other in rows):
            return 409, {"code": "error.taken"}
        if path == "/cases":
            row |= {"state": "open", "approvals": [{"department": one, "agreed": None} for one in body["departments"]]}
        if path == "/datasets/grants":
            row |= {"state": "asked", "owner": "general", "asked_by_department": body["department"]}
        rows.append(row)
        return 201, row

    def _change(self, who: str | None, parts: list[str], body: Any) -> tuple[int, Any]:
        rows = self.lists["/" + "/".join(parts[:-2])]
        keys = ("request_id", "case_id", "grant_id", "alarm_id", "risk_id", "case_file_id")
        row = next(row for row in rows if parts[-2] in [row.get(key) for key in keys])
        what = parts[-1]
        if what == "moves":
            wanted, after = MOVES[body["action"]]
            if row["state"] != wanted:
                return 409, {"code": "error.move_not_possible"}
            row["state"] = after
            row["steps"].append(body["action"])
        elif what == "rating":
            row["stars"] = body["stars"]
        elif what == "approvals":
            next(one for one in row["approvals"] if who == f"head-{one['department']}")["agreed"] = body["agreed"]
        elif what == "decision":
            row["state"] = "granted" if body["agreed"] else "refused"
        elif what == "acknowledgement":
            row["state"] = "acknowledged"
        elif what == "treatments":
            row["status"] = "handled"
        elif what == "label":
            row |= {"status": "closed", "label": body["label"]}
        elif what == "answer":
            row["state"] = "ordered"
        return 200, row


def _overlaps(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if "start" not in one or "start" not in other or one["subject"] != other["subject"]:
        return False
    return bool(one["start"] < other["end"] and other["start"] < one["end"])


@contextmanager
def fake_office(accounts: dict[str, str], port: int = 0) -> Iterator[FakeOffice]:
    """Serve on the loopback address, on an ephemeral port unless one is given."""
    office = FakeOffice(accounts)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve("GET", None)

        def do_POST(self) -> None:
            self._serve("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name of the base class)
            pass

        def _serve(self, method: str, body: Any) -> None:
            path = self.path.removeprefix(PREFIX)
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if path.partition("?")[0] in office.broken:
                status, content = office.broken[path.partition("?")[0]]
            elif token and token not in office.accounts:
                status, content = 401, b'{"code": "error.unauthenticated"}'
            else:
                status, answer = office.answer(office.accounts.get(token), method, path, body)
                content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    office.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield office
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
