"""What the rest of the firmware knows of a modem.

A modem is anything with these task steps (`sim800` is one; an LTE modem or Wi-Fi would be another file):

* `ready()`: return when a message can be sent; bring everything up that is not.
* `signal()`: the signal as `AT+CSQ` gives it, 0..31, 99 unknown.
* `network_time()`: Unix seconds by the network's clock, or None.
* `post(url, body)`: deliver the bytes, return (HTTP status, reply body).
* `recover(failures)`: do something about the `failures`-th failure in a row; a little at first, more later.
* `idle()`: look at what the modem says on its own. Returns at once.

All but `idle` raise `ModemError`.
"""


class ModemError(Exception):
    """The message did not get through. The text says what failed, for the console; it holds no secret."""
