#include "runtime/configuration_reader.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <sstream>

// In this file only, so that nobody needs toml++ who links with the library.
#define TOML_HEADER_ONLY 1
// Its assertions would end a debug build where it reports what it was given ("[" alone in a line).
#define TOML_ASSERT(...) static_assert(true)
#include <toml++/toml.h>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {};

std::string kind_of(const std::string*) { return "a text in quotes"; }
std::string kind_of(const bool*) { return "true or false"; }
std::string kind_of(const std::int64_t*) { return "an integer of 64 bits"; }
std::string kind_of(const double*) { return "a finite number"; }
std::string kind_of(const std::vector<std::string>*) { return "a list of texts in quotes"; }
std::string kind_of(const std::vector<std::int64_t>*) { return "a list of integers of 64 bits"; }
std::string kind_of(const std::vector<double>*) { return "a list of finite numbers"; }

// A text that is read, and how its places are told.
class Origin {
 public:
  Origin(const std::string& text, std::string where, bool of_lines)
      : where_(std::move(where)), of_lines_(of_lines) {
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines_.push_back(line);
  }

  std::string place(const toml::source_region& region) const {
    return of_lines_ ? where_ + ", line " + std::to_string(region.begin.line) : where_;
  }

  // What stands there, up to the end of its first line.
  std::string excerpt(const toml::source_region& region) const {
    if (region.begin.line == 0 || region.begin.line > lines_.size()) return "";
    const auto& line = lines_[region.begin.line - 1];
    const bool whole = region.end.line == region.begin.line;
    const auto begin = byte_of(line, region.begin.column);
    const auto end = whole ? byte_of(line, region.end.column) : line.size();
    return line.substr(begin, end - begin) + (whole ? "" : " ...");
  }

  // The key that the parser was at: the last one that was begun in or above the line.
  std::string key_at(std::size_t line) const {
    std::string section, key;
    for (std::size_t i = 0; i < std::min(line, lines_.size()); ++i) {
      const auto text = without_blanks(lines_[i]);
      const auto equal = text.find('=');
      const auto name = without_blanks(text.substr(0, equal));
      const auto header = text.substr(0, 1) == "[" ? text.substr(1, text.find(']') - 1) : "";
      if (is_bare_key(header)) {
        section = header;
        key.clear();
      } else if (is_bare_key(name) && (equal != std::string::npos || i + 1 == line)) {
        key = name;
      }
    }
    return section.empty() || key.empty() ? section + key : section + "." + key;
  }

 private:
  static std::string without_blanks(const std::string& text) {
    const auto first = text.find_first_not_of(" \t\r");
    return first == std::string::npos
               ? ""
               : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
  }

  static bool is_bare_key(const std::string& name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) || c == '_' || c == '-' || c == '.';
    });
  }

  // Columns count code points from 1.
  static std::size_t byte_of(const std::string& line, std::size_t column) {
    std::size_t byte = 0;
    for (std::size_t c = 1; c < column && byte < line.size(); ++c) {
      do {
        ++byte;
      } while (byte < line.size() && (static_cast<unsigned char>(line[byte]) & 0xC0) == 0x80);
    }
    return byte;
  }

  std::string where_;
  bool of_lines_;
  std::vector<std::string> lines_;
};

std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
  return text;
}

[[noreturn]] void throw_wrong(const Setting& setting, const std::string& where,
                              const std::string& written, const std::string& kind) {
  throw ConfigurationError(on_one_line("key '" + setting.key + "' " + where + ": " +
                                       (written.empty() ? "nothing" : written) + " is not " +
                                       kind));
}

void check_choice(const Setting& setting, const std::string& where, const std::string& value) {
  const auto& choices = setting.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  std::string list;
  for (const auto& choice : choices) list += (list.empty() ? "" : ", ") + choice;
  throw_wrong(setting, where, "'" + value + "'", "one of " + list);
}

bool read_scalar(const toml::node& node, const std::string&, std::string& value) {
  if (const auto* found = node.as_string()) value = found->get();
  return node.is_string();
}

bool read_scalar(const toml::node& node, const std::string&, bool& value) {
  if (const auto* found = node.as_boolean()) value = found->get();
  return node.is_boolean();
}

bool read_scalar(const toml::node& node, const std::string&, std::int64_t& value) {
  if (const auto* found = node.as_integer()) value = found->get();
  return node.is_integer();
}

