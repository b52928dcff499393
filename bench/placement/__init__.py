"""Placing slots on workers: how near to the best, and how fast."""
