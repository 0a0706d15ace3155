"""What the hub answers, and to whom."""
