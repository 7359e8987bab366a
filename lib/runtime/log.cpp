#include "runtime/log.hpp"

#include <dlfcn.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "runtime/command_line.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

/// What to do where OpenBLAS, which chooses its kernels when it is loaded, does not know a
/// processor newer than itself and takes those of its oldest; else empty.
std::string openblas_advice() {
#if defined(__x86_64__)
  using CoreName = char* (*)();
  const auto name = reinterpret_cast<CoreName>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  if (name && std::string(name()) == "Prescott" && __builtin_cpu_supports("avx2")) {
    return std::string(
               "OpenBLAS takes this processor for an old one and is about half as fast as it "
               "could be: set OPENBLAS_CORETYPE=") +
           (__builtin_cpu_supports("avx512f") ? "SKYLAKEX" : "HASWELL");
  }
#endif
  return {};
}

}  // namespace

std::shared_ptr<spdlog::logger> make_logger(const Communicator& comm, const std::string& level,
                                            const std::string& file) {
  const auto parsed = spdlog::level::from_str(level);
  require(parsed != spdlog::level::off || level == "off",
          "log level '" + level + "' is none of trace, debug, info, warning, error, off");
  auto logger = std::make_shared<spdlog::logger>(
      "eigenprop", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern(comm.is_root()
                          ? "%^[%H:%M:%S %l]%$ %v"
                          : "%^[%H:%M:%S %l rank " + std::to_string(comm.rank()) + "]%$ %v");
  if (comm.is_root() && !file.empty()) {
    try {
      auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
      sink->set_pattern("%Y-%m-%d %H:%M:%S %l: %v");
      logger->sinks().push_back(sink);
      // People read it while the run goes on.
      logger->flush_on(spdlog::level::trace);
    } catch (const spdlog::spdlog_ex& error) {
      throw InputError("log file '" + file + "' cannot be written: " + error.what());
    }
  }
  logger->set_level(comm.is_root() ? parsed : std::max(parsed, spdlog::level::warn));
  const std::string advice = openblas_advice();
  if (comm.is_root() && !advice.empty()) logger->warn(advice);
  return logger;
}

void declare_log_level(CommandLine& line, std::string& level, const std::string& place) {
  line.choice("log", level, {"debug", "info", "warning", "error", "off"}, "What is told " + place);
}

}  // namespace eigenprop
