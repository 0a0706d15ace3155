"""Energy meters: which there are, what they say at the moment, and what that comes to at a site."""
