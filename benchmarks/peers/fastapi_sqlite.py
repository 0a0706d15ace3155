"""A modern server: FastAPI on uvicorn, sqlite3 in its thread pool, WAL and full synchronisation, one commit per request.

python fastapi_sqlite.py PORT DATABASE
"""

import sqlite3
import sys
import threading

from fastapi import FastAPI
from pydantic import BaseModel, Field
import uvicorn

PORT, DATABASE = int(sys.argv[1]), sys.argv[2]

app = FastAPI()
local = threading.local()


class Row(BaseModel):
    amper: int = Field(ge=0, le=1_000_000)
    data: str = Field(pattern=r"^\d\d/\d\d/\d\d,\d\d:\d\d:\d\d$")
    signal: int = Field(ge=0, le=99)
    volt: int = Field(ge=0, le=100_000)


class Body(BaseModel):
    msg: list[Row]


def connect():
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(DATABASE, timeout=30)
        local.connection.execute("PRAGMA journal_mode=WAL")
        local.connection.execute("PRAGMA synchronous=FULL")
    return local.connection


@app.post("/devices/{device}/readings", status_code=204)
def add(device: int, body: Body) -> None:
    rows = [(device, row.data, row.amper, row.volt, row.signal) for row in body.msg]
    connection = connect()
    with connection:
        connection.executemany("INSERT INTO reading VALUES (?, ?, ?, ?, ?)", rows)


if __name__ == "__main__":
    connect().execute(
        "CREATE TABLE reading (device INTEGER, data TEXT, amper INTEGER, volt INTEGER, signal INTEGER)"
    )
    uvicorn.run(app, host="127.0.0.1", port=PORT, access_log=False, log_level="warning")
