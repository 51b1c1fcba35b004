"""Where the engine runs: in a thread of ours, or in processes of its own that are watched."""
