"""How well a charge is understood, on simulated charges that nobody tuned anything on."""
