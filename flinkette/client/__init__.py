"""Tier 2. Owns how a program becomes a running job: embedded in the calling process.

May import `runtime` and everything below. Start at `embedded`.
Invariant: a job that did not finish has aborted every sink before its error reaches the caller.
"""
