"""The demo: a hub, a simulated scooter and a real Home Assistant, on this machine, for as long as you look."""
