"""Tier 3. Owns what user code implements or passes; may import `flinkette._native` alone.

Types (`typeinfo`), time (`time`, `watermark_strategy`), functions (`functions`), windows and
triggers (`window`), state (`state`), options (`config`, `options`), errors (`errors`), jobs (`job`)
and the connector protocols (`source`, `sink`). Users meet these names through the facades
`flinkette.common` and `flinkette.datastream`. Start reading at `functions`. Invariant: importing
any module here does no work and loads no third-party package.
"""

from __future__ import annotations

__all__: list[str] = []
