"""Commands of `kickwatt-hub`, a file for each subject."""
