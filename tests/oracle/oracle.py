"""Brute-force windows over (key, ts, value) rows; watermarks[i] follows row i, MAX the last."""

MIN, MAX = -(2**63), 2**63 - 1


def time_windows(rows, watermarks, size, slide=None, offset=0, lateness=0):
    """Return [(key, start, end, values)], [late value]; no slide: sessions, size gives the gap."""
    results, late, live, now = [], [], {}, MIN
    for row, watermark in zip([*rows, None], [*watermarks, MAX], strict=True):
        if row:
            (key, ts, value), is_late = row, row[1] + lateness <= now
            width = size if slide else size(value)
            for start in range(ts - (ts - offset) % (slide or 1), ts - width, -(slide or width)):
                it, values = (repr(key), start, start + width), []
                if not slide:  # a session takes in those of its key that it overlaps or touches
                    met = [w for w in live if w[0] == it[0] and w[1] <= it[2] and it[1] <= w[2]]
                    values = [value for w in met for value in live.pop(w)[1]]
                    it = (*min([it, *met])[:2], max(w[2] for w in [it, *met]))
                if it[2] - 1 + lateness > now:
                    is_late = False
                    live.setdefault(it, (key, values))[1].append(value)
                    results += [(key, *it[1:], [*live[it][1]])] if it[2] - 1 <= now else []
            late += [value] if is_late else []
        for it in sorted(live, key=lambda window: window[2]):
            if now < it[2] - 1 <= watermark:
                results.append((live[it][0], *it[1:], [*live[it][1]]))
            if it[2] - 1 + lateness <= watermark:
                del live[it]
        now = watermark
    return results, late


def count_windows(rows, size, slide):
    """Start a window at every `slide`-th row of a key; it fires with its `size`-th row."""
    results, seen = [], {}
    for key, _, value in rows:
        seen[repr(key)] = values = [*seen.get(repr(key), []), value]
        if len(values) >= size and (len(values) - size) % slide == 0:
            results.append((key, None, None, values[-size:]))
    return results
