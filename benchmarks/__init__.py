"""What Kickwatt can do, measured beside what others can do: `python -m benchmarks`."""
