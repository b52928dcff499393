"""Tier 2. Owns worker processes, task managers and JobManagers, and who decides what they do.

May import `runtime` and everything below. A decision is a pure machine in a file `*_machine.py`: no
socket, thread, clock or random number; the shells beside them carry out what they say. Inside one
job start at `job_machine`, then `worker_process`; across jobs and hosts at `dispatcher_machine`
(jobs), then `resource_manager_machine` (all slots) and `task_manager_machine` (one host).
Invariants: a worker never outlives its supervisor, and nothing it shared outlives both; a slot is
held by at most one job attempt.
"""
