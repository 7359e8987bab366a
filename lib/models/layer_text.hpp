#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace eigenprop {

/// One layer of a model as a configuration writes it:
///
///     name: type number ... key=value ... [from=layer,layer]
///
/// for instance "conv1: conv 64 11 stride=4 pad=2" or "joint: concat from=relu2,relu5". Without
/// `from`, a layer takes the output of the one before it; the image is the layer "input".
struct LayerText {
  std::string name;
  std::string type;
  std::vector<double> numbers;
  std::map<std::string, std::string> keys;
  std::vector<std::string> from;

  /// The i-th number as an integer. Throws InputError that names the layer where it is missing or
  /// not an integer.
  std::int64_t integer(std::size_t i, const std::string& meaning) const;

  /// Value of a key, or `otherwise`. Throws InputError where it is not a number (an integer).
  double number(const std::string& key, double otherwise) const;
  std::int64_t integer(const std::string& key, std::int64_t otherwise) const;

  /// Throws InputError where a key is none of `known`.
  void allow_keys(const std::vector<std::string>& known) const;
};

/// Parses lines of the form above. Throws InputError with the line in question.
std::vector<LayerText> parse_layers(const std::vector<std::string>& lines);

}  // namespace eigenprop
