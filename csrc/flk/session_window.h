/* session_window.h — sessions of built-in aggregates: windows that grow while rows keep coming.
 *
 *   places of key 7's sessions          home of key 7              extra 0
 *                                       ┌───────────────────┐     ┌───────────────────┐
 *   in the order of their starts:       │ [40, 58) order 12 │  ┌─►│ [90, 99) order 15 │
 *                                       │ first ─┐ next ────┼──┘  │ next ─── none     │
 *                                       │   ▲────┘  state   │     │           state   │
 *                                       └───────────────────┘     └───────────────────┘
 *
 * Nearly every key has one session, and it lives at home: a row touches one place, which holds
 * bounds and state side by side. Other sessions of a key are linked behind it. A row extends the
 * sessions it touches and makes them one; then states are merged in the order of starts.
 *
 * When to look at a key is in a TimingWheel: one entry per key with sessions, not later than what
 * is due first. Rows do not touch it, they only push ends out; when time gets to the entry the key
 * is looked at and gets another one. So a row costs the same for every gap, and a session costs one
 * look per gap that it lasts.
 *
 * Results come by the ends of windows; of one end, that session first whose bounds changed first
 * (`order`), as the timers of the general window operator have it.
 */
#ifndef FLK_SESSION_WINDOW_H_
#define FLK_SESSION_WINDOW_H_

#include <vector>

#include "flk/window_kernel.h"

namespace flk {

/* Open a kernel for one definition of kSession or kSessionOfRow.
 *
 * layout, keys  what states are made of; the ids of rows belong to `keys`, which outlives the
 * kernel returns       kInvalid for other definitions, kNoMemory
 */
Status make_session_window(AccumulatorLayout layout, std::vector<WindowDefinition> definitions,
                           KeyMap *keys, WindowKernelPtr *out_kernel, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_SESSION_WINDOW_H_
