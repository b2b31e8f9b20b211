"""Who is looking: the token sealed in a cookie, the language in another; nothing is kept on the server.

The token is asked of the accounts again at every step, so a withdrawn one ends the session at once.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from cryptography.fernet import Fernet, InvalidToken
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cloud.core.access import Permission, Principal, can
from cloud.core.institution import Names
from cloud.desks.door import DoorServices
from foundation.clock import Clock
from foundation.texts import LANGUAGES, Language, load_texts

SESSION_COOKIE = "xietong_session"
LANGUAGE_COOKIE = "xietong_language"
SESSION_S = 7 * 86_400
YEAR_S = 365 * 86_400


class Seal:
    """Encrypts and authenticates the token for its stay in the browser."""

    def __init__(self, secret: str) -> None:
        if len(secret) < 16:
            raise ValueError("the console's storage secret needs at least 16 characters")
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"console session:" + secret.encode()).digest()))

    def close(self, token: str, now_ms: int) -> str:
        return self._fernet.encrypt_at_time(token.encode(), now_ms // 1000).decode()

    def open(self, cookie: str, now_ms: int) -> str | None:
        """The token; None when the cookie is forged, from another secret or older than a session may be."""
        try:
            return self._fernet.decrypt_at_time(cookie, SESSION_S, now_ms // 1000).decode()
        except (InvalidToken, ValueError):
            return None


def token_of_session(storage_secret: str, clock: Clock) -> Callable[[Mapping[str, str]], str | None]:
    """What the API needs to accept the console's sessions: from a request's cookies to the token, None without one."""
    seal = Seal(storage_secret)

    def token(cookies: Mapping[str, str]) -> str | None:
        cookie = cookies.get(SESSION_COOKIE)
        return seal.open(cookie, clock.now_ms()) if cookie else None

    return token


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person in front of one page: principal, their institutions, language, the token to ask again with."""

    token: str
    principal: Principal
    language: Language
    institutions: tuple[Names, ...] = ()

    def say(self, key: str, **values: object) -> str:
        """A text in this person's language."""
        return load_texts()(key, self.language, **values)

    def name(self, names: Names) -> str:
        return names[self.language]

    def may(self, permission: Permission) -> bool:
        return can(self.principal, permission)


def viewer_of(services: DoorServices, seal: Seal, request: Request, default: Language) -> Viewer | None:
    """Who sends this request; None without a valid session. Blocks on the ports."""
    now_ms = services.clock.now_ms()
    cookie = request.cookies.get(SESSION_COOKIE)
    token = seal.open(cookie, now_ms) if cookie else None
    principal = services.accounts.principal_of(token, now_ms) if token else None
    if token is None or principal is None:
        return None
    models = [services.institutions.model(one) for one in sorted(principal.institution_ids)]
    names = tuple(model.institution.name for model in models if model)
    return Viewer(token, principal, language_of(request, default), names)


def is_still(services: DoorServices, viewer: Viewer) -> bool:
    """Whether the viewer's token still stands for exactly the same principal. Blocks on the accounts."""
    return services.accounts.principal_of(viewer.token, services.clock.now_ms()) == viewer.principal


def language_of(request: Request, default: Language) -> Language:
    """The language chosen before, else the first one that the browser asks for and we have, else the default."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    asked = (part.partition(";")[0].strip().lower() for part in request.headers.get("accept-language", "").split(","))
    by_prefix: dict[str, Language] = {language.partition("-")[0]: language for language in LANGUAGES}
    if chosen in LANGUAGES:
        return next(language for language in LANGUAGES if language == chosen)
    return next((by_prefix[tag.partition("-")[0]] for tag in asked if tag.partition("-")[0] in by_prefix), default)


def enter(request: Request, seal: Seal, token: str, now_ms: int, target: str) -> Response:
    """Keep the token in the browser and go on to `target`."""
    response = RedirectResponse(local_path(target), status_code=303)
    _set_cookie(request, response, SESSION_COOKIE, seal.close(token, now_ms), SESSION_S)
    return response


def leave() -> Response:
    """Forget the token."""
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def choose_language(request: Request, language: Language, target: str) -> Response:
    response = RedirectResponse(local_path(target), status_code=303)
    _set_cookie(request, response, LANGUAGE_COOKIE, language, YEAR_S)
    return response


def is_from_elsewhere(request: Request) -> bool:
    """Whether another site's page caused this request: it must not decide who is signed in here."""
    return request.headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")


def local_path(target: str) -> str:
    """`target` if it is a path of this console, else the overview: nobody is sent to a foreign site."""
    is_local = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if is_local else "/"


def sign_in_address(request: Request) -> str:
    """The sign-in page that comes back to the page asked for."""
    path = request.url.path
    return "/sign-in" if path in ("/", "/home") else f"/sign-in?{urlencode({'next': path})}"


def _set_cookie(request: Request, response: Response, name: str, value: str, age_s: int) -> None:
    is_secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=age_s, httponly=True, samesite="lax", secure=is_secure)
