"""Emopic's websocket server: a pure core, a thin asyncio shell, a studio page and an overlay."""

__version__ = "0.1.0"
