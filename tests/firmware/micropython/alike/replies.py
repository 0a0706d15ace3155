"""Wi-Fi's packets and replies, in pieces and garbled: HTTP, DNS, the time, and what a URL is made of."""

import binascii

from kickwatt import dns, sntp
from kickwatt.http import HttpError, Reply, post
from kickwatt.wifi import as_csq, split_url

BODY = b'mac\n{"v":1}\r\nOK\r\n0\r\n'
REPLIES = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nX: y\r\n\r\n" + BODY,
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\n" + BODY[:5] + b"\r\nF;a=b\r\n" + BODY[5:20] + b"\r\n0\r\n\r\n",
    b"HTTP/1.0 503 No\r\n\r\n" + BODY,
    b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFF\r\n",
    b"HTTP/1.1 204 Nothing\r\n\r\n",
    b"\xff\x00\xfe",
)


def read(data, step):
    """Return what a reply comes to that arrives in pieces of so many bytes."""
    reply = Reply(64)
    try:
        for start in range(0, len(data), step):
            if not reply.complete:
                reply.feed(data[start : start + step])
        if not reply.complete:
            reply.end()
    except HttpError as error:
        return str(error)
    return reply.status, reply.body


print(post("hub:8422", "/s1/a", b"x"))
for data in REPLIES:
    for step in (1, 7, 500):
        print(read(data, step))
print(binascii.hexlify(dns.query(4660, "hub.example")))
ANSWER = dns.query(4660, "hub.example")
ANSWER = ANSWER[:2] + b"\x81\x80\x00\x01\x00\x01" + ANSWER[8:]
ANSWER += b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\xa8\x04\x07"
for end in range(len(ANSWER) + 1):
    print(dns.address(ANSWER[:end], 4660))
for host in ("192.168.1.5", "256.1.1.1", "a.b", ""):
    print(dns.is_address(host))
NONCE = b"12345678"
print(binascii.hexlify(sntp.query(NONCE)))
for second in (0, 1_795_248_000 + 2_208_988_800, 5):
    time = bytes([second >> shift & 255 for shift in (24, 16, 8, 0)]) + bytes(4)
    print(sntp.unix_seconds(b"\x24\x02" + bytes(22) + NONCE + time + time, NONCE))
print([as_csq(dbm) for dbm in range(-130, -20, 7)])
for url in ("http://h:8422/s1/a", "https://h.example/s1/a", "http://1.2.3.4/s"):
    print(split_url(url))
