#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/command_line.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

/// A configuration file for the time of a test.
class ConfigurationFile {
 public:
  explicit ConfigurationFile(const std::string& text)
      : path_(testing::TempDir() + "eigenprop_" + std::to_string(getpid()) + ".toml") {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~ConfigurationFile() { std::remove(path_.c_str()); }
  ConfigurationFile(const ConfigurationFile&) = delete;
  ConfigurationFile& operator=(const ConfigurationFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A key of every type.
struct RunSettings {
  std::string output = "run.h5";
  std::string trunk = "small";
  std::int64_t epochs = 10;
  double rate = 0.1;
  bool flip = true;
  bool dry = false;
  std::vector<double> range = {1, 2};
  std::vector<double> milestones;
  std::vector<std::int64_t> map = {16, 16};
  std::vector<std::string> layers;
  CommandLine line{"program", "what it does"};

  RunSettings() {
    line.option("output", output, "where results go");
    line.choice("model.trunk", trunk, {"small", "vgg16"}, "network");
    line.option("train.epochs", epochs, "passes over the data");
    line.option("train.rate", rate, "learning rate");
    line.option("data.flip", flip, "mirror images");
    line.option("data.range", range, "scale jitter");
    line.option("train.milestones", milestones, "where the rate drops");
    line.option("model.map", map, "rows and columns");
    line.option("model.layers", layers, "layers");
    line.flag("dry-run", dry, "print and stop");
  }

  bool parse(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv = {"program"};
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    return line.parse(static_cast<int>(argv.size()), argv.data());
  }

  /// What parsing says, in one line, or "no error".
  std::string error(const std::vector<std::string>& arguments) {
    try {
      parse(arguments);
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return "no error";
  }
};

/// Of a file with this text; its path is told as FILE.
inline std::string error_of_file(const std::string& text) {
  const ConfigurationFile file(text);
  auto error = RunSettings().error({"--config", file.path()});
  const auto path = error.find(file.path());
  if (path != std::string::npos) error.replace(path, file.path().size(), "FILE");
  return error;
}

}  // namespace eigenprop
