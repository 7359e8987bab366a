#include "runtime/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "runtime/configuration_reader.hpp"
#include "runtime/configuration_writer.hpp"
#include "runtime/error.hpp"
#include "runtime/first_format.hpp"

namespace eigenprop {
namespace {

// Before the bracket of a value: CLI11 takes [a,b] apart, and [] away.
constexpr char bracket_mark = '\x1f';

std::string with_marked_bracket(std::string argument) {
  const auto equal = argument.rfind("--", 0) == 0 ? argument.find('=') : std::string::npos;
  const auto value = equal == std::string::npos ? 0 : equal + 1;
  if (argument.substr(value, 1) == "[") argument.insert(value, 1, bracket_mark);
  return argument;
}

std::string without_dashes(const std::string& name) {
  const auto first = name.find_first_not_of('-');
  return first == std::string::npos ? "" : name.substr(first, name.find('=') - first);
}

bool has_one_dash(const std::string& argument) {
  return argument.size() > 1 && argument[0] == '-' &&
         std::isalpha(static_cast<unsigned char>(argument[1]));
}

}  // namespace

struct CommandLine::State {
  CLI::App app;
  std::string file;
  std::string* file_name = nullptr;
  std::vector<Setting> settings;
  std::vector<CLI::Option*> options;
  std::vector<std::string> others = {"config"};
  std::vector<std::string> petsc;
  bool pass_others = false;

  State(const std::string& program, const std::string& description) : app(description, program) {}

