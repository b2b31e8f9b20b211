"""Who is looking: sealed tokens, language, and where a person may be sent."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from cloud.console.session import SESSION_S, Seal, is_from_elsewhere, language_of, local_path, token_of_session
from foundation.texts import Language
from tests.support.manual_clock import ManualClock

NOW_MS = 1_790_000_000_000


def request(headers: dict[str, str]) -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": raw})


def test_a_sealed_token_comes_back_and_is_not_readable_in_the_cookie() -> None:
    seal = Seal("a-secret-of-sixteen")
    cookie = seal.close("xt_token", NOW_MS)
    assert "xt_token" not in cookie
    assert seal.open(cookie, NOW_MS + 1000) == "xt_token"


def test_a_forged_a_foreign_and_an_old_cookie_are_worth_nothing() -> None:
    seal = Seal("a-secret-of-sixteen")
    cookie = seal.close("xt_token", NOW_MS)
    assert seal.open(cookie[:-4] + "AAA=", NOW_MS) is None
    assert seal.open("not a cookie", NOW_MS) is None
    assert seal.open("中文", NOW_MS) is None
    assert Seal("another-secret-of-16").open(cookie, NOW_MS) is None
    assert seal.open(cookie, NOW_MS + (SESSION_S + 5) * 1000) is None


def test_the_api_reads_the_token_out_of_a_console_session() -> None:
    clock = ManualClock()
    cookie = Seal("a-secret-of-sixteen").close("xt_token", clock.now_ms())
    token = token_of_session("a-secret-of-sixteen", clock)
    assert token({"xietong_session": cookie}) == "xt_token"
    assert token({"other": cookie}) is None
    assert token({"xietong_session": "forged"}) is None


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        Seal("short")


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "zh-CN"),
        ({"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1"}, "en"),
        ({"Accept-Language": "fr, zh-TW;q=0.5"}, "zh-CN"),
        ({"Accept-Language": "fr"}, "zh-CN"),
        ({"Accept-Language": "en", "Cookie": "xietong_language=zh-CN"}, "zh-CN"),
        ({"Accept-Language": "en", "Cookie": "xietong_language=tlh"}, "en"),
    ],
)
def test_the_chosen_language_wins_over_the_browsers_and_the_default(
    headers: dict[str, str], language: Language
) -> None:
    assert language_of(request(headers), "zh-CN") == language


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", ""])
def test_nobody_is_sent_to_a_foreign_site(target: str) -> None:
    assert local_path(target) == "/"


def test_a_page_of_the_console_is_kept_as_target() -> None:
    assert local_path("/devices/a-main") == "/devices/a-main"


@pytest.mark.parametrize(
    ("site", "elsewhere"),
    [(None, False), ("none", False), ("same-origin", False), ("same-site", True), ("cross-site", True)],
)
def test_another_sites_page_does_not_decide_who_is_signed_in(site: str | None, elsewhere: bool) -> None:
    assert is_from_elsewhere(request({"sec-fetch-site": site} if site else {})) is elsewhere
