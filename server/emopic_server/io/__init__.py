"""The shell: the only part of the server that touches sockets, threads and clocks."""
