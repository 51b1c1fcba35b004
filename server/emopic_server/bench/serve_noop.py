"""`python -m emopic_server.bench.serve_noop --port N`: the server with models that do nothing."""
