"""The pure core: no sockets, no threads, no clock. Time comes in as `now`, in seconds."""
