"""What several suites use: a small independent board, and a hub to talk to."""
