"""Client for an Emopic server: Korean chat lines in, a living face out."""

__version__ = "0.1.0"
