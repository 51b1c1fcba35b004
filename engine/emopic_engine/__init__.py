"""The models of Emopic and the code that runs them. Synchronous: no sockets, no asyncio."""

__version__ = "0.1.0"
