#include "runtime/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "runtime/error.hpp"

namespace eigenprop {

std::shared_ptr<spdlog::logger> make_logger(const Communicator& comm, const std::string& level) {
  const auto parsed = spdlog::level::from_str(level);
  require(parsed != spdlog::level::off || level == "off",
          "log level '" + level + "' is none of trace, debug, info, warning, error, off");
  auto logger = std::make_shared<spdlog::logger>(
      "eigenprop", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern(comm.is_root()
                          ? "%^[%H:%M:%S %l]%$ %v"
                          : "%^[%H:%M:%S %l rank " + std::to_string(comm.rank()) + "]%$ %v");
  logger->set_level(comm.is_root() ? parsed : std::max(parsed, spdlog::level::warn));
  return logger;
}

}  // namespace eigenprop
