#include "runtime/setting.hpp"

#include <algorithm>
#include <numeric>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row[b.size()];
}

}  // namespace

const Setting* find_setting(const std::vector<Setting>& settings, const std::string& key) {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const Setting& setting) { return setting.key == key; });
  return found == settings.end() ? nullptr : &*found;
}

void throw_unknown_key(const std::string& key, const std::string& where,
                       const std::vector<Setting>& settings) {
  const auto nearest =
      std::min_element(settings.begin(), settings.end(), [&](const auto& a, const auto& b) {
        return edit_distance(a.key, key) < edit_distance(b.key, key);
      });
  throw ConfigurationError(
      "unknown key '" + key + "' " + where +
      (nearest == settings.end() ? "" : "; did you mean '" + nearest->key + "'?") +
      " (--help lists all keys)");
}

}  // namespace eigenprop
