"""Tier 2. Owns worker processes and who decides what they do.

May import `runtime` and everything below. Start at `job_machine`, then `worker_process`.
Invariant: a worker never outlives its supervisor, and nothing it shared outlives both.
"""
