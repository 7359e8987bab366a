#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "runtime/error.hpp"

namespace eigenprop {

/// `count` as MPI takes it. Throws InputError where one message cannot hold as much.
inline int message_count(std::int64_t count) {
  require(
      count >= 0 && count <= std::numeric_limits<int>::max(),
      "an exchange of " + std::to_string(count) + " items exceeds what MPI counts in one message");
  return static_cast<int>(count);
}

}  // namespace eigenprop
