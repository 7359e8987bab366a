// Fails on some ranks, while the others wait for them: failing_ranks KIND RANK ..., where KIND is
// input or configuration. Tells the moment on standard output.

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "runtime/error.hpp"
#include "runtime/session.hpp"

int main(int argc, char** argv) {
  using namespace eigenprop;
  return run_main(argc, argv, [&](Session& session) -> ExitStatus {
    const auto& world = session.world();
    const std::string kind = argc > 1 ? argv[1] : "";
    world.barrier();
    bool fails = false;
    for (int i = 2; i < argc; ++i) fails = fails || std::atoi(argv[i]) == world.rank();
    if (fails) {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      std::printf("failed at %.3f\n", std::chrono::duration<double>(now).count());
      std::fflush(stdout);
      const std::string text = "of rank " + std::to_string(world.rank());
      if (kind == "configuration") throw ConfigurationError(text);
      throw InputError(text);
    }
    world.barrier();
    return ExitStatus::success;
  });
}
