#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "runtime/random.hpp"

namespace eigenprop {
namespace {

const RandomKey base{1, RandomPurpose::test, 2, 3, 4};

// Published known answer of Philox4x32-10 for counter and key zero (Random123, kat_vectors).
TEST(Random, IsPhilox) {
  const RandomStream zero(RandomKey{0, static_cast<RandomPurpose>(0), 0, 0, 0});
  EXPECT_EQ(zero.bits(0), 0x6627e8d5u);
  EXPECT_EQ(zero.bits(1), 0xe169c58du);
  EXPECT_EQ(zero.bits(2), 0xbc57ac4cu);
  EXPECT_EQ(zero.bits(3), 0x9b00dbd8u);
}

TEST(Random, EveryPartOfTheKeyMatters) {
  std::vector<RandomKey> keys(6, base);
  keys[1].seed = 9;
  keys[2].purpose = RandomPurpose::dropout;
  keys[3].step = 9;
  keys[4].sample = 9;
  keys[5].operation = 9;
  std::vector<std::uint32_t> first;
  for (const auto& key : keys) first.push_back(RandomStream(key).bits(0));
  std::sort(first.begin(), first.end());
  EXPECT_EQ(std::unique(first.begin(), first.end()), first.end());
}

TEST(Random, MomentsAreThoseOfTheDistributions) {
  const RandomStream stream(base);
  constexpr int n = 200000;
  double mean = 0, square = 0, fourth = 0, uniform = 0, uniform_square = 0;
  std::vector<int> counts(7, 0);
  for (std::uint64_t i = 0; i < n; ++i) {
    const double x = stream.normal(i);
    mean += x / n;
    square += x * x / n;
    fourth += x * x * x * x / n;
    const double u = stream.uniform(i);
    ASSERT_TRUE(u >= 0 && u < 1);
    uniform += u / n;
    uniform_square += u * u / n;
    ++counts[stream.integer(i, 7)];
  }
  // Five standard deviations of the sample means.
  EXPECT_NEAR(mean, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(square, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(fourth, 3, 5 * std::sqrt(96.0 / n));
  EXPECT_NEAR(uniform, 0.5, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(uniform_square, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / n));
  for (const int count : counts) EXPECT_NEAR(count, n / 7.0, 5 * std::sqrt(n / 7.0));
}

}  // namespace
}  // namespace eigenprop
