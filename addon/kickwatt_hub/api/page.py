"""The page: files that `addon/web` was built into, at the top of the main port.

Everything in it is addressed relative to it, so that it works below whatever path an ingress or a proxy puts before it.
"""

from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

BUILT = Path(__file__).parents[1] / "page"

NOT_BUILT = (
    "This hub has no page: run scripts/setup in a checkout of Kickwatt, which builds it, "
    "or `npm ci && npm run build` in addon/web.\n"
)

# Nothing from elsewhere, nothing in the HTML itself; uPlot's and Lit's styles are set by script, which counts as neither.
POLICY = "; ".join(
    f"{what} {source}"
    for what, source in {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        # Home Assistant's sidebar shows it in a frame of its own origin.
        "frame-ancestors": "'self'",
    }.items()
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# A file below assets/ has its content's hash in its name: another content has another name.
_FOREVER = "public, max-age=31536000, immutable"
_ASK = "no-cache"


def routes(built: Path = BUILT) -> list[web.RouteDef]:
    """Return a route for every file of a built page; one that explains itself where there is none."""
    if not (built / "index.html").is_file():
        return [web.get("/", not_built)]
    files = [each for each in sorted(built.rglob("*")) if _is_file(each)]
    return [
        web.get("/", _sender(built / "index.html", _ASK)),
        *(
            web.get(f"/{path}", _sender(built / path, _age(path)))
            for path in (each.relative_to(built).as_posix() for each in files)
        ),
    ]


async def not_built(request: web.Request) -> web.Response:
    """Say how to get a page."""
    return web.Response(status=404, text=NOT_BUILT)


def _is_file(path: Path) -> bool:
    # Their compressed forms are sent under the name of the plain ones, to whoever takes them.
    return path.is_file() and path.suffix not in {".br", ".gz"}


def _age(path: str) -> str:
    return _FOREVER if path.startswith("assets/") else _ASK


def _sender(path: Path, age: str) -> Handler:
    headers = {**_HEADERS, "Cache-Control": age}

    async def send(request: web.Request) -> web.FileResponse:
        return web.FileResponse(path, headers=headers)

    return send
