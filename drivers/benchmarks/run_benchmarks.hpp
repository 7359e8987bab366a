#pragma once

#include <benchmark/benchmark.h>

#include "runtime/session.hpp"
#include "runtime/version.hpp"

namespace eigenprop {

/// `main` of a program of Google Benchmarks; the release stands in the context of its results.
inline int run_benchmarks(int argc, char** argv) {
  return run_main(argc, argv, [&](Session&) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return ExitStatus::usage;
    benchmark::AddCustomContext("eigenprop_version", version());
    benchmark::AddCustomContext("eigenprop_commit", commit());
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return ExitStatus::success;
  });
}

}  // namespace eigenprop
