#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <vector>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

template <class Action>
std::string message_from(const Action& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return message_of(error);
  }
  return "";
}

TEST(Errors, SayThatMemoryDoesNotSuffice) {
  EXPECT_EQ(message_from([] { throw std::bad_alloc(); }), "not enough memory");
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  EXPECT_EQ(message_from([most] { std::vector<double> v(most / 4); }),
            "a size is larger than memory can be");
  // As Kokkos 4 tells it.
  EXPECT_EQ(
      message_from([] {
        throw std::runtime_error(
            "Kokkos failed to allocate memory for label \"head.weight\".  Allocation using "
            "MemorySpace named \"Host\" failed\nwith the following error:  Allocation of size "
            "96 G failed");
      }),
      "not enough memory for 'head.weight'");
  EXPECT_EQ(message_from([] { throw std::runtime_error("two\nlines"); }), "two lines");
  EXPECT_EQ(message_from([] { throw InputError("one line"); }), "one line");
}

}  // namespace
}  // namespace eigenprop
