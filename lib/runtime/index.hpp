#pragma once

#include <cstddef>
#include <cstdint>

namespace eigenprop {

/// A count or an offset, signed everywhere here, as a subscript of the standard containers.
constexpr std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace eigenprop
