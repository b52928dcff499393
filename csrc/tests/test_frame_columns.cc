/* tests/kernels/test_batch_frames.py sends columns of every type; here is what it cannot see. */
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "flk/frame_columns.h"
#include "fuzz/fuzz_columns.cc"

namespace flk {
namespace {

TypePtr type_of(const char *format) {
    TypePtr type;
    EXPECT_EQ(type_from_format(format, &type, nullptr), Status::kOk);
    return type;
}

ColumnPtr longs(const std::vector<int64_t> &values) {
    Buffer buffer;
    EXPECT_EQ(buffer_allocate(static_cast<int64_t>(values.size()) * 8, &buffer, nullptr),
              Status::kOk);
    std::memcpy(buffer.bytes(), values.data(), values.size() * 8);
    ColumnPtr column;
    EXPECT_EQ(column_fixed(type_of("l"), static_cast<int64_t>(values.size()), buffer, Buffer(),
                           &column, nullptr),
              Status::kOk);
    return column;
}

ColumnPtr texts(const std::vector<std::string> &values, uint8_t valid_bits) {
    Buffer offsets;
    Buffer bytes;
    Buffer validity;
    std::string joined;
    const auto rows = static_cast<int64_t>(values.size());
    EXPECT_EQ(buffer_allocate((rows + 1) * 4, &offsets, nullptr), Status::kOk);
    for (size_t row = 0; row < values.size(); ++row) {
        offsets.as<int32_t>()[row] = static_cast<int32_t>(joined.size());
        joined += values[row];
    }
    offsets.as<int32_t>()[rows] = static_cast<int32_t>(joined.size());
    EXPECT_EQ(buffer_allocate(static_cast<int64_t>(joined.size()), &bytes, nullptr), Status::kOk);
    std::memcpy(bytes.bytes(), joined.data(), joined.size());
    EXPECT_EQ(buffer_allocate(1, &validity, nullptr), Status::kOk);
    validity.bytes()[0] = valid_bits;
    ColumnPtr column;
    EXPECT_EQ(column_bytes(type_of("u"), rows, offsets, bytes, validity, &column, nullptr),
              Status::kOk);
    return column;
}

ColumnPtr dictionary_of(const ColumnPtr &values, const std::vector<int32_t> &indices) {
    auto type = std::make_shared<Type>(*type_of("i"));
    type->id = TypeId::kDictionary;
    type->layout = Layout::kDictionary;
    type->index = TypeId::kInt32;
    type->dictionary = values->type;
    Buffer buffer;
    EXPECT_EQ(buffer_allocate(static_cast<int64_t>(indices.size()) * 4, &buffer, nullptr),
              Status::kOk);
    std::memcpy(buffer.bytes(), indices.data(), indices.size() * 4);
    auto column = std::make_shared<Column>();
    column->type = type;
    column->length = static_cast<int64_t>(indices.size());
    column->data = buffer.bytes();
    column->dictionary = values;
    column->owners.push_back(buffer.memory);
    return column;
}

struct Written {
    explicit Written(const std::vector<ColumnPtr> &columns) {
        for (const ColumnPtr &column : columns) {
            schema.columns.push_back(FrameColumn{ColumnRole::kValue, "", column->type});
        }
        const auto size = static_cast<size_t>(columns_size(columns));
        payload.resize(size);
        columns_write(columns, payload.data());
        EXPECT_EQ(frame_schema_write(schema, &announcement, nullptr), Status::kOk);
    }
    FrameSchema schema;
    std::vector<uint8_t> payload;
    std::string announcement;
};

std::vector<ColumnPtr> example() {
    const ColumnPtr words = texts({"a", "", "ccc", "dd"}, 0x0d);
    return {longs({1, -2, 3}), words, dictionary_of(words, {3, 0, 2, 2})};
}

TEST(FrameColumns, ReadColumnsLieInTheFrameAndKeepItsLease) {
    const Written written(example());
    Owner lease = std::make_shared<int>(0);
    std::vector<ColumnPtr> columns;
    Error error;
    ASSERT_EQ(
        columns_read(written.schema, written.payload.data(),
                     static_cast<int64_t>(written.payload.size()), lease, true, &columns, &error),
        Status::kOk)
        << error.message;
    ASSERT_EQ(columns.size(), 3u);
    EXPECT_EQ(columns[0]->values<int64_t>()[1], -2);
    EXPECT_GE(columns[0]->data, written.payload.data());
    EXPECT_LE(columns[0]->data, written.payload.data() + written.payload.size());
    EXPECT_EQ(columns[1]->null_count, 1);
    int64_t size = 0;
    const uint8_t *text = columns[1]->bytes_at(2, &size);
    EXPECT_EQ(std::string(text, text + size), "ccc");
    EXPECT_EQ(columns[2]->index_at(0), 3);
    EXPECT_GT(lease.use_count(), 3);
    ColumnPtr kept;
    ASSERT_EQ(column_retain(columns[2], &kept, nullptr), Status::kOk);
    EXPECT_TRUE(column_is_lent(*columns[0]));
    EXPECT_FALSE(column_is_lent(*kept));
    ColumnPtr again;
    ASSERT_EQ(column_retain(kept, &again, nullptr), Status::kOk);
    EXPECT_EQ(again, kept) << "what is ours is not copied";
    ColumnPtr row;
    ASSERT_EQ(column_slice(columns[1], 1, 1, &row, nullptr), Status::kOk);
    EXPECT_TRUE(column_is_lent(*row)) << "a part of lent memory is lent";
    row.reset();
    ArrowArray exported;
    ASSERT_EQ(column_export(columns[1], &exported, nullptr), Status::kOk);
    columns.clear();
    EXPECT_EQ(lease.use_count(), 1) << "what is retained or exported keeps nothing of the frame";
    exported.release(&exported);
    text = kept->dictionary->bytes_at(3, &size);
    EXPECT_EQ(std::string(text, text + size), "dd");
}

TEST(FrameColumns, BuffersBeginAtMultiplesOf64OfTheRing) {
    const Written written(example());
    for (size_t record = 0; record < 4; ++record) {
        int64_t words[6];
        std::memcpy(words, written.payload.data() + 32 + record * 64, sizeof(words));
        for (const int64_t at : {words[1], words[2], words[4]}) {
            EXPECT_TRUE(at == 0 || (at + 32) % 64 == 0) << at;
        }
    }
}

TEST(FrameColumns, EveryCutIsRefused) {
    const Written written(example());
    for (size_t size = 0; size < written.payload.size(); ++size) {
        std::vector<ColumnPtr> columns;
        const std::vector<uint8_t> cut(written.payload.begin(),
                                       written.payload.begin() + static_cast<int64_t>(size));
        EXPECT_EQ(columns_read(written.schema, cut.data(), static_cast<int64_t>(size), Owner(),
                               true, &columns, nullptr),
                  Status::kInvalid)
            << size;
    }
}

TEST(FrameColumns, NoBytesMakeItReadOutsideThePayload) {
    const Written written(example());
    std::vector<uint8_t> whole(8);
    const uint64_t schema_bytes = written.announcement.size();
    std::memcpy(whole.data(), &schema_bytes, sizeof(schema_bytes));
    whole.insert(whole.end(), written.announcement.begin(), written.announcement.end());
    whole.insert(whole.end(), written.payload.begin(), written.payload.end());
    std::mt19937_64 random(99);
    for (int run = 0; run < 30'000; ++run) {
        std::vector<uint8_t> input = whole;
        for (uint64_t change = random() % 4 + 1; change > 0; --change) {
            const size_t at = 8 + random() % (input.size() - 8);
            const uint64_t kind = random() % 3;
            input[at] = static_cast<uint8_t>(kind == 0   ? random()
                                             : kind == 1 ? input[at] ^ (1u << (random() % 8))
                                                         : 0xff);
        }
        if (random() % 8 == 0) {
            input.resize(8 + random() % (input.size() - 8));
        }
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
}

}  // namespace
}  // namespace flk
