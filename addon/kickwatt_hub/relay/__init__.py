"""The way in for a hub without a public address (docs/relay.md): the hub's end of the tunnel, and the relay itself."""
