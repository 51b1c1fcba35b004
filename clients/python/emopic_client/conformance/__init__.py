"""The conformance kit: a scripted server that shows where a client breaks the protocol.

`docs/clients/conformance.md` says how a client under test is driven. `scenarios` holds what is
played, `stage` the server that plays it, `driver` the client's adapter process, and `adapter` the
adapter of this package's own client.
"""
