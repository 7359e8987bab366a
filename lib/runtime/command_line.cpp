#include "runtime/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>
#include <sstream>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

// CLI11 splits arrays at commas in quotes too: they travel through its parser as this character.
constexpr char hidden_comma = '\x1f';

// Hides the commas in quotes; returns by how much the depth of square brackets changes over the
// line, outside quotes and before a comment, which starts at `end`.
int prepare_line(std::string& line, std::size_t& end) {
  int depth = 0;
  bool quoted = false;
  for (end = 0; end < line.size(); ++end) {
    char& c = line[end];
    if (c == '"') quoted = !quoted;
    if (quoted && c == ',') c = hidden_comma;
    if (quoted) continue;
    if (c == '#') break;
    depth += c == '[' ? 1 : c == ']' ? -1 : 0;
  }
  return depth;
}

// Arrays over several lines on one: CLI11 reads them so from version 2.2 on only.
std::string with_joined_arrays(std::istream& input) {
  std::string joined;
  std::string line;
  int depth = 0;
  while (std::getline(input, line)) {
    std::size_t end = 0;
    const int change = prepare_line(line, end);
    // Between the brackets a comment would hide what follows it.
    joined += depth > 0 || change > 0 ? line.substr(0, end) : line;
    depth += change;
    if (depth <= 0) {
      depth = 0;
      joined += '\n';
    }
  }
  return joined;
}

// Keys are written [section] key in files and --section.key on the command line; CLI11 would
// otherwise look for a subcommand of the section's name.
class FlatConfiguration : public CLI::ConfigTOML {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::vector<CLI::ConfigItem> flat;
    std::istringstream joined(with_joined_arrays(input));
    for (auto item : CLI::ConfigTOML::from_config(joined)) {
      if (item.name == "++" || item.name == "--") continue;
      if (item.parents.size() == 1 && item.parents[0] == "default") item.parents.clear();
      item.name = item.fullname();
      item.parents.clear();
      for (auto& value : item.inputs) std::replace(value.begin(), value.end(), hidden_comma, ',');
      flat.push_back(item);
    }
    return flat;
  }
};

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

std::string without_dashes(const std::string& name) {
  const auto first = name.find_first_not_of('-');
  return first == std::string::npos ? "" : name.substr(first, name.find('=') - first);
}

bool is_petsc_option(const std::string& argument) {
  return argument.size() > 1 && argument[0] == '-' && argument[1] != '-' &&
         std::isalpha(static_cast<unsigned char>(argument[1]));
}

}  // namespace

struct CommandLine::State {
  CLI::App app;
  std::vector<std::string> keys;
  std::vector<std::string> petsc;

  State(const std::string& program, const std::string& description) : app(description, program) {}

  std::string nearest(const std::string& key) const {
    const auto best = std::min_element(keys.begin(), keys.end(), [&](const auto& a, const auto& b) {
      return edit_distance(a, key) < edit_distance(b, key);
    });
    return best == keys.end() ? "" : *best;
  }

