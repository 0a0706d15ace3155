"""The brain: what the readings of one charger mean.

Everything here is pure. Readings and settings go in, new values and events come out; time comes in with the reading,
and nothing reads a clock, a file or a network. The same code therefore runs live, over history and over simulated
charges, and late readings are handled by running it again over all of them in order.
"""
