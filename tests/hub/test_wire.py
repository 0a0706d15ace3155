"""HTTP as devices and strangers speak it, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from hypothesis import given, settings, strategies as st
import pytest

from kickwatt_hub.api import wire
from kickwatt_hub.api.answer import Answer
from kickwatt_hub.api.wire import Request, Wire
from kickwatt_hub.ports import listen

MOST = 1000
SEEN = b"HTTP/1.1 200 OK\r\nContent-Length: "


class _Server:
    """Answers with method, path and body; a path `/wait` only when it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.requests: list[Request] = []
        self.port = 0

    async def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        if request.path == "/wait":
            await self.go.wait()
        return Answer(
            200, b"%b %b " % (request.method, request.path.encode()) + request.body
        )


@asynccontextmanager
async def _serving() -> AsyncIterator[_Server]:
    server = _Server()
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(listen("127.0.0.1", 0))
        server.port = listening.getsockname()[1]
        await Wire(server.answer, lambda _path: MOST).serve(stack, listening, 30.0)
        yield server


async def _ask(server: _Server, *pieces: bytes, ends: bool = True) -> bytes:
    """Send the pieces one by one; return all that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if ends:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), 60)
    finally:
        writer.close()


def _post(body: bytes, path: bytes = b"/x", headers: bytes = b"") -> bytes:
    head = b"POST %b HTTP/1.1\r\nHost: x\r\n%bContent-Length: %d\r\n\r\n"
    return head % (path, headers, len(body)) + body


def _answered(text: bytes, said: bytes = b"") -> bytes:
    return b"%b%d\r\n%b\r\n%b" % (SEEN, len(text), said, text)


CLOSE = b"Connection: close\r\n"


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    async with _serving() as server:
        bodies = [b"%d" % number for number in range(500)]
        asked = asyncio.create_task(
            _ask(server, _post(b"first", b"/wait"), b"".join(map(_post, bodies)))
        )
        while not server.requests:
            await asyncio.sleep(0.01)
        server.go.set()
        answers = await asked
    texts = [b"POST /wait first", *(b"POST /x " + body for body in bodies)]
    assert answers.replace(CLOSE, b"") == b"".join(map(_answered, texts))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=6))
def test_it_does_not_matter_where_the_network_cuts_a_request(cuts: list[int]) -> None:
    whole = _post(b"one") + _post(b"two", headers=b"Expect: nothing\r\n")
    chunked = b"POST /y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    whole += chunked + b"GET /z%20?a=%41 HTTP/1.1\r\nConnection: close\r\n\r\n"
    places = sorted({cut for cut in cuts if cut < len(whole)})
    pieces = [
        whole[start:stop]
        for start, stop in zip([0, *places], [*places, len(whole)], strict=True)
    ]

    async def ask() -> bytes:
        async with _serving() as server:
            return await _ask(server, *pieces, ends=False)

    assert asyncio.run(ask()) == (
        _answered(b"POST /x one")
        + _answered(b"POST /x two")
        + _answered(b"POST /y abcde")
        + _answered(b"GET /z  ", CLOSE)
    )


async def test_an_old_client_is_told_whether_the_connection_stays() -> None:
    async with _serving() as server:
        keeps = b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        answers = await _ask(server, keeps, b"GET /b HTTP/1.0\r\n\r\n", ends=False)
    assert answers == _answered(b"GET /a ", b"Connection: keep-alive\r\n") + _answered(
        b"GET /b ", CLOSE
    )


async def test_a_head_has_no_body_and_says_how_long_it_would_be() -> None:
    async with _serving() as server:
        answer = await _ask(server, b"HEAD /a HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answer == SEEN + b"8\r\n" + CLOSE + b"\r\n"


async def test_who_waits_for_a_word_before_the_body_gets_it() -> None:
    async with _serving() as server:
        request = _post(b"body", headers=b"Expect: 100-continue\r\n")
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request[:-4])
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(request[-4:])
        assert b"200 OK" in await reader.readline()
        writer.close()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (_post(b"x" * (MOST + 1)), b"413"),
        (_post(b"", headers=b"Expect: 100-continue\r\n").replace(b": 0", b": 9999"), b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ff\r\n" + b"x" * 255 + b"\r\n" + b"1\r\nx\r\n" * 800, b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: " + b"x" * 90_000, b"413"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 2 * wire.HEAD, b"431"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * wire.HEAD, b"431"),
        (b"GET /" + b"x" * 2 * wire.HEAD, b"431"),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
        (b"GET http:// HTTP/1.1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
    ],
)  # fmt: skip
async def test_what_is_too_much_or_no_http_is_refused_in_one_line(
    request_: bytes, status: bytes
) -> None:
    """However it is cut; and nobody else hears of it."""
    async with _serving() as server:
        pieces = [request_[at : at + 4000] for at in range(0, len(request_), 4000)]
        answer = await _ask(server, *pieces, ends=False)
        assert not server.requests
    assert answer.startswith(b"HTTP/1.1 " + status)
    head, _, line = answer.partition(b"\r\n\r\n")
    assert CLOSE.strip() in head
    assert len(line.splitlines()) == 1


async def test_what_was_whole_before_the_nonsense_is_answered() -> None:
    async with _serving() as server:
        answer = await _ask(server, _post(b"good") + b"\x00\x01", ends=False)
    assert answer.startswith(_answered(b"POST /x good"))
    assert b"400" in answer


async def test_a_client_that_has_said_all_still_gets_its_answer() -> None:
    """Some close their half of the connection at once."""
    async with _serving() as server:
        asked = asyncio.create_task(_ask(server, _post(b"", b"/wait")))
        while not server.requests:
            await asyncio.sleep(0.01)
        server.go.set()
        assert await asked == _answered(b"POST /wait ", CLOSE)


async def test_another_protocol_is_not_spoken() -> None:
    """The request is answered like any other, and nothing after it."""
    async with _serving() as server:
        upgrade = (
            b"GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        answer = await _ask(server, upgrade + b"\x81\x00", ends=False)
    assert answer == _answered(b"GET /a ", CLOSE)


async def test_stopping_lets_an_answer_go_out_and_closes_the_idle() -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(_serving())
        idle_reader, idle_writer = await asyncio.open_connection(
            "127.0.0.1", server.port
        )
        asked = asyncio.create_task(_ask(server, _post(b"", b"/wait"), ends=False))
        while not server.requests:
            await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_later(0.05, server.go.set)
    assert await asked == _answered(b"POST /wait ", CLOSE)
    assert await idle_reader.read() == b""
    idle_writer.close()


async def test_a_client_that_never_reads_is_not_answered_for_ever() -> None:
    """What waits for it stays bounded, and nobody else is held up."""
    async with _serving() as server:
        _, deaf = await asyncio.open_connection("127.0.0.1", server.port)
        deaf.write(_post(b"x" * 900) * 40_000)
        before, same = -1, 0
        while same < 20:  # until no more of it is answered
            assert b"POST /x other" in await _ask(server, _post(b"other"))
            taken = sum(len(request.body) == 900 for request in server.requests)
            before, same = taken, same + 1 if taken == before else 0
        assert 0 < before < 40_000
        deaf.transport.abort()
