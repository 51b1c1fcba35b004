"""Services beside the way of a line: each one interface, a local implementation, adapters."""
