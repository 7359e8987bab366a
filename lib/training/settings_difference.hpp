#pragma once

#include <map>
#include <string>

namespace eigenprop {

/// What tells one training from another.
struct TrainingIdentity {
  std::string configuration;                ///< in the format of configuration files
  std::map<std::string, std::string> data;  ///< digests of data sets, by their setting
};

/// The first setting, in the order of `now`, that is not what it was, as "key: old before, new
/// now"; empty where there is none. These may differ: names of files (data sets count by their
/// digests), resume, import, import_pixels, checkpoint_steps, checkpoint_minutes, log, log_file,
/// classes, features, extents (of --dry-run), train.score_epochs, memory_limit, train.iterations
/// (of a run that is made longer), and train.epochs, unless epochs have been done and the cosine of
/// train.schedule or a changing objective.epsilon has its course over all of them. Keys that only
/// one of them has, of another version, do not count.
std::string first_difference(const TrainingIdentity& before, const TrainingIdentity& now);

}  // namespace eigenprop
