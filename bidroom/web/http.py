"""The Flask app: every blueprint, every error in one shape, every answer with its headers, and the socket."""

from __future__ import annotations

from typing import Any

from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask.json.provider import DefaultJSONProvider
from flask_socketio import SocketIO
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from bidroom import __version__, templates_folder
from bidroom.config import Settings
from bidroom.facts import Refused
from bidroom.web import (
    about,
    auth,
    bundles,
    commands,
    demo,
    errors,
    headers,
    i18n,
    login,
    prepared,
    rooms,
    tenders,
    trust,
    uploads,
)
from bidroom.web.live import Live
from bidroom.web.pages import BLUEPRINTS, page
from bidroom.web.seats import Seats, below_seats
from bidroom.web.sockets import LONGEST, NAMESPACE, RoomNamespace, Sockets

LARGEST = 3 << 20
"""Bytes of the largest request: a header of 1 MiB in base64, and its signature."""
YEAR = 365 * 24 * 3600


class Json(DefaultJSONProvider):
    """JSON as Chinese readers like to see it; what is nested without a bottom is malformed, and no fault of ours."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value; ValueError for what is none."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deep") from None


def web_app(settings: Settings) -> tuple[APIFlask, Sockets]:
    """The app without its parts: the composition root puts an `Edge` into `extensions["bidroom"]`."""
    app = APIFlask(
        "bidroom.web",
        title="bidroom",
        version=__version__,
        spec_path="/openapi.json",
        docs_path=None,
        template_folder=str(templates_folder()),
    )
    app.json = Json(app)
    app.config.update(
        SECRET_KEY=settings.secret_key(),
        MAX_CONTENT_LENGTH=LARGEST,
        MAX_FORM_MEMORY_SIZE=LARGEST,
        VALIDATION_ERROR_STATUS_CODE=400,
        SPEC_FORMAT="json",
        SEND_FILE_MAX_AGE_DEFAULT=YEAR,  # what is built is asked for by its digest
        AUTO_404_RESPONSE=False,
    )
    for blueprint in (
        about.api,
        trust.api,
        login.api,
        commands.api,
        uploads.api,
        tenders.api,
        prepared.api,
        rooms.api,
        bundles.api,
        demo.api,
    ):
        app.register_blueprint(blueprint)
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)
    i18n.install(app, settings.data / "words")
    page.register(app)
    app.error_processor(_api_error)
    errors.register(app, page.refused_page)  # after it: it sets a handler of its own for every HTTP error
    headers.register(app, over_tls=settings.cookie_secure and not settings.demo)
    app.before_request(auth.check_origin_and_token)
    app.extensions["bidroom_gate"] = auth.Gate.standard()
    return app, _with_sockets(app, settings)


def _with_sockets(app: APIFlask, settings: Settings) -> Sockets:
    socketio = SocketIO(
        app,
        async_mode=settings.async_mode,
        cors_allowed_origins=[settings.origin],
        manage_session=False,
        max_http_buffer_size=LONGEST,
        http_compression=False,
        always_connect=False,
    )
    live = app.extensions["bidroom_live"] = Live(app, socketio, NAMESPACE)
    sockets = Sockets(socketio, live)
    socketio.on_namespace(RoomNamespace(sockets))
    app.extensions["bidroom_sockets"] = sockets
    inner: Any = app.wsgi_app
    if settings.proxies:
        inner = ProxyFix(inner, x_for=settings.proxies, x_proto=0, x_host=0)
    app.wsgi_app = with_seats(app, headers.without_deflate(inner), settings)  # type: ignore[method-assign, assignment]
    return sockets


def with_seats(app: APIFlask, inner: headers.Wsgi, settings: Settings) -> headers.Wsgi:
    """A demo's seats around everything, sockets too; a server that counts has none."""
    if not settings.demo:
        return inner
    seats = app.extensions["bidroom_seats"] = Seats(settings.data)
    return below_seats(inner, seats)


def _api_error(error: HTTPError) -> BaseResponse:
    """What APIFlask found wrong with a request, as a problem like all others."""
    return errors.answer(Refused("request_malformed", field=_first_field(error.detail)))


def _first_field(detail: Any) -> str | None:
    """The first field out of {location: {field: [message, …]}}."""
    fields = [name for each in detail.values() if isinstance(each, dict) for name in each] if detail else []
    return next((str(name) for name in fields if name != "_schema"), None)
