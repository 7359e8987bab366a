#pragma once

#include <optional>
#include <string>

namespace eigenprop {

/// Text that reads back as `value` to the last bit, with 9 digits where they are enough: "0.1",
/// "4e-07", "0.33333333333333331".
std::string number_text(double value);

/// `value` to three digits, for messages.
std::string short_number(double value);

/// The decimal number that is the whole of `text`: a sign, digits with a point, an exponent.
/// Nothing for all else, such as inf, nan, 0x10 and 1_0, and for what a double cannot hold: 1e400,
/// and 1e-400, which would be 0.
std::optional<double> read_number(const std::string& text);

}  // namespace eigenprop
