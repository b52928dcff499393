"""Which instruction set the kernels use, chosen once per process.

The environment variable FLK_ISA (scalar, avx2, avx512) lowers the choice; results do not depend on
it. Importing this module raises ValueError if it is set to anything else.
"""

def in_use() -> str:
    """Name of the instruction set in use."""

def available() -> list[str]:
    """Names of those this CPU has, the plain reference first."""
