#include <gtest/gtest.h>

#include <algorithm>

#include "launches.hpp"
#include "linalg/row_chunks.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

#ifdef KOKKOS_ENABLE_SERIAL
using HostSpaces = testing::Types<Kokkos::DefaultHostExecutionSpace, Kokkos::Serial>;
#else
using HostSpaces = testing::Types<Kokkos::DefaultHostExecutionSpace>;
#endif

template <class Space>
class HostLoops : public testing::Test {};
// The comma: without it an argument of this macro is missing, which C++17 does not allow.
TYPED_TEST_SUITE(HostLoops, HostSpaces, );

double term(std::int64_t i) { return 1 / static_cast<double>(i + 1); }

// The sum in the order that RowChunks promises, for any number of threads.
double expected_sum(std::int64_t rows) {
  const std::int64_t size = std::max<std::int64_t>(2048, (rows + 63) / 64);
  double total = 0;
  for (std::int64_t first = 0; first < rows; first += size) {
    double part = 0;
    for (std::int64_t i = first; i < std::min(rows, first + size); ++i) part += term(i);
    total += part;
  }
  return total;
}

TYPED_TEST(HostLoops, ChunksAreSummedOnTheGivenSpaceInTheirOrder) {
  const TypeParam space;
  for (const std::int64_t rows : {std::int64_t{0}, std::int64_t{1}, std::int64_t{2048},
                                  std::int64_t{5000}, std::int64_t{300000}}) {
    const Launches launches;
    const auto sum =
        RowChunks(rows).sum(space, 1, [](std::int64_t first, std::int64_t end, double* out) {
          for (std::int64_t i = first; i < end; ++i) out[0] += term(i);
        });
    EXPECT_EQ(sum[0], expected_sum(rows)) << rows;
    EXPECT_EQ(launches.not_on(space), std::vector<std::string>());
    // One chunk is done by the caller.
    EXPECT_EQ(launches.count(), rows > 0 && rows <= 2048 ? 0U : 1U);
  }
}

TYPED_TEST(HostLoops, IndicesAreVisitedOnceOnTheGivenSpace) {
  const TypeParam space;
  std::vector<int> visits(1000, 0);
  int* data = visits.data();
  const Launches launches;
  for_each_index(space, "visit", 1000, [=](std::int64_t i) { ++data[i]; });
  space.fence();
  EXPECT_EQ(visits, std::vector<int>(1000, 1));
  EXPECT_EQ(launches.not_on(space), std::vector<std::string>());
  EXPECT_EQ(launches.count(), 1U);
}

}  // namespace
}  // namespace eigenprop
