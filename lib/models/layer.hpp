#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/command_line.hpp"
#include "runtime/numbers.hpp"

namespace eigenprop {

/// A value in a layer: a number with all its digits, or a word like "log"; and how it is spelled in
/// configurations and in the line that identifies a model.
struct LayerValue {
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  LayerValue(T value)
      : number(static_cast<double>(value)), text(number_text(static_cast<double>(value))) {}
  LayerValue(double value, std::string spelling) : number(value), text(std::move(spelling)) {}
  /// Of what a user wrote: a number where it is one to read_number().
  explicit LayerValue(const std::string& spelling)
      : number(read_number(spelling)), text(spelling) {}

  std::optional<double> number;
  std::string text;
};

/// One layer of a model. Users write
///
///     name: type number ... key=value ... [from=layer,layer]
///
/// for instance "conv1: conv 64 11 stride=4 pad=2" or "joint: concat from=relu2,relu5". Without
/// `from`, a layer takes the output of the one before it; the image is the layer "input".
struct Layer {
  std::string name;
  std::string type;
  std::vector<LayerValue> numbers = {};
  std::vector<std::pair<std::string, LayerValue>> keys = {};
  std::vector<std::string> from = {};

  /// The i-th number as an integer. Throws InputError that names the layer where it is missing or
  /// not an integer.
  std::int64_t integer(std::size_t i, const std::string& meaning) const;

  /// Value of a key, or `otherwise`. Throws InputError where it is not a finite number (an
  /// integer).
  double number(const std::string& key, double otherwise) const;
  std::int64_t integer(const std::string& key, std::int64_t otherwise) const;

  /// Spelling of a key's value, or `otherwise`.
  std::string word(const std::string& key, const std::string& otherwise) const;

  /// Throws InputError where there are more numbers than `count`, or a key that is none of `known`.
  void allow(std::size_t count, const std::vector<std::string>& known) const;
};

/// Parses lines of the form above. Throws InputError with the line in question, also for a key that
/// is given twice.
std::vector<Layer> parse_layers(const std::vector<std::string>& lines);

/// The line of a layer; parse_layers() of it gives the same layer to the last bit.
std::string layer_line(const Layer& layer);
std::vector<std::string> layer_lines(const std::vector<Layer>& layers);

/// The layers with `from` filled in where it is left out. Throws InputError where one is taken that
/// is not before the layer, and for two of one name.
std::vector<Layer> connected(std::vector<Layer> layers);

/// Adds the key of a list of layers, which is parsed where it is read.
void declare_layers(CommandLine& line, const std::string& key, std::vector<Layer>& layers,
                    const std::string& help);

}  // namespace eigenprop
