/* slice_edges.h — where time is cut for windows: at their starts and ends, nowhere else.
 *
 *   sliding, size 5, slide 3          edges: starts 0 3 6 9, ends 5 8 11
 *
 *   0     3   5 6   8 9   11          a slice lies between two edges, so each window is a row of
 *   ├─────┴───┤ │   │ │    │          whole slices, and all times of a slice have the same windows
 *         ├─────┴───┤ │    │
 *               ├─────┴────┤
 *
 * Edges are one or two residue classes per definition; never multiples of a common divisor: 1 h
 * windows every 59 min 59.999 s have two slices a window, not 3.6 million. Times near the ends of
 * int64 saturate. Pure functions; any thread.
 */
#ifndef FLK_SLICE_EDGES_H_
#define FLK_SLICE_EDGES_H_

#include <cstdint>
#include <vector>

#include "flk/base.h"
#include "flk/window_kernel.h"

namespace flk {

inline constexpr int64_t kTimeMax = INT64_MAX;
inline constexpr int64_t kTimeMin = INT64_MIN;

/* Sizes, slides and offsets are at most this. */
inline constexpr int64_t kLargestSpan = int64_t{1} << 60;

/* left + right, stopping at the ends of int64. */
inline int64_t saturating_add(int64_t left, int64_t right) noexcept {
    int64_t sum = 0;
    if (__builtin_add_overflow(left, right, &sum)) {
        return right > 0 ? kTimeMax : kTimeMin;
    }
    return sum;
}

/* The largest k period + phase that is not above `time`; period > 0. */
inline int64_t floor_edge(int64_t time, int64_t period, int64_t phase) noexcept {
    int64_t distance = 0;
    if (__builtin_sub_overflow(time, phase, &distance)) {
        return phase < 0 ? kTimeMax - period : kTimeMin;
    }
    const int64_t remainder = distance % period;
    return saturating_add(time, -(remainder < 0 ? remainder + period : remainder));
}

struct SliceBounds {
    int64_t start;
    int64_t end;
};

/* The windows of one definition, as far as time goes. */
class WindowSpans {
  public:
    explicit WindowSpans(const WindowDefinition &definition) noexcept
        : shape_(definition.shape),
          size_(definition.size),
          step_(definition.shape == WindowShape::kTumbling ? definition.size : definition.slide),
          offset_(definition.offset) {}

    /* Distance of the ends of two windows that follow each other in the same cycle. */
    int64_t step() const noexcept { return step_; }

    /* Edges lie at multiples of step() plus these. */
    int64_t start_phase() const noexcept { return offset_; }
    int64_t end_phase() const noexcept {
        return shape_ == WindowShape::kSliding ? offset_ + size_ % step_ : offset_;
    }

    /* Bounds of the slice of `time` as this definition alone cuts it. */
    SliceBounds slice_of(int64_t time) const noexcept {
        const int64_t start = floor_edge(time, step_, offset_);
        SliceBounds bounds{start, saturating_add(start, step_)};
        if (shape_ == WindowShape::kSliding) {
            const int64_t ended = floor_edge(time, step_, offset_ + size_ % step_);
            const int64_t next = saturating_add(ended, step_);
            bounds.start = ended > bounds.start ? ended : bounds.start;
            bounds.end = next < bounds.end ? next : bounds.end;
        }
        return bounds;
    }

    /* End of the last window that holds `time`, and of the first; both are kTimeMin if `time` lies
     * between two windows. */
    int64_t last_end(int64_t time) const noexcept {
        const int64_t end = bound_of_ends(time);
        return end > time || end == kTimeMax ? end : kTimeMin;
    }
    int64_t first_end(int64_t time) const noexcept {
        if (shape_ == WindowShape::kSliding) {
            /* the first end above `time` */
            const int64_t end =
                saturating_add(floor_edge(time, step_, offset_ + size_ % step_), step_);
            return start_of(end) <= time ? end : kTimeMin;
        }
        return saturating_add(floor_edge(time, step_, offset_), step_);
    }

    /* End of the first window that holds `time` and ends after `after`; kTimeMin if there is none.
     */
    int64_t next_end(int64_t time, int64_t after) const noexcept {
        int64_t end = first_end(time);
        if (end == kTimeMin || end > after) {
            return end;
        }
        const int64_t phase = shape_ == WindowShape::kSliding ? size_ % step_ : 0;
        end = saturating_add(floor_edge(after, step_, offset_ + phase), step_);
        return end > after && end <= last_end(time) ? end : kTimeMin;
    }

    /* A bound of the ends of windows that hold `time`; ascends with it, also between windows. */
    int64_t bound_of_ends(int64_t time) const noexcept {
        const int64_t cycle = shape_ == WindowShape::kSliding ? step_ : size_;
        return saturating_add(floor_edge(time, cycle, offset_), size_);
    }

    /* Start of the window that ends at `end`. */
    int64_t start_of(int64_t end) const noexcept {
        if (shape_ == WindowShape::kCumulative) {
            return floor_edge(saturating_add(end, -1), size_, offset_);
        }
        return saturating_add(end, -size_);
    }

  private:
    WindowShape shape_;
    int64_t size_;
    int64_t step_;
    int64_t offset_;
};

/* The slices of several definitions together. */
class SliceEdges {
  public:
    /* May throw std::bad_alloc. */
    explicit SliceEdges(const std::vector<WindowDefinition> &definitions);

    const std::vector<WindowSpans> &spans() const noexcept { return spans_; }

    /* Distance of all edges if they lie at multiples of it plus one offset, else 0. */
    int64_t period() const noexcept { return period_; }

    SliceBounds slice_of(int64_t time) const noexcept {
        SliceBounds bounds = spans_.front().slice_of(time);
        for (std::size_t at = 1; at < spans_.size(); ++at) {
            const SliceBounds other = spans_[at].slice_of(time);
            bounds.start = other.start > bounds.start ? other.start : bounds.start;
            bounds.end = other.end < bounds.end ? other.end : bounds.end;
        }
        return bounds;
    }

  private:
    std::vector<WindowSpans> spans_;
    int64_t period_ = 0;
};

/* What a definition needs to be cut into slices. kInvalid with the reason. */
Status check_sliced_window(const WindowDefinition &definition, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_SLICE_EDGES_H_
