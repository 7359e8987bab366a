#include "runtime/numbers.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace eigenprop {

std::string number_text(double value) {
  char text[32];
  for (int digits = 9; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::optional<double> read_number(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string::npos) return {};
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (*end != '\0' || !std::isfinite(value)) return {};
  const bool underflow =
      value == 0 &&
      text.substr(0, text.find_first_of("eE")).find_first_of("123456789") != std::string::npos;
  if (underflow) return {};
  return value;
}

}  // namespace eigenprop
