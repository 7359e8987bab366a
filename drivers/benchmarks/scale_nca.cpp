// Linear NCA of many points whose rows are spread over ranks: seconds of objective and gradient,
// and peak memory. For scaling curves: run it on 1, 2, 4 ... ranks.

#include <algorithm>
#include <cstdio>

#include "linear_neighbourhood.hpp"
#include "peak_memory.hpp"
#include "runtime/command_line.hpp"
#include "runtime/error.hpp"
#include "runtime/session.hpp"
#include "runtime/timer.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::int64_t points = 10000;
  std::int64_t features = 784;
  std::int64_t dimensions = 32;
  std::int64_t repetitions = 3;
};

void run(const Settings& s, const Communicator& world) {
  LinearNeighbourhood problem(s.points, s.features, s.dimensions, world);
  double least = 0, objective = 0;
  for (std::int64_t i = 0; i < s.repetitions; ++i) {
    world.barrier();
    const Timer timer;
    objective = problem.evaluate(world);
    const double seconds = world.max(timer.seconds());
    least = i == 0 ? seconds : std::min(least, seconds);
  }
  const double memory = world.sum(peak_memory());
  if (world.is_root())
    std::printf(
        "NCA and gradient, %d ranks: least of %lld %8.3f s   peak %6.2f GiB in all   %.12g\n",
        world.size(), static_cast<long long>(s.repetitions), least, memory, objective);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    Settings s;
    CommandLine line("scale_nca", "Times linear NCA with points spread over ranks.");
    line.option("points", s.points, "Points N over all ranks");
    line.option("features", s.features, "Features D");
    line.option("dimensions", s.dimensions, "Dimensions d of the embedding");
    line.option("repetitions", s.repetitions, "Evaluations, of which the fastest counts");
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    if (s.points <= 0 || s.features <= 0 || s.dimensions <= 0 || s.repetitions <= 0)
      throw ConfigurationError("points, features, dimensions and repetitions must be positive");
    if (s.points > 1000000000000 || s.features > 1000000 || s.dimensions > 1000000)
      throw ConfigurationError("points must be 1e12 or less, features and dimensions 1e6");
    run(s, session.world());
    return ExitStatus::success;
  });
}
