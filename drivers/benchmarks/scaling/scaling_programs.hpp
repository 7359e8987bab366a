#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/command_line.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

struct ScalingCase;

/// What a case runs: work in steps on all ranks, on data that it makes itself.
class ScalingProgram {
 public:
  struct Launch {
    std::int64_t copies = 1;  ///< how often the work is there; above 1 only where grows()
    std::int64_t steps = 1;   ///< that run() takes
    std::string scratch;      ///< begin of the names of files that it makes and removes
  };

  virtual ~ScalingProgram() = default;

  virtual void declare(CommandLine& line) = 0;
  /// Throws ConfigurationError.
  virtual void check() const {}

  /// Whether it has a weak form: more work of the kind that leaves numbers() as they are.
  virtual bool grows() const { return false; }

  /// Collective over `world`, which must outlive the program, as all further members.
  virtual void prepare(const Launch& launch, const Communicator& world) = 0;

  /// Calls `step_done` after each step.
  virtual void run(const std::function<void()>& step_done) = 0;

  /// Pieces of work of a step that ranks share, 1 where they share none; after prepare().
  virtual std::int64_t units() const = 0;

  /// What must not depend on the ranks, the same on all of them.
  virtual std::map<std::string, double> numbers() = 0;
};

/// One that takes its steps one by one.
class SteppedProgram : public ScalingProgram {
 public:
  void prepare(const Launch& launch, const Communicator& world) override {
    launch_ = launch;
    world_ = &world;
    make();
  }
  void run(const std::function<void()>& step_done) override {
    for (std::int64_t i = 0; i < launch_.steps; ++i) {
      step();
      step_done();
    }
  }

 protected:
  /// Makes what the steps work on, for launch_ and world_.
  virtual void make() = 0;
  virtual void step() = 0;

  Launch launch_;
  const Communicator* world_ = nullptr;
};

/// Programs by the name under which cases run them.
using ScalingPrograms = std::vector<std::pair<std::string, std::unique_ptr<ScalingProgram> (*)()>>;

template <class Program>
std::unique_ptr<ScalingProgram> new_program() {
  return std::make_unique<Program>();
}

std::vector<std::string> scaling_program_names();

/// Throws ConfigurationError for an unknown name.
std::unique_ptr<ScalingProgram> make_scaling_program(const std::string& name);

struct ConfiguredProgram {
  std::unique_ptr<ScalingProgram> program;
  std::string configuration;  ///< all its settings
};

/// The program with the settings of the case, `small` ones where asked for. Throws
/// ConfigurationError.
ConfiguredProgram program_of_case(const ScalingCase& scaling_case, bool small);

}  // namespace eigenprop
