"""The frame round every page: who may open it, header, navigation, and a place for the page itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

from nicegui import ui
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.navigation import NAVIGATION, NavItem
from cloud.console.session import Viewer, enter, is_from_elsewhere, sign_in_address, viewer_of
from cloud.console.theme import apply_theme
from cloud.core.access import Permission
from foundation.texts import LANGUAGES, Language

RESPONSE_TIMEOUT_S = 15.0
HOME = "/home"

PageBuilder = Callable[[Viewer, Request], Awaitable[None]]


def guarded_page(
    console: Console, path: str, permission: Permission, *, otherwise: str = ""
) -> Callable[[PageBuilder], PageBuilder]:
    """Register a page that needs a principal with `permission`; without one it asks to sign in, or refuses with 403.

    Whoever has not the permission is sent on to the page `otherwise`, if there is one.

    `?token=...` on any page signs in and comes back without the token in the address.
    """

    def register(build: PageBuilder) -> PageBuilder:
        @ui.page(path, response_timeout=RESPONSE_TIMEOUT_S)
        async def shown(request: Request) -> Response | None:
            if token := request.query_params.get("token"):
                return await sign_in_with(console, request, token, request.url.path)
            viewer = await asyncio.to_thread(
                viewer_of, console.services, console.seal, request, console.default_language
            )
            if viewer is None:
                return RedirectResponse(sign_in_address(request), status_code=303)
            if not viewer.may(permission) and otherwise:
                return RedirectResponse(otherwise, status_code=303)
            if not viewer.may(permission):
                refuse(viewer, 403)
                return None
            await build(viewer, request)
            return None

        return build

    return register


async def sign_in_with(console: Console, request: Request, token: str, target: str) -> Response:
    """Start a session and go on to `target`, or back to the sign-in page when nobody has this token."""
    services = console.services
    now_ms = services.clock.now_ms()
    if is_from_elsewhere(request):
        return RedirectResponse("/sign-in", status_code=303)
    if await asyncio.to_thread(services.accounts.principal_of, token, now_ms) is None:
        return RedirectResponse("/sign-in?wrong=1", status_code=303)
    return enter(request, console.seal, token, now_ms, target)


def refuse(viewer: Viewer, status: int) -> None:
    """A page that says that there is nothing here (404) or nothing for this person (403)."""
    ui.context.client.status_code = status
    with frame(viewer, "", viewer.say(f"console.refused.{status}.title")), ui.element("div").classes("xt-empty"):
        ui.label(str(status)).classes("xt-empty-code")
        ui.label(viewer.say(f"console.refused.{status}.text"))
        ui.link(viewer.say("console.refused.back"), HOME)


@contextmanager
def frame(viewer: Viewer, path: str, title: str) -> Iterator[StatusLight]:
    """Header and navigation with `path` marked; the page is built inside. Yields the light of freshness."""
    prepare(viewer.language, title, viewer.say("console.product"))
    light = _header(viewer)
    _navigation(viewer, path)
    with ui.element("main").classes("xt-page"):
        yield light


def prepare(language: Language, title: str, product: str) -> None:
    """Look, language and title of the page being built."""
    apply_theme()
    ui.page_title(f"{title} · {product}")
    ui.add_head_html(f'<script>document.documentElement.lang = "{language}"</script>')


class StatusLight:
    """A dot and a time in the header: green while reads succeed, red with a word when they do not."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        with ui.element("div").classes("xt-light"):
            self._dot = ui.element("span").classes("xt-light-dot")
            self._text = ui.label("").tooltip(viewer.say("console.as_of"))

    def show(self, is_good: bool, text: str = "") -> None:
        """`text` is the time of the data while all is well."""
        self._dot.classes(replace=f"xt-light-dot {'xt-good' if is_good else 'xt-bad'}")
        if not is_good:
            self._text.set_text(self._viewer.say("console.stale"))
        elif text:
            self._text.set_text(text)


def _header(viewer: Viewer) -> StatusLight:
    with ui.header(fixed=True).classes("xt-header"):
        with ui.element("a").props('href="/"').classes("xt-brand"):
            ui.label(viewer.say("console.mark")).classes("xt-mark")
            with ui.element("span"):
                ui.label(viewer.say("console.brand")).classes("xt-brand-name")
                ui.label(viewer.say("console.brand_line")).classes("xt-brand-line")
        names = viewer.say("console.and").join(viewer.name(one) for one in viewer.institutions)
        ui.label(names or viewer.say("console.no_institution")).classes("xt-institution")
        ui.element("div").classes("xt-grow")
        light = StatusLight(viewer)
        language_switch(viewer.language, ui.context.client.request.url.path)
        with ui.element("div").classes("xt-user"):
            ui.label(viewer.principal.name).classes("xt-user-name")
            roles = sorted(viewer.say(f"console.role.{role.value}") for role in viewer.principal.roles)
            ui.label(", ".join(roles)).classes("xt-user-role")
        with ui.element("form").props('method="post" action="/sign-out"'):
            leave = tag(ui.button(icon="logout").props("flat dense round type=submit size=sm"), "sign-out")
            leave.tooltip(viewer.say("console.sign_out"))
    return light


def language_switch(language: Language, path: str) -> None:
    """Two links; the chosen language is kept in the browser."""
    with ui.element("div").classes("xt-languages"):
        for one in LANGUAGES:
            link = ui.link("中文" if one == "zh-CN" else "English", f"/language/{one}?next={quote(path)}")
            link.classes("xt-language" + (" xt-chosen" if one == language else ""))


def _navigation(viewer: Viewer, path: str) -> None:
    with ui.left_drawer(value=True, fixed=True).classes("xt-nav").props("width=184 breakpoint=900"):
        for group in NAVIGATION:
            items = [item for item in group.items if viewer.may(item.permission)]
            if items:
                ui.label(viewer.say(group.key)).classes("xt-nav-group")
            for item in items:
                _entry(viewer, item, is_here=item.path == path)


def _entry(viewer: Viewer, item: NavItem, *, is_here: bool) -> None:
    with ui.link(target=item.path).classes("xt-nav-item" + (" xt-here" if is_here else "")):
        ui.icon(item.icon)
        ui.label(viewer.say(item.key))
