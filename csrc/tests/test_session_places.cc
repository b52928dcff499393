#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "flk/session_places.h"

namespace flk {
namespace {

TEST(SessionPlaces, AHomeHasNoSessionsAndAZeroStateAtFirstAndNeverMoves) {
    SessionPlaces places;
    places.open(16);
    ASSERT_EQ(places.ensure_homes(1), Status::kOk);
    Session *home = places.home(0);
    EXPECT_EQ(home->first, kNoPlace);
    EXPECT_EQ(home->next, kNoPlace);
    EXPECT_EQ(home->due, kNothingDue);
    ASSERT_EQ(places.ensure_homes(100'000), Status::kOk);
    EXPECT_EQ(places.home(0), home);
    EXPECT_EQ(places.at(99'999), places.home(99'999));
    for (int byte = 0; byte < 16; ++byte) {
        EXPECT_EQ(places.home(99'999)->state()[byte], 0);
    }
    EXPECT_GE(places.home_count(), 100'000u);
}

TEST(SessionPlaces, ExtraPlacesAreApartFromHomesAndReused) {
    SessionPlaces places;
    places.open(8);
    ASSERT_EQ(places.ensure_homes(64), Status::kOk);
    std::vector<uint32_t> extras;
    for (uint32_t at = 0; at < 3'000; ++at) {
        extras.push_back(places.take_extra());
        places.at(extras.back())->start = at;
    }
    const int64_t bytes = places.memory_bytes();
    for (uint32_t at = 0; at < 3'000; ++at) {
        EXPECT_NE(extras[at] & SessionPlaces::kExtra, 0u);
        EXPECT_EQ(places.at(extras[at])->start, at);
    }
    for (const uint32_t place : extras) {
        places.give_back_extra(place);
    }
    EXPECT_EQ(places.take_extra(), extras.back());
    EXPECT_EQ(places.memory_bytes(), bytes);
}

}  // namespace
}  // namespace flk
