#pragma once

#include <string>
#include <vector>

namespace eigenprop {

/// What is left of a number after one of the benchmark's text files, which hold '%10g'.
double six_digits(double value);

/// The last value again, until there are `count`; all after a text file.
std::vector<double> extended(std::vector<double> values, std::size_t count);

/// Places of extrema: MATLAB's max and min return the first of equal values; find(x == max(x)) then
/// ends with the last.
std::size_t first_of_max(const std::vector<double>& values);
std::size_t first_of_min(const std::vector<double>& values);
std::size_t last_of_max(const std::vector<double>& values);

/// A text file of the benchmark: numbers in '%10g', separated by blanks.
class BenchmarkTable {
 public:
  void row(const std::vector<double>& values);
  /// In one step (publish.hpp); throws InputError.
  void write(const std::string& path) const;

 private:
  std::string text_;
};

}  // namespace eigenprop
