"""The things around the board: modem, meter, relay, button, charger and battery.

None of them knows the firmware. Each has plain attributes and methods through which a fault gets in.
"""