bool read_scalar(const toml::node& node, const std::string& written, double& value) {
  if (const auto* integer = node.as_integer()) {
    value = static_cast<double>(integer->get());
    return true;
  }
  const auto* real = node.as_floating_point();
  if (!real || !std::isfinite(real->get())) return false;
  value = real->get();
  // What is too small for a double arrives as 0.
  const auto digits = written.substr(0, written.find_first_of("eE"));
  return value != 0 || digits.find_first_of("123456789") == std::string::npos;
}

template <class T>
T scalar_of(const Setting& setting, const toml::node& node, const Origin& origin,
            const std::string& kind) {
  T value{};
  const auto written = origin.excerpt(node.source());
  if (!read_scalar(node, written, value))
    throw_wrong(setting, origin.place(node.source()), written, kind);
  return value;
}

template <class T>
std::vector<T> list_of(const Setting& setting, const toml::node& node, const Origin& origin) {
  std::vector<T> values;
  if (const auto* array = node.as_array()) {
    const auto kind = kind_of(static_cast<const T*>(nullptr));
    for (const auto& element : *array)
      values.push_back(scalar_of<T>(setting, element, origin, kind));
  } else {
    const auto kind = kind_of(static_cast<const std::vector<T>*>(nullptr));
    values.push_back(scalar_of<T>(setting, node, origin, kind));
  }
  return values;
}

void read_texts(const Setting& setting, const TextList& list, const std::string& where,
                const std::vector<std::string>& texts) {
  try {
    list.read(texts);
  } catch (const InputError& error) {
    throw ConfigurationError(
        on_one_line("key '" + setting.key + "' " + where + ": " + error.what()));
  }
}

struct Assignment {
  const Setting& setting;
  const toml::node& node;
  const Origin& origin;

  template <class T>
  void operator()(T* target) const {
    if constexpr (IsList<T>::value) {
      *target = list_of<typename T::value_type>(setting, node, origin);
    } else {
      *target = scalar_of<T>(setting, node, origin, kind_of(target));
    }
    if constexpr (std::is_same_v<T, std::string>)
      check_choice(setting, origin.place(node.source()), *target);
  }

  void operator()(const TextList& list) const {
    read_texts(setting, list, origin.place(node.source()),
               list_of<std::string>(setting, node, origin));
  }
};

void read_table(const toml::table& table, const std::string& section, const Origin& origin,
                const std::vector<Setting>& settings, bool pass_others) {
  for (const auto& [name, node] : table) {
    const auto key = section + std::string(name.str());
    if (const auto* setting = find_setting(settings, key)) {
      std::visit(Assignment{*setting, node, origin}, setting->target);
    } else if (const auto* inner = node.as_table()) {
      read_table(*inner, key + ".", origin, settings, pass_others);
    } else if (!pass_others) {
      throw_unknown_key(key, origin.place(name.source()), settings);
    }
  }
}

std::string reason_of(const toml::parse_error& error) {
  const std::string text(error.description());
  const std::string prefix = "Error while parsing ";
  return text.rfind(prefix, 0) == 0 ? text.substr(prefix.size()) : text;
}

// Where text goes on behind the string that begins at `i`.
std::size_t end_of_string(const std::string& text, std::size_t i) {
  const char quote = text[i];
  const std::string triple(3, quote);
  const bool has_lines = text.compare(i, 3, triple) == 0;
  for (i += has_lines ? 3 : 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (has_lines && text.compare(i, 3, triple) == 0) {
      // The string itself may end with two quotes.
      const auto behind = text.find_first_not_of(quote, i);
      return std::min({behind, i + 5, text.size()});
    } else if (!has_lines && (text[i] == quote || text[i] == '\n')) {
      return i + 1;
    }
  }
  return text.size();
}

