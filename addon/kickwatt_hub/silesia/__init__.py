"""Moving over from the Silesia energy monitoring system: what it knows, wherever that is read from, and how it is taken."""
