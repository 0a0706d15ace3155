"""HTTP/1.1 as bytes: whatever pieces a reply comes in, it is the same reply; nonsense is refused, never waited for."""

import itertools

from hypothesis import given, strategies as st
import pytest

from kickwatt.http import HttpError, Reply, post

BODY = b'mac\n{"v":1}\r\n\r\nOK\r\n0\r\n'
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX: y\r\n\r\n" % len(BODY) + BODY
CHUNKED = (
    b"HTTP/1.1 409 Conflict\r\ntransfer-encoding: gzip, Chunked\r\n\r\n"
    b"5\r\n" + BODY[:5] + b"\r\n%X;ext=1\r\n" % (len(BODY) - 5) + BODY[5:] + b"\r\n"
    b"0\r\nTrailer: x\r\n\r\n"
)
UNTIL_CLOSED = b"HTTP/1.0 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n" + BODY


def read(pieces: list[bytes], limit: int = 2_048) -> Reply:
    reply = Reply(limit)
    for piece in pieces:
        if reply.complete:
            break
        reply.feed(piece)
    else:
        if not reply.complete:
            reply.end()
    return reply


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = [0, *sorted(place % (len(data) + 1) for place in at), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(places)]


def test_a_request_says_how_long_it_is_and_that_it_is_the_last() -> None:
    assert post("hub.example:8422", "/s1/a", b"hello") == (
        b"POST /s1/a HTTP/1.1\r\nHost: hub.example:8422\r\nContent-Type: text/plain\r\n"
        b"Content-Length: 5\r\nConnection: close\r\n\r\nhello"
    )


@given(
    st.sampled_from([(PLAIN, 200), (CHUNKED, 409), (UNTIL_CLOSED, 503)]),
    st.lists(st.integers(0, 400), max_size=20),
    st.booleans(),
)
def test_pieces_make_no_difference(
    reply: tuple[bytes, int], at: list[int], again: bool
) -> None:
    data, status = reply
    if again:
        data = b"HTTP/1.1 100 Continue\r\n\r\n" + data
    found = read(cut(data, at))
    assert (found.status, found.body) == (status, BODY)


def test_what_has_no_body_waits_for_none() -> None:
    reply = Reply(10)
    reply.feed(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert (reply.complete, reply.status, reply.body) == (True, 204, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2049\r\n\r\n" + b"x" * 2_049,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2_049,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFF\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 99,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 900,
        PLAIN[:-1],
        CHUNKED[:60],
        b"",
    ],
)
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(HttpError):
        read([data])


@given(st.binary(max_size=300), st.sampled_from([PLAIN, CHUNKED, UNTIL_CLOSED]))
def test_no_bytes_do_anything_else_than_a_reply_or_an_error(
    noise: bytes, reply: bytes
) -> None:
    for data in (noise, reply[: len(reply) // 2] + noise, noise + reply):
        try:
            found = read([data])
        except HttpError:
            continue
        assert len(found.body) <= 2_048
