#include "runtime/configuration_writer.hpp"

#include <algorithm>

#include "runtime/configuration_reader.hpp"
#include "runtime/numbers.hpp"

namespace eigenprop {
namespace {

std::string toml_text(const std::string& value) { return toml_string(value); }

std::string toml_text(bool value) { return value ? "true" : "false"; }

std::string toml_text(std::int64_t value) { return std::to_string(value); }

std::string toml_text(double value) {
  const auto text = number_text(value);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

template <class T>
std::string toml_text(const std::vector<T>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + toml_text(value);
  return "[" + text + "]";
}

struct Writer {
  template <class T>
  std::string operator()(const T* target) const {
    return toml_text(*target);
  }
  std::string operator()(const TextList& list) const { return toml_text(list.write()); }
};

struct ShortWriter : Writer {
  using Writer::operator();
  std::string operator()(const std::string* target) const { return *target; }
  std::string operator()(const double* target) const { return number_text(*target); }
  std::string operator()(const std::vector<double>* target) const {
    std::string text;
    for (const double value : *target) text += (text.empty() ? "" : ", ") + number_text(value);
    return "[" + text + "]";
  }
};

std::string section_of(const std::string& key) {
  const auto dot = key.find('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

}  // namespace

std::string write_configuration(const std::vector<Setting>& settings) {
  // Keys without a section come first, as TOML wants it.
  std::vector<std::string> sections = {""};
  for (const auto& setting : settings) {
    const auto section = section_of(setting.key);
    if (std::find(sections.begin(), sections.end(), section) == sections.end())
      sections.push_back(section);
  }
  std::string text;
  for (const auto& section : sections) {
    if (!section.empty()) text += "\n[" + section + "]\n";
    for (const auto& setting : settings) {
      if (section_of(setting.key) != section) continue;
      const auto name = section.empty() ? setting.key : setting.key.substr(section.size() + 1);
      text += name + " = " + std::visit(Writer{}, setting.target) + "\n";
    }
  }
  return text;
}

std::string argument_text(const Setting& setting) {
  return std::visit(ShortWriter{}, setting.target);
}

}  // namespace eigenprop
