"""Tier 3. Owns PyFlink's names of formats; may import `formats`.

Re-exports only; the classes live in `flinkette.formats`.
"""

from __future__ import annotations

__all__: list[str] = []
