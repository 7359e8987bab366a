#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace eigenprop {

/// A list of texts in a language of its own: `read` takes what a user wrote (an InputError of it is
/// told with the place), `write` gives it back.
struct TextList {
  std::function<void(const std::vector<std::string>&)> read;
  std::function<std::vector<std::string>()> write;
};

/// A key, where its value goes, and for a string what it may be; no choices: anything.
struct Setting {
  using Target =
      std::variant<std::string*, bool*, std::int64_t*, double*, std::vector<std::string>*,
                   std::vector<std::int64_t>*, std::vector<double>*, TextList>;
  std::string key;
  Target target;
  std::vector<std::string> choices = {};
};

/// The one of this key, or null.
const Setting* find_setting(const std::vector<Setting>& settings, const std::string& key);

/// Throws the ConfigurationError for a key that is none of `settings`; `where` is like "on the
/// command line".
[[noreturn]] void throw_unknown_key(const std::string& key, const std::string& where,
                                    const std::vector<Setting>& settings);

}  // namespace eigenprop
