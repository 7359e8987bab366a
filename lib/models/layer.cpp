#include "models/layer.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

std::int64_t as_integer(double value, const std::string& what) {
  require(value == std::floor(value) && std::abs(value) < 1e15, what + " must be an integer");
  return static_cast<std::int64_t>(value);
}

const LayerValue* find_key(const Layer& layer, const std::string& key) {
  const auto found = std::find_if(layer.keys.begin(), layer.keys.end(),
                                  [&](const auto& pair) { return pair.first == key; });
  return found == layer.keys.end() ? nullptr : &found->second;
}

std::string joined(const std::vector<std::string>& names, const std::string& separator) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : separator) + name;
  return list;
}

Layer parse_layer(const std::string& line) {
  const std::string what = "layer '" + line + "'";
  const auto colon = line.find(':');
  require(colon != std::string::npos, what + " is not of the form 'name: type ...'");
  Layer layer;
  std::istringstream(line.substr(0, colon)) >> layer.name;
  std::istringstream words(line.substr(colon + 1));
  words >> layer.type;
  require(!layer.name.empty() && !layer.type.empty(),
          what + " is not of the form 'name: type ...'");
  for (std::string word; words >> word;) {
    const auto equal = word.find('=');
    const auto key = word.substr(0, equal);
    if (equal == std::string::npos) {
      const LayerValue value(word);
      require(value.number.has_value(),
              what + ": '" + word + "' is neither a number nor key=value");
      layer.numbers.push_back(value);
      continue;
    }
    require(key == "from" ? layer.from.empty() : !find_key(layer, key),
            what + " has '" + key + "' twice");
    if (key == "from") {
      std::istringstream names(word.substr(equal + 1));
      for (std::string name; std::getline(names, name, ',');) layer.from.push_back(name);
      require(!layer.from.empty(), what + ": no layer behind from=");
    } else {
      layer.keys.emplace_back(key, LayerValue(word.substr(equal + 1)));
    }
  }
  return layer;
}

}  // namespace

std::int64_t Layer::integer(std::size_t i, const std::string& meaning) const {
  require(i < numbers.size(), "layer '" + name + "' (" + type + ") lacks its " + meaning);
  const auto what = "the " + meaning + " of layer '" + name + "'";
  require(numbers[i].number.has_value(), what + " must be an integer");
  return as_integer(*numbers[i].number, what);
}

double Layer::number(const std::string& key, double otherwise) const {
  const auto* found = find_key(*this, key);
  if (!found) return otherwise;
  require(found->number && std::isfinite(*found->number),
          "layer '" + name + "': " + key + "=" + found->text + " is not a finite number");
  return *found->number;
}

std::int64_t Layer::integer(const std::string& key, std::int64_t otherwise) const {
  return as_integer(number(key, static_cast<double>(otherwise)), "layer '" + name + "': " + key);
}

std::string Layer::word(const std::string& key, const std::string& otherwise) const {
  const auto* found = find_key(*this, key);
  return found ? found->text : otherwise;
}

void Layer::allow(std::size_t count, const std::vector<std::string>& known) const {
  require(numbers.size() <= count, "layer '" + name + "' (" + type + ") takes " +
                                       (count == 0 ? "no" : std::to_string(count)) +
                                       (count == 1 ? " number" : " numbers") + ", not " +
                                       std::to_string(numbers.size()));
  for (const auto& [key, value] : keys) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    throw InputError("layer '" + name + "' (" + type + ") has no setting '" + key +
                     "'; it has: " + (known.empty() ? "none" : joined(known, ", ")));
  }
}

std::vector<Layer> parse_layers(const std::vector<std::string>& lines) {
  std::vector<Layer> layers;
  layers.reserve(lines.size());
  for (const auto& line : lines) layers.push_back(parse_layer(line));
  return layers;
}

std::string layer_line(const Layer& layer) {
  std::string line = layer.name + ": " + layer.type;
  for (const auto& number : layer.numbers) line += " " + number.text;
  for (const auto& [key, value] : layer.keys) line += " " + key + "=" + value.text;
  if (!layer.from.empty()) line += " from=" + joined(layer.from, ",");
  return line;
}

std::vector<std::string> layer_lines(const std::vector<Layer>& layers) {
  std::vector<std::string> lines;
  lines.reserve(layers.size());
  for (const auto& layer : layers) lines.push_back(layer_line(layer));
  return lines;
}

std::vector<Layer> connected(std::vector<Layer> layers) {
  std::set<std::string> names = {"input"};
  std::string before = "input";
  for (auto& layer : layers) {
    if (layer.from.empty()) layer.from = {before};
    for (const auto& from : layer.from) {
      require(names.count(from) > 0,
              "layer '" + layer.name + "' takes '" + from + "', which is no layer before it");
    }
    require(names.insert(layer.name).second, "two layers of the name '" + layer.name + "'");
    before = layer.name;
  }
  return layers;
}

void declare_layers(CommandLine& line, const std::string& key, std::vector<Layer>& layers,
                    const std::string& help) {
  line.option(
      key,
      TextList{[&layers](const std::vector<std::string>& lines) { layers = parse_layers(lines); },
               [&layers] { return layer_lines(layers); }},
      help);
}

}  // namespace eigenprop