  template <class T>
  CLI::Option* add(const std::string& key, T& value, const std::string& help) {
    keys.push_back(key);
    auto* option = app.add_option("--" + key, value, help)->capture_default_str();
    // Of a key that is given twice the last counts, so that scripts can add overrides.
    if (option->get_expected_max() == 1) {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    return option;
  }

  template <class Parse>
  void translate_errors(Parse&& parse, const std::string& file) const {
    try {
      parse();
    } catch (const CLI::CallForHelp&) {
      throw;
    } catch (const CLI::ConfigError& error) {
      const std::string text = error.what();
      const auto space = text.rfind(' ');
      unknown(text.substr(space == std::string::npos ? 0 : space + 1), file);
    } catch (const CLI::ExtrasError&) {
      // The unknown key's value is among the extras, too.
      for (const auto& extra : app.remaining()) {
        if (extra[0] == '-') unknown(without_dashes(extra), "on the command line");
      }
      throw ConfigurationError("unexpected argument '" + app.remaining().front() + "'");
    } catch (const CLI::ParseError& error) {
      throw ConfigurationError(error.what());
    }
  }

  [[noreturn]] void unknown(const std::string& key, const std::string& where) const {
    throw ConfigurationError("unknown key '" + key + "' " + where + "; did you mean '" +
                             nearest(key) + "'? (--help lists all keys)");
  }
};

CommandLine::CommandLine(const std::string& program, const std::string& description)
    : state_(std::make_unique<State>(program, description)) {
  auto& app = state_->app;
  app.config_formatter(std::make_shared<FlatConfiguration>());
  app.set_config("--config", "", "Configuration file: [section] and key = value");
  app.set_help_flag("--help", "Print this help and exit");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.get_formatter()->column_width(36);
}

CommandLine::~CommandLine() = default;

void CommandLine::option(const std::string& key, std::string& value, const std::string& help) {
  state_->add(key, value, help);
}

void CommandLine::option(const std::string& key, bool& value, const std::string& help) {
  state_->add(key, value, help)->type_name("BOOL");
}

void CommandLine::option(const std::string& key, std::int64_t& value, const std::string& help) {
  state_->add(key, value, help);
}

void CommandLine::option(const std::string& key, double& value, const std::string& help) {
  state_->add(key, value, help);
}

void CommandLine::option(const std::string& key, std::vector<std::string>& value,
                         const std::string& help) {
  // Not split at commas, which layers contain.
  state_->add(key, value, help);
}

void CommandLine::option(const std::string& key, std::vector<double>& value,
                         const std::string& help) {
  state_->add(key, value, help)->delimiter(',');
}

void CommandLine::option(const std::string& key, std::vector<std::int64_t>& value,
                         const std::string& help) {
  state_->add(key, value, help)->delimiter(',');
}

void CommandLine::choice(const std::string& key, std::string& value,
                         const std::vector<std::string>& choices, const std::string& help) {
  state_->add(key, value, help)->check(CLI::IsMember(choices));
}

void CommandLine::flag(const std::string& name, bool& value, const std::string& help) {
  state_->app.add_flag("--" + name, value, help)->configurable(false);
}

void CommandLine::epilogue(const std::string& text) { state_->app.footer(text); }

bool CommandLine::parse(int argc, const char* const* argv) {
  // PETSc options and their values are taken out first: CLI11 would read -eps_type as a bundle of
  // one-letter options.
  std::vector<std::string> own;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (!is_petsc_option(argument)) {
      own.push_back(argument);
      continue;
    }
    state_->petsc.push_back(argument);
    const bool has_value = i + 1 < argc && !is_petsc_option(argv[i + 1]) &&
                           std::string(argv[i + 1]).rfind("--", 0) != 0;
    if (has_value) state_->petsc.push_back(argv[++i]);
  }
  std::reverse(own.begin(), own.end());
  try {
    state_->translate_errors([&] { state_->app.parse(own); }, "in the configuration file");
  } catch (const CLI::CallForHelp&) {
    return false;
  }
  return true;
}

void CommandLine::parse_text(const std::string& text, const std::string& source) {
  std::istringstream stream(text);
  state_->translate_errors([&] { state_->app.parse_from_stream(stream); }, "in " + source);
}

void CommandLine::ignore_other_keys() {
  state_->app.allow_config_extras(CLI::config_extras_mode::ignore);
}

std::string CommandLine::help() const { return state_->app.help(); }

std::string CommandLine::configuration() const {
  // CLI11 writes empty lists in a form that it does not read; their keys are left out.
  std::istringstream all(state_->app.config_to_str(true, false));
  std::string text;
  for (std::string line; std::getline(all, line);) {
    if (line.find("=\"[]\"") == std::string::npos) text += line + "\n";
  }
  return text;
}

const std::vector<std::string>& CommandLine::petsc_arguments() const { return state_->petsc; }

}  // namespace eigenprop
