"""Measurements: open-loop load on a real server over loopback, JSON out, no thresholds."""
