"""Tier 2. Owns how a program becomes a running job: in the calling process, or on workers.

May import `cluster` and everything below. Start at `start`.
Invariant: a job that did not finish has aborted every sink before its error reaches the caller.
"""
