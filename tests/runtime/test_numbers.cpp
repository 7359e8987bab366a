#include <gtest/gtest.h>

#include <limits>

#include "runtime/numbers.hpp"

namespace eigenprop {
namespace {

TEST(Numbers, ReadBackToTheLastBit) {
  for (const double value :
       {0.1, 1.0 / 3, 4e-7, 1e22, 5e-324, 60.0, 123456789.0, std::numeric_limits<double>::max()}) {
    EXPECT_EQ(read_number(number_text(value)), value) << number_text(value);
    EXPECT_EQ(read_number(number_text(-value)), -value);
  }
}

TEST(Numbers, AreShortWhereNineDigitsAreEnough) {
  EXPECT_EQ(number_text(60), "60");
  EXPECT_EQ(number_text(0.0784), "0.0784");
  EXPECT_EQ(number_text(4e-7), "4e-07");
  EXPECT_EQ(number_text(1.0 / 3), "0.3333333333333333");
}

TEST(Numbers, NothingElseIsOne) {
  for (const char* text : {"", " 1", "1 ", "0,5", "1_0", "0x10", "inf", "nan", "-inf", "1e400",
                           "-1e400", "1e-400", "1e", "e5", "-", ".", "1.2.3", "1f"})
    EXPECT_FALSE(read_number(text)) << text;
  EXPECT_EQ(read_number("0e-400"), 0);
  EXPECT_EQ(read_number("-.5"), -0.5);
}

}  // namespace
}  // namespace eigenprop
