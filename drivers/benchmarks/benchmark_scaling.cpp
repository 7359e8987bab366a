// One case of a list of scaling cases on the ranks that it is launched on; results of all launches
// go into one file. See README.md.

#include <cstdio>
#include <string>

#include "runtime/command_line.hpp"
#include "runtime/error.hpp"
#include "runtime/session.hpp"
#include "scaling/scaling_run.hpp"
#include "storage/output_claim.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string cases = "drivers/benchmarks/scaling_cases.toml";
  std::string name;
  ScalingRequest request = {"scaling.h5"};
  bool list = false;
};

constexpr const char* description =
    "Runs one case of a list of scaling cases on the ranks that it is launched on, checks its\n"
    "numbers, and adds seconds, phases, messages and memory to a file of results.";

constexpr const char* examples =
    "Examples:\n"
    "  benchmark_scaling --list\n"
    "  for p in 1 2; do mpirun -n $p benchmark_scaling --case ncuts_training; done\n"
    "  python3 analysis/plot_scaling.py scaling.h5 --output scaling.png\n"
    "  EIGENPROP_OUTPUT=scaling.h5 bash jobs/scaling.sbatch 1 2 4";

void declare(CommandLine& line, Settings& s) {
  line.option("cases", s.cases, "List of cases (TOML)");
  line.option("case", s.name, "Name of the case");
  line.option("output", s.request.output, "File of results, which is added to");
  line.flag("small", s.request.small, "With settings that take seconds, to try it");
  line.flag("repeat", s.request.repeat, "Also where the file holds the case on as many ranks");
  line.flag("list", s.list, "Print the cases, with ranks and threads, and stop");
  line.epilogue(examples);
}

std::string text_of(const std::vector<std::int64_t>& counts) {
  std::string text;
  for (const auto count : counts) text += (text.empty() ? "" : ",") + std::to_string(count);
  return text.empty() ? "-" : text;
}

void print(const std::vector<ScalingCase>& cases) {
  for (const auto& c : cases)
    std::printf("case=%s runs=%s scaling=%s ranks=%s counted_ranks=%s threads=%s\n", c.name.c_str(),
                c.runs.c_str(), c.scaling.c_str(), text_of(c.ranks).c_str(),
                text_of(c.counted_ranks).c_str(), text_of(c.threads).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const auto& world = session.world();
    Settings s;
    CommandLine line("benchmark_scaling", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    const auto cases = read_scaling_cases(s.cases);
    if (s.list) {
      if (world.is_root()) print(cases);
      return ExitStatus::success;
    }
    if (s.name.empty())
      throw ConfigurationError("no case: give --case NAME; --list prints the names");
    const auto& scaling_case = find_case(cases, s.name);
    const OutputClaim claim({{"cases", s.cases}, {"configuration", scaling_case.configuration}},
                            {{"output", s.request.output}}, world);
    return run_scaling_case(scaling_case, s.request, world) ? ExitStatus::success
                                                            : ExitStatus::failure;
  });
}
