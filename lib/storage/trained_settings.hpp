#pragma once

#include <string>

#include "runtime/command_line.hpp"
#include "storage/checkpoint.hpp"

namespace eigenprop {

/// The settings that `declare` names, as the training of a checkpoint had them; what else its
/// configuration holds is passed over. `source` names the checkpoint in errors. Throws
/// ConfigurationError.
template <class Settings>
Settings trained_settings(const Checkpoint& checkpoint, const std::string& source,
                          void (*declare)(CommandLine&, Settings&)) {
  Settings settings;
  CommandLine line("", "");
  declare(line, settings);
  line.ignore_other_keys();
  line.parse_text(checkpoint.configuration, source);
  return settings;
}

}  // namespace eigenprop
