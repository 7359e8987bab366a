#pragma once

#include <cstdint>
#include <cstring>

#include <Kokkos_Core.hpp>

namespace eigenprop {

/// exp(x) for x <= 0, to 2 units in the last place where the result is at least 3e-308, else 0.
/// Free of branches and calls, so that a loop over it becomes vector instructions; several times
/// faster than std::exp there. NaN gives NaN. Cody and Waite's reduction and the Taylor polynomial
/// of degree 13 on |r| <= ln(2)/2.
KOKKOS_INLINE_FUNCTION double exponential_of_nonpositive(double x) {
  constexpr double least = -708;  // exp(-708) is the last power that is no denormal number
  // Adding it moves the integer part into the lowest bits.
  constexpr double shift = 6755399441055744.0;
  const double clamped = x < least ? least : x;
  double power = clamped * 1.4426950408889634 + shift;
  std::int64_t exponent = 0;
  std::memcpy(&exponent, &power, sizeof exponent);
  power -= shift;
  // ln 2 in two parts, the first with zeros at its end: the products are exact.
  const double r =
      clamped - power * 6.93147180369123816490e-01 - power * 1.90821492927058770002e-10;
  double sum = 1.0 / 6227020800.0;
  sum = sum * r + 1.0 / 479001600.0;
  sum = sum * r + 1.0 / 39916800.0;
  sum = sum * r + 1.0 / 3628800.0;
  sum = sum * r + 1.0 / 362880.0;
  sum = sum * r + 1.0 / 40320.0;
  sum = sum * r + 1.0 / 5040.0;
  sum = sum * r + 1.0 / 720.0;
  sum = sum * r + 1.0 / 120.0;
  sum = sum * r + 1.0 / 24.0;
  sum = sum * r + 1.0 / 6.0;
  sum = sum * r + 0.5;
  const double mantissa = sum * r * r + r + 1.0;
  std::int64_t bits = 0;
  std::memcpy(&bits, &mantissa, sizeof bits);
  bits += static_cast<std::int64_t>(static_cast<std::uint64_t>(exponent) << 52);
  double result = 0;
  std::memcpy(&result, &bits, sizeof result);
  return x < least ? 0.0 : result;
}

}  // namespace eigenprop
