"""Tier 1. Owns running subtasks: operators, chains, the worker loop.

May import `connectors`, `formats`, `exchange`, `plan`, `graph`, `metrics`, `contracts`, `_native`.
Start at `worker`, then `subtask`. Invariant: nothing but `worker.park` sleeps, and no operator
holds more than one finished output batch.
"""
