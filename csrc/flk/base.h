/* base.h — how a kernel says what happened: Status, Error, FLK_DCHECK.
 *
 * Flow control and failure are different signs of one number: kOk is 0, "not now" is -1 and -2,
 * failures are -100 and below. No exception leaves csrc; a failed allocation is kNoMemory.
 */
#ifndef FLK_BASE_H_
#define FLK_BASE_H_

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#if defined(__GNUC__) || defined(__clang__)
#define FLK_PRINTF(format_index, first_argument) \
    __attribute__((format(printf, format_index, first_argument)))
#else
#define FLK_PRINTF(format_index, first_argument)
#endif

/* A broken promise of our own code; input from outside gets a Status instead. */
#if defined(FLK_DEBUG) && FLK_DEBUG
#define FLK_DCHECK(condition)                                                                \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            std::fprintf(stderr, "%s:%d: FLK_DCHECK(%s)\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                    \
        }                                                                                    \
    } while (false)
#else
#define FLK_DCHECK(condition) static_cast<void>(sizeof(condition))
#endif

/* Hand a failure of `expression` to the caller. */
#define FLK_RETURN_NOT_OK(expression)                   \
    do {                                                \
        const ::flk::Status flk_status_ = (expression); \
        if (flk_status_ != ::flk::Status::kOk) {        \
            return flk_status_;                         \
        }                                               \
    } while (false)

namespace flk {

enum class [[nodiscard]] Status : int {
    kOk = 0,
    kFull = -1,          /* no room now; try again after the reader moved */
    kEmpty = -2,         /* nothing to read now */
    kInvalid = -100,     /* malformed or contradictory input */
    kUnsupported = -101, /* well-formed, but nothing we handle */
    kNoMemory = -102,    /* an allocation failed */
    kOutOfRange = -103,  /* a row number or value outside its range */
    kOverflow = -104,    /* a result does not fit its type */
};

/* Text of the last failure, in memory of the caller. Everywhere an Error * is taken, nullptr is
 * allowed. The text is always terminated and cut at its size. */
struct Error {
    char message[512] = {0};
};

/* Write a printf-formatted text into `error` (may be nullptr) and return `status`. */
inline Status fail(Error *error, Status status, const char *format, ...) noexcept FLK_PRINTF(3, 4);

inline Status fail(Error *error, Status status, const char *format, ...) noexcept {
    if (error != nullptr) {
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(error->message, sizeof(error->message), format, arguments);
        va_end(arguments);
    }
    return status;
}

}  // namespace flk

#endif  // FLK_BASE_H_
