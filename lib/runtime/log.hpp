#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "runtime/communicator.hpp"

namespace eigenprop {

class CommandLine;

/// Logger on standard error that speaks on rank 0 of `comm` and is silent elsewhere, except for
/// warnings and errors, which carry their rank. Levels: trace, debug, info, warning, error, off.
/// Says at once where OpenBLAS does not know the processor. `file`: what rank 0 tells is also added
/// to the end of this file, with the date; empty: to none. Throws InputError where it cannot be
/// written.
std::shared_ptr<spdlog::logger> make_logger(const Communicator& comm,
                                            const std::string& level = "info",
                                            const std::string& file = "");

/// Declares the key "log", the level that make_logger() takes; `place`: where that is told.
void declare_log_level(CommandLine& line, std::string& level,
                       const std::string& place = "on standard error");

}  // namespace eigenprop
