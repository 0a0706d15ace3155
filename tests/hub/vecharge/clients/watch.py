"""watch.py URL [TRANSPORT]: the script that veCharge publishes, which prints a line of JSON for each event.

Run by an interpreter with python-socketio 4.6.1.
"""

import json
import os
import sys

import socketio

sio = socketio.Client(reconnection_delay=0.1)


def say(event, data=None):
    os.write(1, json.dumps([event, data]).encode() + b"\n")  # whole, whichever thread


@sio.event
def connect():
    say("connect")


@sio.event
def chargerConnected(data):
    say("chargerConnected", data)


@sio.event
def statusChanged(data):
    say("statusChanged", data)


@sio.event
def newLog(data):
    say("newLog", json.loads("" + data) and data)


@sio.event
def error(data):
    say("error", data)


@sio.event
def disconnect():
    say("disconnect")


try:
    sio.connect(sys.argv[1], **({"transports": sys.argv[2:]} if sys.argv[2:] else {}))
except socketio.exceptions.ConnectionError as refusal:
    say("refused", str(refusal))
else:
    sio.wait()
