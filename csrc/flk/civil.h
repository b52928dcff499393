/* civil.h — days since 1970-01-01 to year, month, day and back, in the proleptic Gregorian
 * calendar. Years are counted from 1 March, so that the leap day is the last day of a year;
 * 400 of them are one era of 146,097 days. Pure; any thread. */
#ifndef FLK_CIVIL_H_
#define FLK_CIVIL_H_

#include <cstdint>

namespace flk {

struct CivilDate {
    int64_t year;
    int32_t month; /* 1 .. 12 */
    int32_t day;   /* 1 .. 31 */
};

constexpr int64_t kDaysPerEra = 146097;
constexpr int64_t kDaysToEpoch = 719468; /* from 1 March of year 0 to 1 January 1970 */

/* Quotient rounded down; divisor > 0. */
constexpr int64_t floor_div(int64_t dividend, int64_t divisor) noexcept {
    const int64_t quotient = dividend / divisor;
    return quotient - (dividend % divisor < 0 ? 1 : 0);
}

/* |days| below 2^60. */
constexpr CivilDate civil_from_days(int64_t days) noexcept {
    const int64_t shifted = days + kDaysToEpoch;
    const int64_t era = floor_div(shifted, kDaysPerEra);
    const int64_t day_of_era = shifted - era * kDaysPerEra;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t march_month = (5 * day_of_year + 2) / 153;
    const auto day = static_cast<int32_t>(day_of_year - (153 * march_month + 2) / 5 + 1);
    const auto month = static_cast<int32_t>(march_month < 10 ? march_month + 3 : march_month - 9);
    return CivilDate{era * 400 + year_of_era + (month <= 2 ? 1 : 0), month, day};
}

/* month 1 .. 12, day 1 .. 31. */
constexpr int64_t days_from_civil(int64_t year, int32_t month, int32_t day) noexcept {
    const int64_t march_year = year - (month <= 2 ? 1 : 0);
    const int64_t era = floor_div(march_year, 400);
    const int64_t year_of_era = march_year - era * 400;
    const int64_t march_month = month > 2 ? month - 3 : month + 9;
    const int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * kDaysPerEra + day_of_era - kDaysToEpoch;
}

}  // namespace flk

#endif  // FLK_CIVIL_H_
