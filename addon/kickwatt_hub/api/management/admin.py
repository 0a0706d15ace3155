"""`/admin/*`: everybody's locations and hosts, users, and what meters there are."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from ...model import Scope
from ...store import AlreadyThereError
from ...store.accounts import Member
from ..context import CONTEXT, PRINCIPAL
from . import bodies, people, things
from .callers import administrator
from .refusals import Refusal, answer, error
from .things import Thing

type Handler = Callable[[web.Request], Awaitable[web.Response]]

# path, what it lists, and the status for one that was added: the contract has 200 for hosts
_THINGS = (
    ("/admin/locations", things.LOCATION, 201),
    ("/admin/meters", things.METER, 201),
    ("/admin/measurements", things.MEASUREMENT, 201),
    ("/admin/registers", things.REGISTER, 201),
    ("/admin/hosts", things.HOST, 200),
)


def routes() -> list[web.RouteDef]:
    """Return the calls."""
    found = [
        web.get("/admin/users", administrator(list_users)),
        web.post("/admin/users", administrator(add_user)),
        web.get("/admin/users/{id}", administrator(get_user)),
        web.patch("/admin/users/{id}", administrator(change_user)),
        web.delete("/admin/users/{id}", administrator(remove_user)),
    ]
    for path, thing, added in _THINGS:
        one = path + "/{id}"
        found += [
            web.get(path, administrator(_lister(thing))),
            web.post(path, administrator(_adder(thing, added))),
            web.get(one, administrator(_getter(thing))),
            web.patch(one, administrator(_changer(thing))),
            web.delete(one, administrator(_remover(thing))),
        ]
    return found


def _lister(thing: Thing) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return await things.listed(request, thing.kind, {})

    return handler


def _adder(thing: Thing, status: int) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        added = await things.add(request, thing, await bodies.json(request))
        return answer(status, thing.show(added))

    return handler


def _getter(thing: Thing) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return answer(200, thing.show(await things.named(request, thing)))

    return handler


def _changer(thing: Thing) -> Handler:
    # A measurement's name is its key: whoever wants another one adds another measurement.
    wanted = {
        name: each for name, each in thing.fields.items() if name != thing.kind.key
    }

    async def handler(request: web.Request) -> web.Response:
        row = await things.named(request, thing)
        changes = await bodies.read(request, wanted, partial=True)
        return answer(
            200, thing.show(await things.change(request, thing, row, changes))
        )

    return handler


def _remover(thing: Thing) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return await things.removed(request, thing, await things.named(request, thing))

    return handler


# --- users -------------------------------------------------------------------------------------------------------------


async def list_users(request: web.Request) -> web.Response:
    """Everybody."""
    members = await request.app[CONTEXT].store.accounts.members(*things.page(request))
    return answer(200, [people.shown(member) for member in members])


async def add_user(request: web.Request) -> web.Response:
    """Make an account, also where registration is closed."""
    return answer(201, people.shown(await people.add_member(request, Scope.own)))


async def get_user(request: web.Request) -> web.Response:
    """One user."""
    return answer(200, people.shown(await _member(request)))


async def change_user(request: web.Request) -> web.Response:
    """Give a user another address or password."""
    hub, member = request.app[CONTEXT], await _member(request)
    body = await bodies.read(request, bodies.USER_CHANGE, partial=True)
    email, password = body.get("email"), body.get("password")
    try:
        await hub.store.accounts.change_user(
            member.id,
            None if email is None else str(email),
            None if password is None else await hub.passwords.hash(str(password)),
        )
    except AlreadyThereError:
        raise Refusal(
            400, {"email": ["A user with that email already exists."]}
        ) from None
    await hub.access.load()
    return answer(200, people.shown(await _member(request)))


async def remove_user(request: web.Request) -> web.Response:
    """Remove a user with everything that is theirs; nobody removes themselves."""
    hub, member = request.app[CONTEXT], await _member(request)
    if member.id == request[PRINCIPAL].user_pk:
        raise error(409, "This is your own account")
    await hub.store.accounts.remove_user(member.user.name)
    await hub.access.load()
    return answer(200, {"info": f"User with id {member.id} has been deleted"})


async def _member(request: web.Request) -> Member:
    asked = things.asked_for(request)
    member = None
    if asked.isascii() and asked.isdecimal():
        member = await request.app[CONTEXT].store.accounts.member(int(asked))
    if member is None:
        raise error(404, f"User with id {asked} does not exist")
    return member
