"""The simulated microcontroller board: pins, UARTs, flash, power, reset, and the loader that runs the firmware's files."""
