/* count_window.h — windows of so many rows of a key, of built-in aggregates.
 *
 *   count_window(5, 3)    rows of key 7   0  1  2 │ 3  4 │ 5 │ 6  7 │ 8 │ 9 ...
 *                         windows         [─────────────)
 *                                                 [──────────────)
 *                                                            [─────────────)
 *                         panes           └───────┴──────┴───┴──────┴───┴─
 *
 * A window is a run of panes; panes begin where a window begins or has ended, nowhere else. A row
 * goes into one state, that of the open pane of its key. The row that completes a window is where
 * its result comes, in row order: from one state if windows do not overlap, else from a total of
 * the panes (where every aggregate can subtract) or from two stacks:
 *
 *   front: pane i holds the merge of i .. last of the front      back: one merge of all behind it
 *
 * so a result costs a few merges however many panes a window has. Memory of a key: at most a state
 * per pane of a window, three more, and 64 bytes. A key whose last window ended with its last row
 * is forgotten if windows do not overlap; other keys are kept, for their rows may come any time.
 */
#ifndef FLK_COUNT_WINDOW_H_
#define FLK_COUNT_WINDOW_H_

#include <vector>

#include "flk/window_kernel.h"

namespace flk {

/* Open a kernel for one definition of kCountRows.
 *
 * layout, keys  what states are made of; the ids of rows belong to `keys`, which outlives the
 * kernel returns       kInvalid for other definitions, kNoMemory
 */
Status make_count_window(AccumulatorLayout layout, std::vector<WindowDefinition> definitions,
                         KeyMap *keys, WindowKernelPtr *out_kernel, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_COUNT_WINDOW_H_
