#include "models/layer_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <sstream>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

bool parse_number(const std::string& text, double& value) {
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && std::isfinite(value);
}

std::int64_t as_integer(double value, const std::string& what) {
  require(value == std::floor(value) && std::abs(value) < 1e15, what + " must be an integer");
  return static_cast<std::int64_t>(value);
}

LayerText parse_layer(const std::string& line) {
  const auto colon = line.find(':');
  require(colon != std::string::npos, "layer '" + line + "' is not of the form 'name: type ...'");
  LayerText layer;
  std::istringstream(line.substr(0, colon)) >> layer.name;
  std::istringstream words(line.substr(colon + 1));
  words >> layer.type;
  require(!layer.name.empty() && !layer.type.empty(),
          "layer '" + line + "' is not of the form 'name: type ...'");
  for (std::string word; words >> word;) {
    const auto equal = word.find('=');
    double value = 0;
    if (equal == std::string::npos) {
      require(parse_number(word, value),
              "layer '" + line + "': '" + word + "' is neither a number nor key=value");
      layer.numbers.push_back(value);
    } else if (word.substr(0, equal) == "from") {
      std::istringstream names(word.substr(equal + 1));
      for (std::string name; std::getline(names, name, ',');) layer.from.push_back(name);
    } else {
      layer.keys[word.substr(0, equal)] = word.substr(equal + 1);
    }
  }
  return layer;
}

}  // namespace

std::int64_t LayerText::integer(std::size_t i, const std::string& meaning) const {
  require(i < numbers.size(), "layer '" + name + "' (" + type + ") lacks its " + meaning);
  return as_integer(numbers[i], "the " + meaning + " of layer '" + name + "'");
}

double LayerText::number(const std::string& key, double otherwise) const {
  const auto found = keys.find(key);
  if (found == keys.end()) return otherwise;
  double value = 0;
  require(parse_number(found->second, value),
          "layer '" + name + "': " + key + "=" + found->second + " is not a number");
  return value;
}

std::int64_t LayerText::integer(const std::string& key, std::int64_t otherwise) const {
  return as_integer(number(key, static_cast<double>(otherwise)), "layer '" + name + "': " + key);
}

void LayerText::allow_keys(const std::vector<std::string>& known) const {
  for (const auto& [key, value] : keys) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string list;
    for (const auto& k : known) list += (list.empty() ? "" : ", ") + k;
    throw InputError("layer '" + name + "' (" + type + ") has no setting '" + key +
                     "'; it has: " + (list.empty() ? "none" : list));
  }
}

std::vector<LayerText> parse_layers(const std::vector<std::string>& lines) {
  std::vector<LayerText> layers;
  std::set<std::string> names = {"input"};
  for (const auto& line : lines) {
    auto layer = parse_layer(line);
    if (layer.from.empty()) layer.from = {layers.empty() ? "input" : layers.back().name};
    for (const auto& from : layer.from) {
      require(names.count(from) > 0,
              "layer '" + layer.name + "' takes '" + from + "', which is no layer before it");
    }
    require(names.insert(layer.name).second, "two layers of the name '" + layer.name + "'");
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace eigenprop
