#include "training/settings_difference.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

namespace eigenprop {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_key(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '.' || c == '-';
  });
}

// Of the comment with options for PETSc: those that change what is computed, with their dash.
void add_petsc_options(const std::string& comment, Settings& settings) {
  std::istringstream words(comment);
  for (std::string word; words >> word;) {
    if (word.size() > 1 && word[0] == '-' && std::isalpha(static_cast<unsigned char>(word[1]))) {
      settings.emplace_back(word, "");
    } else if (!settings.empty()) {
      auto& value = settings.back().second;
      value += (value.empty() ? "" : " ") + word;
    }
  }
  const auto only_tells = [](const std::pair<std::string, std::string>& option) {
    const auto& name = option.first;
    for (const char* part : {"monitor", "_view", "converged_reason"})
      if (name.find(part) != std::string::npos) return true;
    for (const char* start : {"-log", "-info", "-options", "-memory", "-malloc", "-on_error"})
      if (name.rfind(start, 0) == 0) return true;
    return false;
  };
  settings.erase(std::remove_if(settings.begin(), settings.end(), only_tells), settings.end());
}

bool is_petsc_option(const std::string& key) { return key[0] == '-'; }

// Of the text that CommandLine::configuration() writes; a list may go over several lines.
Settings settings_of(const std::string& text) {
  Settings settings;
  std::string section;
  std::istringstream lines(text);
  const std::string petsc = "# PETSc:";
  for (std::string line; std::getline(lines, line);) {
    line = trimmed(line);
    if (settings.empty() && line.rfind(petsc, 0) == 0)
      add_petsc_options(line.substr(petsc.size()), settings);
    if (line.empty() || line[0] == '#') continue;
    const auto equals = line.find('=');
    const std::string key = trimmed(line.substr(0, equals));
    if (equals != std::string::npos && is_key(key)) {
      settings.emplace_back(section + key, trimmed(line.substr(equals + 1)));
    } else if (line.front() == '[' && line.back() == ']' &&
               is_key(line.substr(1, line.size() - 2))) {
      section = line.substr(1, line.size() - 2) + ".";
    } else if (!settings.empty()) {
      settings.back().second += line;
    }
  }
  return settings;
}

// Without what one version writes and another does not: quotes, spaces, digits of numbers.
bool same_value(const std::string& a, const std::string& b) {
  const auto parts = [](const std::string& text) {
    std::vector<std::string> found(1);
    for (const char c : text) {
      if (c == ',') found.emplace_back();
      if (c != ',' && c != ' ' && c != '"' && c != '\'' && c != '[' && c != ']') found.back() += c;
    }
    if (found.back().empty()) found.pop_back();
    return found;
  };
  const auto x = parts(a), y = parts(b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](const std::string& p, const std::string& q) {
                      char *end_p = nullptr, *end_q = nullptr;
                      const double u = std::strtod(p.c_str(), &end_p);
                      const double v = std::strtod(q.c_str(), &end_q);
                      const bool numbers = end_p != p.c_str() && *end_p == 0 && *end_q == 0;
                      return p == q || (numbers && u == v);
                    });
}

const std::set<std::string>& free_keys() {
  static const std::set<std::string> keys = {"data",
                                             "test",
                                             "validation",
                                             "output",
                                             "checkpoint",
                                             "embedding",
                                             "resume",
                                             "import",
                                             "checkpoint_steps",
                                             "checkpoint_minutes",
                                             "log",
                                             "log_file",
                                             "config",
                                             "classes",
                                             "features",
                                             "extents",
                                             "train.iterations",
                                             "train.score_epochs",
                                             "import_pixels",
                                             "memory_limit"};
  return keys;
}

Settings::const_iterator find(const Settings& settings, const std::string& key) {
  return std::find_if(settings.begin(), settings.end(),
                      [&](const auto& setting) { return setting.first == key; });
}

// More epochs go on with a training, but where the rates, or the regularization, of those done
// before have their course over all of them.
bool epochs_matter(const Settings& settings) {
  const auto is = [&](const char* key, const char* value) {
    const auto found = find(settings, key);
    return found != settings.end() && same_value(found->second, value);
  };
  const auto first = find(settings, "objective.epsilon");
  const auto last = find(settings, "objective.epsilon_final");
  const bool falls = first != settings.end() && last != settings.end() &&
                     !same_value(first->second, last->second) &&
                     is("objective.projector", "regularized");
  const auto method = find(settings, "train.method");
  return (method == settings.end() || is("train.method", "sgd")) &&
         (is("train.schedule", "cosine") || falls);
}

std::string told(const std::string& key, const std::string& before, const std::string& now) {
  return key + ": " + before + " before, " + now + " now";
}

}  // namespace

std::string first_difference(const TrainingIdentity& before, const TrainingIdentity& now) {
  const auto earlier = settings_of(before.configuration), later = settings_of(now.configuration);
  for (const auto& [key, value] : later) {
    const auto found = find(earlier, key);
    if (found == earlier.end() && is_petsc_option(key))
      return told(key, "not given", value.empty() ? "given" : value);
    if (free_keys().count(key) != 0 || found == earlier.end() || same_value(found->second, value))
      continue;
    // Of a model that is stored before its training nothing has had its course yet.
    if (key == "train.epochs" && (!epochs_matter(later) || same_value(found->second, "0")))
      continue;
    return told(key, found->second, value);
  }
  for (const auto& [key, value] : earlier) {
    if (is_petsc_option(key) && find(later, key) == later.end())
      return told(key, value.empty() ? "given" : value, "not given");
  }
  // Where the checkpoint holds no digests, of an earlier version, nothing is known.
  if (before.data.empty()) return "";
  for (const auto& [key, digest] : now.data) {
    const auto found = before.data.find(key);
    if (found == before.data.end()) return told(key, "no data set", "one");
    if (found->second != digest)
      return told(key, "data set of digest " + found->second, "one of " + digest);
  }
  for (const auto& [key, digest] : before.data) {
    if (now.data.count(key) == 0) return told(key, "a data set", "none");
  }
  return "";
}

}  // namespace eigenprop
