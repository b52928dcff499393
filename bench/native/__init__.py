"""The kernels and their rooflines without Python: one C++ program over `csrc/`.

`driver.py` compiles it, with the flags of a release build, and talks to it. `roofline.cc` has the
plain loops that say what the machine allows; `kernels_*.cc` name what can be measured.
"""
