"""Benchmarks: kernels alone (`micro`) and whole programs (`pipelines`), each checked, then timed.

`pytest bench --benchmark-disable` checks the results only; `python -m bench report` times all and
writes `results/REPORT.md`. A figure that depends on the machine is never asserted: whatever is
compared runs side by side in one process, in turns, and the figure is the ratio.
"""
