"""Kernels of the native core, one call per batch."""
