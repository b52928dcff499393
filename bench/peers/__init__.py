"""The same jobs on other engines, measured in turns with ours.

`engines/` holds one script per engine. Each runs in a process of its own, makes the job's rows, and
answers commands line by line (`engines/serving.py`); `timely/` is the same in Rust. `registry.py`
lists them, with where they may run and how many rows they get; `child.py` talks to one;
`compare.py` checks results against numpy, then times pairs: ours, theirs, ours, theirs.

What is not installed is skipped, with the reason. `FLK_FLINK_PYTHON` names an interpreter that has
PyFlink, `FLK_PEER_PYTHON` one that has Bytewax and Pathway, where ours has not.
"""
