"""Not in the app's image, and so not in a benchmark: Socket.IO imports it wherever it is installed."""

raise ImportError("not in the app's image")
