"""Instructions per row of the kernels: the same figure on a busy machine as on an idle one.

`baseline.json` holds what was counted last; the test fails when a kernel needs a tenth more.
`python -m bench instructions --update` counts again and writes the file, to be committed with
the change that explains it.
"""
