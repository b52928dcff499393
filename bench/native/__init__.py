"""The kernels and their rooflines without Python: one C++ program over `csrc/`.

`driver.py` compiles it, with the flags of a release build, and talks to it. `kernels_*.cc` name
what can be measured; `loops.h` and `flk/roofline.h` are the plain loops that say what the machine
allows.
"""
