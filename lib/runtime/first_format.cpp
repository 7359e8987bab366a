#include "runtime/first_format.hpp"

#include <cstdlib>
#include <sstream>

#include "runtime/configuration_reader.hpp"
#include "runtime/numbers.hpp"

namespace eigenprop {
namespace {

bool is_quoted(const std::string& text) {
  return text.size() > 1 && text.front() == text.back() &&
         (text.front() == '"' || text.front() == '\'');
}

std::string without_quotes(const std::string& text) {
  return is_quoted(text) ? text.substr(1, text.size() - 2) : text;
}

std::vector<std::string> elements(const std::string& list) {
  std::vector<std::string> result;
  std::istringstream stream(list.substr(1, list.size() - 2));
  for (std::string element; std::getline(stream, element, ',');) result.push_back(element);
  return result;
}

bool is_list(const std::string& text) {
  return text.size() > 1 && text.front() == '[' && text.back() == ']';
}

// The value of one line; what cannot be understood is left to the reader of TOML.
struct Modern {
  const std::string& value;

  std::string operator()(const std::string*) const { return toml_string(without_quotes(value)); }

  std::string operator()(const bool*) const {
    const auto text = without_quotes(value);
    for (const auto* yes : {"1", "true", "on", "yes", "enable"})
      if (text == yes) return "true";
    for (const auto* no : {"0", "false", "off", "no", "disable"})
      if (text == no) return "false";
    return value;
  }

  std::string operator()(const std::int64_t*) const {
    char* end = nullptr;
    const long long number = std::strtoll(value.c_str(), &end, 0);
    return *end == '\0' ? std::to_string(number) : value;
  }

  std::string operator()(const double*) const {
    const auto number = read_number(value);
    if (!number) return value;
    const auto text = number_text(*number);
    return text.find('.') == std::string::npos && text.find('e') == std::string::npos ? text + ".0"
                                                                                      : text;
  }

  std::string operator()(const std::vector<double>*) const { return numbers<double>(); }
  std::string operator()(const std::vector<std::int64_t>*) const { return numbers<std::int64_t>(); }
  std::string operator()(const std::vector<std::string>*) const { return texts(); }
  std::string operator()(const TextList&) const { return texts(); }

  template <class T>
  std::string numbers() const {
    const auto list = without_quotes(value);
    if (!is_list(list)) return Modern{list}(static_cast<const T*>(nullptr));
    std::string text;
    for (auto element : elements(list)) {
      element.erase(0, element.find_first_not_of(' '));
      text += (text.empty() ? "" : ", ") + Modern{element}(static_cast<const T*>(nullptr));
    }
    return "[" + text + "]";
  }

  std::string texts() const {
    if (is_list(value)) return value;
    const auto inner = without_quotes(value);
    if (!is_list(inner)) return toml_string(inner);
    std::string text;
    for (const auto& element : elements(inner))
      text += (text.empty() ? "" : ", ") + toml_string(element);
    return "[" + text + "]";
  }
};

}  // namespace

std::string from_first_format(const std::string& text, const std::vector<Setting>& settings) {
  std::string modern;
  std::istringstream stream(text);
  bool first_format = true;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.front() == '[') first_format = false;
    const auto equal = line.find('=');
    const auto key = line.substr(0, equal);
    const auto* setting = first_format ? find_setting(settings, key) : nullptr;
    if (setting && equal != std::string::npos) {
      const auto value = line.substr(equal + 1);
      line = key + "=" + std::visit(Modern{value}, setting->target);
    }
    modern += line + "\n";
  }
  return modern;
}

}  // namespace eigenprop
