"""Synthetic faces: rendered people with exact expressions and exact optical flow."""
