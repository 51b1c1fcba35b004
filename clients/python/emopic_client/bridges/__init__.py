"""Bridges: programs between an Emopic server and what people already use.

Each is a plain client of the server. *In* come lines: `twitch`, `youtube`, `chzzk`, `files` (stdin
and JSON lines) and `llm`. *Out* go faces for 3D and 2D heads: `vmc`, `ifacialmocap` and `vts`.
They need the extra `emopic-client[bridges]`; `emopic bridge …` runs them.

Pure parts, without sockets or clocks: `gate` (which chat lines pass), `growing` (text that is
still being generated), `irc` (Twitch's messages), `shapes` (what goes out for a 3D head).
"""