  // CLI11 keeps the words; what they mean is told in one place for files and arguments.
  void add(Setting setting, const std::string& type, const std::string& help, bool list = false) {
    auto* option = app.add_option(
        "--" + setting.key, [](const CLI::results_t&) { return true; }, help);
    option->type_name(type)->default_str(argument_text(setting));
    if (list) {
      option->expected(1, -1)->allow_extra_args()->multi_option_policy(
          CLI::MultiOptionPolicy::TakeAll);
    } else {
      // Of a key that is given twice the last counts, so that scripts can add overrides.
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    settings.push_back(std::move(setting));
    options.push_back(option);
  }

  void refuse_own_key(const std::string& argument) const {
    const auto name = without_dashes(argument);
    const auto section = name.substr(0, name.find('.') + 1);
    const bool own =
        std::find(others.begin(), others.end(), name) != others.end() ||
        std::any_of(settings.begin(), settings.end(), [&](const Setting& setting) {
          return setting.key == name || (!section.empty() && setting.key.rfind(section, 0) == 0);
        });
    if (own) {
      throw ConfigurationError("'" + argument +
                               "' on the command line: keys begin with two dashes, " + "as in --" +
                               name + "; one dash is for PETSc's options");
    }
  }

  // Takes PETSc's options and their values out: CLI11 would read -eps_type as a bundle of
  // one-letter options.
  std::vector<std::string> own_arguments(int argc, const char* const* argv) {
    std::vector<std::string> own;
    for (int i = 1; i < argc; ++i) {
      const std::string argument = argv[i];
      if (!has_one_dash(argument) || argument == "-h") {
        own.push_back(with_marked_bracket(argument));
        continue;
      }
      refuse_own_key(argument);
      petsc.push_back(argument);
      const bool has_value = i + 1 < argc && !has_one_dash(argv[i + 1]) &&
                             std::string(argv[i + 1]).rfind("--", 0) != 0;
      if (has_value) petsc.push_back(argv[++i]);
    }
    return own;
  }

  void parse(std::vector<std::string> own) {
    std::reverse(own.begin(), own.end());
    try {
      app.parse(own);
    } catch (const CLI::CallForHelp&) {
      throw;
    } catch (const CLI::ExtrasError&) {
      // The unknown key's value is among the extras, too.
      for (const auto& extra : app.remaining()) {
        if (extra[0] == '-')
          throw_unknown_key(without_dashes(extra), "on the command line", settings);
      }
      throw ConfigurationError("unexpected argument '" + app.remaining().front() + "'");
    } catch (const CLI::ParseError& error) {
      throw ConfigurationError(error.what());
    }
  }

  void read_arguments() const {
    for (std::size_t i = 0; i < settings.size(); ++i) {
      auto words = options[i]->results();
      if (words.empty()) continue;
      for (auto& word : words) {
        if (!word.empty() && word.front() == bracket_mark) word.erase(0, 1);
      }
      read_argument(settings[i], words);
    }
  }
};

CommandLine::CommandLine(const std::string& program, const std::string& description)
    : state_(std::make_unique<State>(program, description)) {
  auto& app = state_->app;
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.add_option("--config", state_->file, "Configuration file: [section] and key = value")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.get_formatter()->column_width(36);
}

CommandLine::~CommandLine() = default;

void CommandLine::option(const std::string& key, std::string& value, const std::string& help) {
  state_->add({key, &value}, "TEXT", help);
}

void CommandLine::option(const std::string& key, bool& value, const std::string& help) {
  state_->add({key, &value}, "BOOL", help);
}

void CommandLine::option(const std::string& key, std::int64_t& value, const std::string& help) {
  state_->add({key, &value}, "INT", help);
}

void CommandLine::option(const std::string& key, double& value, const std::string& help) {
  state_->add({key, &value}, "FLOAT", help);
}

void CommandLine::option(const std::string& key, std::vector<std::string>& value,
                         const std::string& help) {
  state_->add({key, &value}, "TEXT", help, true);
}

void CommandLine::option(const std::string& key, std::vector<double>& value,
                         const std::string& help) {
  state_->add({key, &value}, "FLOAT", help, true);
}

void CommandLine::option(const std::string& key, std::vector<std::int64_t>& value,
                         const std::string& help) {
  state_->add({key, &value}, "INT", help, true);
}

void CommandLine::option(const std::string& key, TextList list, const std::string& help) {
  state_->add({key, std::move(list)}, "TEXT", help, true);
}

void CommandLine::choice(const std::string& key, std::string& value,
                         const std::vector<std::string>& choices, const std::string& help) {
  std::string list;
  for (const auto& choice : choices) list += (list.empty() ? "" : ",") + choice;
  state_->add({key, &value, choices}, "TEXT:{" + list + "}", help);
}

void CommandLine::flag(const std::string& name, bool& value, const std::string& help) {
  state_->app.add_flag("--" + name, value, help);
  state_->others.push_back(name);
}

void CommandLine::file_name(std::string& name) { state_->file_name = &name; }

void CommandLine::epilogue(const std::string& text) { state_->app.footer(text); }

bool CommandLine::parse(int argc, const char* const* argv) {
  try {
    state_->parse(state_->own_arguments(argc, argv));
  } catch (const CLI::CallForHelp&) {
    return false;
  }
  const auto& file = state_->file;
  if (state_->file_name) *state_->file_name = file;
  if (state_->app.count("--config") > 0) {
    read_configuration(read_text("configuration file", file), "'" + file + "'", state_->settings,
                       state_->pass_others);
  }
  state_->read_arguments();
  return true;
}

void CommandLine::parse_text(const std::string& text, const std::string& source) {
  read_configuration(from_first_format(text, state_->settings), source, state_->settings,
                     state_->pass_others);
}

void CommandLine::ignore_other_keys() { state_->pass_others = true; }

std::string CommandLine::help() const { return state_->app.help(); }

std::string CommandLine::configuration() const {
  std::string comment;
  for (const auto& argument : state_->petsc) comment += " " + argument;
  if (!comment.empty()) comment = "# PETSc:" + comment + "\n";
  return comment + write_configuration(state_->settings);
}

const std::vector<std::string>& CommandLine::petsc_arguments() const { return state_->petsc; }

}  // namespace eigenprop
