"""Signing in with an account or a token, signing out, choosing the language, and the page for unknown addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import app, ui
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from cloud.console.context import Console
from cloud.console.frame import language_switch, prepare, refuse, sign_in_with
from cloud.console.session import choose_language, language_of, leave, local_path, sign_in_address, viewer_of
from cloud.desks.accounts import sign_in as sign_in_desk
from foundation.errors import DomainError
from foundation.texts import Language, load_texts


def register(console: Console) -> None:
    """Routes `/sign-in`, `/sign-out` and `/language/{language}`."""

    @ui.page("/sign-in")
    def sign_in_page(request: Request) -> None:
        _form(language_of(request, console.default_language), request)

    @app.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        form = await request.form()
        words = {name: str(form.get(name, "")).strip() for name in ("name", "password", "token", "next")}
        token = words["token"]
        if words["name"]:
            address = request.client.host if request.client else ""
            token = await asyncio.to_thread(_token_of, console, words["name"], words["password"], address)
        return await sign_in_with(console, request, token, local_path(words["next"] or "/home"))

    @app.post("/sign-out")
    def sign_out() -> Response:
        return leave()

    @app.get("/language/{language}")
    def language(request: Request, language: Language) -> Response:
        return choose_language(request, language, request.query_params.get("next", "/"))


def not_found(console: Console) -> Callable[[Request], Awaitable[Response | None]]:
    """The page for every address that nothing else answers."""

    async def page(request: Request) -> Response | None:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"detail": "Not Found"}, status_code=404)
        viewer = await asyncio.to_thread(viewer_of, console.services, console.seal, request, console.default_language)
        if viewer is None:
            return RedirectResponse(sign_in_address(request), status_code=303)
        refuse(viewer, 404)
        return None

    return page


def _token_of(console: Console, name: str, password: str, address: str) -> str:
    try:
        return sign_in_desk(console.services, name, password, address)
    except DomainError:
        return ""


def _form(language: Language, request: Request) -> None:
    texts = load_texts()
    title, product = texts("console.sign_in.title", language), texts("console.product", language)
    prepare(language, title, product)
    with ui.element("div").classes("xt-sign-in"), ui.element("div").classes("xt-sign-in-card"):
        with ui.element("div").classes("xt-brand xt-brand-large"):
            ui.label(texts("console.mark", language)).classes("xt-mark")
            with ui.element("span"):
                ui.label(texts("console.brand", language)).classes("xt-brand-name")
                ui.label(texts("console.brand_line", language)).classes("xt-brand-line")
        ui.label(texts("console.sign_in.hint", language)).classes("xt-hint")
        with ui.element("form").props('method="post" action="/sign-in"'):
            ui.element("input").props(f'type=hidden name=next value="{_target(request)}"')
            name, password = texts("console.sign_in.name", language), texts("console.sign_in.password", language)
            ui.input(name).props("outlined name=name autocomplete=username autofocus").classes("xt-wide")
            ui.input(password).props("outlined type=password name=password autocomplete=current-password").classes(
                "xt-wide"
            )
            with ui.expansion(texts("console.sign_in.token", language)).classes("xt-wide xt-quiet"):
                ui.input(texts("console.sign_in.token", language)).props(
                    "outlined dense type=password name=token autocomplete=off"
                ).classes("xt-wide")
            if request.query_params.get("wrong"):
                ui.label(texts("console.sign_in.wrong", language)).classes("xt-wrong")
            ui.button(title).props("type=submit unelevated no-caps").classes("xt-wide")
        ui.link(texts("public.link", language), "/public").classes("xt-note")
        language_switch(language, "/sign-in")


def _target(request: Request) -> str:
    target = local_path(request.query_params.get("next", "/home"))
    return target if all(char.isalnum() or char in "/-_." for char in target) else "/home"
