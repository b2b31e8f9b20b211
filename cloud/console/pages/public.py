"""What everybody may see and say without signing in: the notice, the counts, a request, and what became of it."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from nicegui import app, ui
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cloud.console.components.panel import empty
from cloud.console.components.service.public_counts import counts_panel
from cloud.console.components.service.public_form import FILE_PATH, PublicForm
from cloud.console.components.service.public_notice import notice_panel, year_panel
from cloud.console.context import Console
from cloud.console.frame import language_switch, prepare
from cloud.console.session import Viewer, is_from_elsewhere, language_of
from cloud.console.views.public_board import PublicBoard, institutions_shown, read_public_board
from cloud.core.access import ANONYMOUS
from cloud.core.institution import Institution
from cloud.desks.public_requests import file_public_request
from cloud.desks.requests import RequestDraft
from cloud.services.catalogue import load_services
from cloud.services.inputs import Input
from cloud.services.rate_limit import RateLimit
from foundation.errors import DomainError
from foundation.texts import Language, load_texts

BOARD_AGE_S = 60.0
MOST_PER_ADDRESS, WINDOW_S = 60, 3600.0
"""An address may stand for a whole office behind one router."""


class PublicRequestIn(BaseModel):
    """What the form sends."""

    model_config = ConfigDict(extra="forbid")

    institution: str = Field(max_length=200)
    service: str = Field(max_length=200)
    subject: str = Field(max_length=200)
    fields: dict[str, Input] = Field({}, max_length=50)


def register(console: Console) -> None:
    """Routes `/public` and `/public/requests`; both are for everybody."""
    limit = RateLimit(MOST_PER_ADDRESS, WINDOW_S)

    @ui.page("/public")
    async def public_page(request: Request) -> None:
        viewer = Viewer("", ANONYMOUS, language_of(request, console.default_language))
        wanted = request.query_params.get("institution")
        shown = await asyncio.to_thread(institutions_shown, console.services, wanted)
        board = await asyncio.to_thread(_board, console, shown[0].institution_id) if len(shown) == 1 else None
        _frame(viewer, shown[0] if len(shown) == 1 else None)
        with ui.element("main").classes("xt-public"):
            if board is not None:
                _show(console, viewer, board)
            else:
                _choose(shown, viewer)

    @app.post(FILE_PATH)
    async def file(request: Request, wanted: PublicRequestIn) -> Response:
        language = language_of(request, console.default_language)
        address = request.client.host if request.client else "unknown"
        if is_from_elsewhere(request):
            return _refusal(DomainError("error.cross_site", 403), language, wanted.service)
        if not limit.admits(address, console.services.clock.now_ms()):
            return _refusal(DomainError("error.too_many_requests", 429), language, wanted.service)
        draft = RequestDraft(wanted.institution, wanted.service, wanted.subject, wanted.fields)
        try:
            receipt = await asyncio.to_thread(file_public_request, console.services, ANONYMOUS, draft)
        except DomainError as error:
            return _refusal(error, language, wanted.service)
        return JSONResponse({"reference": receipt.reference, "code": receipt.code}, status_code=201)


def _board(console: Console, institution_id: str) -> PublicBoard:
    """Strangers must not make the server add up a year again and again."""
    key = ("public", institution_id)
    return console.shared.get(key, BOARD_AGE_S, lambda: read_public_board(console.services, institution_id))


def _frame(viewer: Viewer, institution: Institution | None) -> None:
    """A header without navigation."""
    name = viewer.name(institution.name) if institution else ""
    prepare(viewer.language, viewer.say("public.title"), viewer.say("console.product"))
    here = "/public" + (f"?{urlencode({'institution': institution.institution_id})}" if institution else "")
    with ui.header(fixed=True).classes("xt-header"):
        with ui.element("div").classes("xt-brand"):
            ui.label(viewer.say("console.mark")).classes("xt-mark")
            with ui.element("span"):
                ui.label(viewer.say("console.brand")).classes("xt-brand-name")
                ui.label(viewer.say("console.brand_line")).classes("xt-brand-line")
        ui.label(name).classes("xt-institution")
        ui.label(viewer.say("public.title")).classes("xt-note")
        ui.element("div").classes("xt-grow")
        language_switch(viewer.language, here)


def _show(console: Console, viewer: Viewer, board: PublicBoard) -> None:
    institution_id = board.view.model.institution.institution_id
    form = PublicForm(console, viewer, institution_id)
    with ui.element("div").classes("xt-grid xt-grid-upper xt-public-upper"):
        with ui.element("div").classes("xt-stack"):
            notice_panel(board, viewer)
            year_panel(board, viewer)
        with ui.element("div").classes("xt-stack"):
            form.build()
            form.build_state()
    counts_panel(board.view.counts, console, viewer)


def _choose(shown: list[Institution], viewer: Viewer) -> None:
    """Several institutions as links, or a word that there is no such one."""
    if not shown:
        ui.context.client.status_code = 404
        empty(viewer.say("public.unknown"))
    for one in shown:
        ui.link(viewer.name(one.name), f"/public?{urlencode({'institution': one.institution_id})}")


def _refusal(error: DomainError, language: Language, code: str) -> JSONResponse:
    """Why it was not taken, with the fields by their labels."""
    facts, service = dict(error.facts), load_services().get(code)
    field = service.fields.get(str(facts.get("field"))) if service is not None else None
    if field is not None:
        facts["field"] = field.label[language]
    return JSONResponse({"message": load_texts()(error.code, language, **facts)}, status_code=error.status)
