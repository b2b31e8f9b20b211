"""A console server of its own process, and a real Chromium."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.ports import free_port
from tests.support.process import ChildProcess
from tests.support.servers import require

PATIENCE_S = 15


@dataclass(frozen=True)
class ConsoleServer:
    """The running console."""

    address: str
    pid: int

    def state(self) -> dict[str, Any]:
        """What the server says of itself; a stranger on the port fails the test."""
        state: dict[str, Any] = httpx.get(f"{self.address}/test/state").raise_for_status().json()
        assert state["pid"] == self.pid, "another process answers on this port"
        return state


@contextmanager
def serving(module: str, folder: Path) -> Iterator[ConsoleServer]:
    """The console as `module` furnishes it, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", f"tests.browser.{module}", "--port", str(port), "--data", str(folder)]
    child = ChildProcess(module, command, folder / f"{module}.log").start()
    try:
        child.wait_for_port(port, timeout_s=60)
        server = ConsoleServer(f"http://127.0.0.1:{port}", child.pid)
        server.state()
        yield server
    finally:
        child.clean_up()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    with serving("console_server", tmp_path_factory.mktemp("console")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = os.environ.get("XIETONG_CHROMIUM") or require("chromium")
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        # The sandbox needs privileges that containers do not give; the pages are our own.
        browser = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, console: ConsoleServer) -> Iterator[OpenPage]:
    """`open_page(path, token=None, locale="en")`: a page in a fresh browser profile; a script error fails the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_(path: str, token: str | None = None, locale: str = "en") -> Page:
        context = chromium.new_context(locale=locale, viewport={"width": 1280, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
        page.on("request", lambda request: problems.extend(_foreign(request.url, console.address)))
        page.goto(f"{console.address}{path}" + (f"?token={token}" if token else ""))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []


def _foreign(url: str, address: str) -> list[str]:
    own = (address, address.replace("http", "ws", 1), "data:", "blob:")
    return [] if url.startswith(own) else [f"asked another server: {url}"]
