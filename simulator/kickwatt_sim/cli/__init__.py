"""Commands of `kickwatt-sim`, one file each."""
