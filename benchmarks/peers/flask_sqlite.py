"""The seed's design: Flask's development server, sqlite3, one commit per request.

python flask_sqlite.py PORT DATABASE
"""

import sqlite3
import sys

from flask import Flask, request

PORT, DATABASE = int(sys.argv[1]), sys.argv[2]

app = Flask(__name__)


@app.post("/devices/<int:device>/readings")
def add(device):
    rows = [
        (device, row["data"], int(row["amper"]), int(row["volt"]), int(row["signal"]))
        for row in request.get_json()["msg"]
    ]
    connection = sqlite3.connect(DATABASE)
    with connection:
        connection.executemany("INSERT INTO reading VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return "", 204


if __name__ == "__main__":
    connection = sqlite3.connect(DATABASE)
    connection.execute(
        "CREATE TABLE reading (device INTEGER, data TEXT, amper INTEGER, volt INTEGER, signal INTEGER)"
    )
    connection.close()
    app.run("127.0.0.1", PORT)