// TOML has other letters in strings and comments only, where toml++ 3.3 goes wrong on them
// elsewhere: it takes them to be blanks, or for unreachable.
void refuse_letters_outside_strings(const std::string& text) {
  const std::string mark = "\xEF\xBB\xBF";
  toml::source_index line = 1;
  for (std::size_t i = text.rfind(mark, 0) == 0 ? mark.size() : 0; i < text.size();) {
    const std::size_t begin = i;
    if (text[i] == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (text[i] == '"' || text[i] == '\'') {
      i = end_of_string(text, i);
    } else if ((static_cast<unsigned char>(text[i]) & 0x80) != 0) {
      do {
        ++i;
      } while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80);
      const auto message =
          "'" + text.substr(begin, i - begin) + "' stands outside of quotes and comments";
      throw toml::parse_error(message.c_str(), toml::source_position{line, 1});
    } else {
      ++i;
    }
    line += static_cast<toml::source_index>(
        std::count(text.begin() + static_cast<std::ptrdiff_t>(begin),
                   text.begin() + static_cast<std::ptrdiff_t>(i), '\n'));
  }
}

toml::table parsed(const std::string& text) {
  refuse_letters_outside_strings(text);
  return toml::parse(text);
}

// Numbers and booleans of the command line, as they would stand behind `key =` in a file.
template <class T>
void read_value(const Setting& setting, T* target, const std::string& value) {
  const std::string where = "on the command line";
  // These would begin something else than a value.
  if (value.find_first_of("#\n\r") != std::string::npos)
    throw_wrong(setting, where, value, kind_of(target));
  const auto text = "value = " + value;
  toml::table table;
  try {
    table = parsed(text);
  } catch (const toml::parse_error& error) {
    throw_wrong(setting, where, value, kind_of(target) + " (" + reason_of(error) + ")");
  }
  Assignment{setting, *table.get("value"), Origin(text, where, false)}(target);
}

struct Argument {
  const Setting& setting;
  const std::vector<std::string>& words;

  void operator()(std::string* target) const {
    check_choice(setting, "on the command line", words.back());
    *target = words.back();
  }

  template <class T>
  void operator()(T* target) const {
    read_value(setting, target, words.back());
  }

  template <class T>
  void operator()(std::vector<T>* target) const {
    std::string joined;
    for (const auto& word : words) {
      const bool brackets = word.size() > 1 && word.front() == '[' && word.back() == ']';
      const auto inner = brackets ? word.substr(1, word.size() - 2) : word;
      if (!brackets && inner.empty())
        throw_wrong(setting, "on the command line", "", kind_of(target));
      joined += (joined.empty() || inner.empty() ? "" : ",") + inner;
    }
    read_value(setting, target, "[" + joined + "]");
  }

  void operator()(std::vector<std::string>* target) const { *target = texts(); }

  void operator()(const TextList& list) const {
    read_texts(setting, list, "on the command line", texts());
  }

  // As they are, or as one list in the way of a file.
  std::vector<std::string> texts() const {
    const auto& word = words.front();
    const auto begin = word.find_first_not_of(" \t", 1);
    const bool is_list = words.size() == 1 && !word.empty() && word.front() == '[' &&
                         word.back() == ']' && begin != std::string::npos &&
                         std::string("\"']").find(word[begin]) != std::string::npos;
    if (!is_list) return words;
    std::vector<std::string> list;
    read_value(setting, &list, word);
    return list;
  }
};

}  // namespace

std::string read_text(const std::string& what, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || file.peek() == std::ifstream::traits_type::eof()) {
    // An empty file is one without settings; of a folder, nothing can be read either.
    if (file.eof()) return "";
    throw ConfigurationError(what + " '" + path + "' cannot be read");
  }
  text << file.rdbuf();
  return text.str();
}

void read_configuration(const std::string& text, const std::string& source,
                        const std::vector<Setting>& settings, bool pass_others) {
  const Origin origin(text, "in " + source, true);
  toml::table table;
  try {
    table = parsed(text);
  } catch (const toml::parse_error& error) {
    const auto key = origin.key_at(error.source().begin.line);
    throw ConfigurationError((key.empty() ? "" : "key '" + key + "' ") +
                             origin.place(error.source()) + ": not valid TOML (" +
                             reason_of(error) + ")");
  }
  read_table(table, "", origin, settings, pass_others);
}

void read_argument(const Setting& setting, const std::vector<std::string>& words) {
  std::visit(Argument{setting, words}, setting.target);
}

std::string toml_string(const std::string& text) {
  std::ostringstream quoted;
  quoted << toml::toml_formatter(toml::value<std::string>(text),
                                 toml::format_flags::allow_unicode_strings);
  return quoted.str();
}

}  // namespace eigenprop
