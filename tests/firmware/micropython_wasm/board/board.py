"""Pin names of a Pico 2."""

GP0, GP1, GP2, GP3, GP4, GP5, GP14, GP15, LED, GP26, GP27 = range(11)
