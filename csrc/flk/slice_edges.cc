#include "flk/slice_edges.h"

#include <cinttypes>

namespace flk {

SliceEdges::SliceEdges(const std::vector<WindowDefinition> &definitions) {
    for (const WindowDefinition &definition : definitions) {
        spans_.emplace_back(definition);
    }
    /* The finest edges are the only ones if all others fall on them. */
    const WindowSpans *finest = &spans_.front();
    for (const WindowSpans &spans : spans_) {
        finest = spans.step() < finest->step() ? &spans : finest;
    }
    period_ = finest->step();
    for (const WindowSpans &spans : spans_) {
        for (const int64_t phase : {spans.start_phase(), spans.end_phase()}) {
            if (spans.step() % finest->step() != 0 ||
                (phase - finest->start_phase()) % finest->step() != 0) {
                period_ = 0;
            }
        }
    }
}

Status check_sliced_window(const WindowDefinition &definition, Error *error) noexcept {
    const bool has_slide = definition.shape != WindowShape::kTumbling;
    if (definition.shape != WindowShape::kTumbling && definition.shape != WindowShape::kSliding &&
        definition.shape != WindowShape::kCumulative) {
        return fail(error, Status::kInvalid,
                    "windows of shape %d do not lie at fixed times and cannot be cut into slices",
                    static_cast<int>(definition.shape));
    }
    if (definition.size <= 0 || (has_slide && definition.slide <= 0)) {
        return fail(error, Status::kInvalid,
                    "a window needs a size and a slide above 0 ms, got %" PRId64 " and %" PRId64,
                    definition.size, definition.slide);
    }
    if (definition.size > kLargestSpan || definition.slide > kLargestSpan ||
        definition.offset > kLargestSpan || definition.offset < -kLargestSpan) {
        return fail(error, Status::kInvalid,
                    "size, slide and offset of a window are at most 2**60 ms, got %" PRId64
                    ", %" PRId64 " and %" PRId64,
                    definition.size, definition.slide, definition.offset);
    }
    if (definition.lateness < 0) {
        return fail(error, Status::kInvalid, "a window's lateness is at least 0 ms, got %" PRId64,
                    definition.lateness);
    }
    if (definition.shape == WindowShape::kCumulative && definition.size % definition.slide != 0) {
        return fail(error, Status::kInvalid,
                    "the size of cumulative windows is a multiple of their step, got %" PRId64
                    " ms and %" PRId64 " ms",
                    definition.size, definition.slide);
    }
    return Status::kOk;
}

}  // namespace flk
