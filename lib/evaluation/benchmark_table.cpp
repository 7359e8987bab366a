#include "evaluation/benchmark_table.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "storage/publish.hpp"

namespace eigenprop {

double six_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return std::strtod(text, nullptr);
}

std::vector<double> extended(std::vector<double> values, std::size_t count) {
  for (double& value : values) value = six_digits(value);
  values.resize(count, values.back());
  return values;
}

std::size_t first_of_max(const std::vector<double>& v) {
  return static_cast<std::size_t>(std::max_element(v.begin(), v.end()) - v.begin());
}

std::size_t first_of_min(const std::vector<double>& v) {
  return static_cast<std::size_t>(std::min_element(v.begin(), v.end()) - v.begin());
}

std::size_t last_of_max(const std::vector<double>& v) {
  return v.size() - 1 -
         static_cast<std::size_t>(std::max_element(v.rbegin(), v.rend()) - v.rbegin());
}

void BenchmarkTable::row(const std::vector<double>& values) {
  const char* separator = "";
  for (const double value : values) {
    char number[32];
    std::snprintf(number, sizeof number, "%s%10g", separator, value);
    text_ += number;
    separator = " ";
  }
  text_ += '\n';
}

void BenchmarkTable::write(const std::string& path) const { write_file(path, text_); }

}  // namespace eigenprop
