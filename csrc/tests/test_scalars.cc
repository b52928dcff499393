/* The small conversions between machine values, texts and calendars. */
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>

#include "flk/civil.h"
#include "flk/decimal.h"
#include "flk/utf8.h"

namespace flk {
namespace {

TEST(CivilTest, DaysAndDatesAreInversesAcrossTenThousandYears) {
    int64_t expected = days_from_civil(-1, 1, 1);
    for (int64_t year = -1; year <= 10000; ++year) {
        const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (int32_t month = 1; month <= 12; ++month) {
            const int32_t last = month == 2 ? (is_leap ? 29 : 28) : 30 + (month + month / 8) % 2;
            for (int32_t day : {1, last}) {
                const int64_t days = days_from_civil(year, month, day);
                const CivilDate date = civil_from_days(days);
                ASSERT_EQ(date.year, year);
                ASSERT_EQ(date.month, month);
                ASSERT_EQ(date.day, day);
                ASSERT_EQ(days, expected + day - 1);
            }
            expected += last;
        }
    }
    EXPECT_EQ(days_from_civil(1970, 1, 1), 0);
    EXPECT_EQ(floor_div(-1, 1000), -1);
}

std::string decimal_round_trip(const std::string &text, int32_t precision, int32_t scale) {
    uint8_t bytes[16];
    const Status status =
        decimal128_parse(text.data(), static_cast<int64_t>(text.size()), precision, scale, bytes);
    if (status != Status::kOk) {
        return std::to_string(static_cast<int>(status));
    }
    char out[kDecimalTextBytes];
    return std::string(out, static_cast<size_t>(decimal128_text(bytes, scale, out)));
}

TEST(DecimalTest, ParsesWhatPythonWrites) {
    EXPECT_EQ(decimal_round_trip("0", 38, 0), "0");
    EXPECT_EQ(decimal_round_trip("-1.50", 38, 2), "-150E-2");
    EXPECT_EQ(decimal_round_trip("1.5E+3", 38, 2), "150000E-2");
    EXPECT_EQ(decimal_round_trip("1E-7", 38, 18), "100000000000E-18");
    EXPECT_EQ(decimal_round_trip("0E+99", 38, 2), "0E-2");
    EXPECT_EQ(decimal_round_trip("00012300", 10, -2), "123E2");
    EXPECT_EQ(decimal_round_trip("-99999999999999999999999999999999999999", 38, 0),
              "-99999999999999999999999999999999999999");
    EXPECT_EQ(decimal_round_trip("1.0000000000000000000000000000000000000000", 38, 0), "1");
}

TEST(DecimalTest, RefusesWhatDoesNotFit) {
    const std::string overflow = std::to_string(static_cast<int>(Status::kOverflow));
    const std::string inexact = std::to_string(static_cast<int>(Status::kOutOfRange));
    const std::string invalid = std::to_string(static_cast<int>(Status::kInvalid));
    EXPECT_EQ(decimal_round_trip("1000", 5, 2), overflow);
    EXPECT_EQ(decimal_round_trip("100000000000000000000000000000000000000", 38, 0), overflow);
    EXPECT_EQ(decimal_round_trip("1E+999999999999", 38, 0), overflow);
    EXPECT_EQ(decimal_round_trip("1.005", 38, 2), inexact);
    EXPECT_EQ(decimal_round_trip("1E-999999999999", 38, 2), inexact);
    for (const char *text : {"", "-", ".", "NaN", "Infinity", "1x", "1E+x", "1.2.3", "E5"}) {
        EXPECT_EQ(decimal_round_trip(text, 38, 2), invalid) << text;
    }
}

TEST(HalfTest, ConvertsSpecialAndSubnormalValues) {
    EXPECT_EQ(half_to_double(0x3c00), 1.0);
    EXPECT_EQ(half_to_double(0xc000), -2.0);
    EXPECT_EQ(half_to_double(0x7bff), 65504.0);
    EXPECT_EQ(half_to_double(0x0001), std::ldexp(1.0, -24));
    EXPECT_TRUE(std::signbit(half_to_double(0x8000)));
    EXPECT_TRUE(std::isinf(half_to_double(0x7c00)));
    EXPECT_TRUE(std::isnan(half_to_double(0x7e00)));
}

TEST(Utf8Test, WritesEveryWidthAndRefusesSurrogates) {
    const uint8_t latin[] = {'a', 0xe9};
    const uint16_t wide[] = {'a', 0x20ac, 0x7ff};
    const uint32_t wider[] = {0x1f600, 0xffff};
    uint8_t out[16];
    ASSERT_EQ(utf8_size(latin, 1, 2), 3);
    EXPECT_EQ(std::string(out, utf8_write(latin, 1, 2, out)), "a\xc3\xa9");
    ASSERT_EQ(utf8_size(wide, 2, 3), 6);
    EXPECT_EQ(std::string(out, utf8_write(wide, 2, 3, out)), "a\xe2\x82\xac\xdf\xbf");
    ASSERT_EQ(utf8_size(wider, 4, 2), 7);
    EXPECT_EQ(std::string(out, utf8_write(wider, 4, 2, out)), "\xf0\x9f\x98\x80\xef\xbf\xbf");
    const uint16_t lone[] = {'a', 0xd800};
    EXPECT_EQ(utf8_size(lone, 2, 2), -1);
    EXPECT_EQ(utf8_size(lone, 2, 1), 1);
}

TEST(Utf8Test, FindsTheOneByteThatIsNotAscii) {
    for (int64_t size = 0; size < 20; ++size) {
        uint8_t bytes[20] = {0};
        EXPECT_TRUE(is_ascii(bytes, size));
        for (int64_t at = 0; at < size; ++at) {
            bytes[at] = 0x80;
            EXPECT_FALSE(is_ascii(bytes, size));
            bytes[at] = 0x7f;
        }
    }
}

}  // namespace
}  // namespace flk
