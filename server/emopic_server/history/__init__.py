"""The history: what lines meant over time, in a database. `io.history` writes it, beside the line's
way; everything here blocks and knows no event loop.
"""
