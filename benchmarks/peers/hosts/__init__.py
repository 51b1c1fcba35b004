"""One file a host; each is run in an environment that has it, with the port as its argument."""
