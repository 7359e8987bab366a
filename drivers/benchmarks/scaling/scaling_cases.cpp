#include "scaling/scaling_cases.hpp"

#include <algorithm>
#include <sstream>

#include "runtime/command_line.hpp"
#include "runtime/configuration_reader.hpp"
#include "runtime/error.hpp"
#include "runtime/numbers.hpp"
#include "scaling/scaling_programs.hpp"

namespace eigenprop {
namespace {

// The name of a line that opens a table, "case.settings.model" of "[case.settings.model]"; empty
// for other lines.
std::string table_name(const std::string& line) {
  const auto begin = line.find_first_not_of(" \t");
  if (begin == std::string::npos || line[begin] != '[') return "";
  const auto end = line.find(']', begin);
  if (end == std::string::npos) return "";
  const auto rest = line.find_first_not_of(" \t\r", end + 1);
  if (rest != std::string::npos && line[rest] != '#') return "";
  return line.substr(begin + 1, end - begin - 1);
}

// The text of one table of a file, and, where `with_inner`, of those below it, under their names in
// it. Other lines are blank, so that errors name the line of the file.
std::string text_of_table(const std::string& text, const std::string& table, bool with_inner) {
  std::istringstream lines(text);
  std::string result, present;
  for (std::string line; std::getline(lines, line); result += '\n') {
    const auto name = table_name(line);
    const bool opens = !name.empty();
    if (opens) present = name;
    const bool inner = with_inner && present.rfind(table + ".", 0) == 0;
    if (opens && inner) result += "[" + present.substr(table.size() + 1) + "]";
    if (!opens && (present == table || inner)) result += line;
  }
  return result;
}

std::vector<std::string> case_names(const std::string& text, const std::string& source) {
  std::istringstream lines(text);
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    const auto table = table_name(line);
    const auto dot = table.find('.');
    const auto name = table.substr(0, dot);
    if (name.empty() || (!names.empty() && names.back() == name)) continue;
    if (dot != std::string::npos)
      throw ConfigurationError("table [" + table + "] in " + source +
                               " stands before or apart from its case [" + name + "]");
    names.push_back(name);
  }
  return names;
}

void check_tables(const std::string& text, const std::string& source) {
  // Valid as a whole, each table once, nothing before the first.
  read_configuration(text, source, {}, true);
  read_configuration(text_of_table(text, "", false), source, {});
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto table = table_name(line);
    const auto dot = table.find('.');
    if (dot == std::string::npos) continue;
    const auto part = table.substr(dot + 1, table.find('.', dot + 1) - dot - 1);
    if (part != "settings" && part != "small")
      throw ConfigurationError("table [" + table + "] in " + source +
                               ": a case has the tables settings and small");
  }
}

bool ascends(const std::vector<std::int64_t>& counts) {
  return std::adjacent_find(counts.begin(), counts.end(), std::greater_equal<>()) == counts.end() &&
         (counts.empty() || counts.front() >= 1);
}

void check(const ScalingCase& c) {
  const std::string where = "case '" + c.name + "' in " + c.source + ": ";
  const auto demand = [&](bool right, const std::string& what) {
    if (!right) throw ConfigurationError(where + what);
  };
  demand(!c.ranks.empty() && ascends(c.ranks) && ascends(c.counted_ranks),
         "ranks, at least one, and counted_ranks must ascend from 1 or more");
  demand(!c.threads.empty() && ascends(c.threads), "threads must ascend from 1 or more");
  demand(c.repeats >= 1 && c.steps >= 1 && c.warmup >= 0,
         "repeats and steps must be positive, warmup not negative");
  demand(c.tolerance >= 0, "tolerance must not be negative");
  if (c.scaling == "weak") {
    const auto all_multiples = [&](const std::vector<std::int64_t>& counts) {
      return std::all_of(counts.begin(), counts.end(),
                         [&](std::int64_t n) { return n % c.ranks.front() == 0; });
    };
    demand(all_multiples(c.ranks) && all_multiples(c.counted_ranks),
           "the ranks of a weak case must be multiples of the first");
    demand(make_scaling_program(c.runs)->grows(), "'" + c.runs + "' has no weak form");
  }
}

}  // namespace

std::int64_t ScalingCase::copies(std::int64_t ranks_now) const {
  return scaling == "weak" ? ranks_now / ranks.front() : 1;
}

std::vector<ScalingCase> read_scaling_cases(const std::string& path) {
  const auto text = read_text("list of cases", path);
  const std::string source = "'" + path + "'";
  check_tables(text, source);
  std::vector<ScalingCase> cases;
  for (const auto& name : case_names(text, source)) {
    ScalingCase c;
    c.name = name;
    c.source = source;
    CommandLine keys("", "");
    keys.choice("runs", c.runs, scaling_program_names(), "");
    keys.choice("scaling", c.scaling, {"strong", "weak"}, "");
    keys.option("ranks", c.ranks, "");
    keys.option("counted_ranks", c.counted_ranks, "");
    keys.option("threads", c.threads, "");
    keys.option("repeats", c.repeats, "");
    keys.option("steps", c.steps, "");
    keys.option("warmup", c.warmup, "");
    keys.option("tolerance", c.tolerance, "");
    keys.option("configuration", c.configuration, "");
    keys.parse_text(text_of_table(text, name, false), source);
    if (c.runs.empty())
      throw ConfigurationError("case '" + name + "' in " + source + " lacks the key 'runs'");
    if (!c.configuration.empty() && c.configuration.front() != '/') {
      const auto folder = path.find_last_of('/');
      if (folder != std::string::npos) c.configuration.insert(0, path.substr(0, folder + 1));
    }
    c.settings = text_of_table(text, name + ".settings", true);
    c.small_settings = text_of_table(text, name + ".small", true);
    check(c);
    program_of_case(c, false);
    program_of_case(c, true);
    cases.push_back(c);
  }
  if (cases.empty()) throw ConfigurationError("list of cases " + source + " holds none");
  return cases;
}

const ScalingCase& find_case(const std::vector<ScalingCase>& cases, const std::string& name) {
  const auto found = std::find_if(cases.begin(), cases.end(),
                                  [&](const ScalingCase& c) { return c.name == name; });
  if (found != cases.end()) return *found;
  std::string all;
  for (const auto& c : cases) all += (all.empty() ? "" : ", ") + c.name;
  throw ConfigurationError("there is no case '" + name + "' in " + cases.front().source +
                           "; there are " + all);
}

}  // namespace eigenprop
