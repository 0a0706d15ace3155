"""The whole of code.py on the VM: an order, a charge, and the cut-off."""
# ruff: noqa: PTH123, S102 - MicroPython has no pathlib, and code.py is what this is for.

import world

world.settings = {
    "KICKWATT_ID": "scooter-1",
    "KICKWATT_KEY": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "KICKWATT_URL": "http://hub.example:8422",
    "KICKWATT_APN": "internet",
}
world.clock.ends_ns = world.clock.now_ns + 1_800 * 1_000_000_000
try:
    with open("code.py") as file:
        code = file.read()
    exec(code, {"__name__": "__main__"})
except world.TheEnd:
    pass

states = []
for message in world.messages:
    if not states or states[-1] != message["state"]:
        states.append(message["state"])
assert states == ["off", "idle", "charging", "done"], states
assert [relay for _, relay in world.seen] == [False, True, False], world.seen
numbers = [sample[0] for message in world.messages for sample in message["samples"]]
assert numbers == list(range(1, len(numbers) + 1))
print(f"a whole charge: good, {len(world.messages)} messages")
