#include <gtest/gtest.h>

#include <set>
#include <string>

#include "runtime/processor.hpp"

namespace eigenprop {
namespace {

// Instruction sets of a pretended processor.
std::set<std::string> pretended;

bool pretends(const char* feature) { return pretended.count(feature) != 0; }

const std::set<std::string> nehalem = {"sse3", "ssse3", "sse4.1", "sse4.2", "popcnt"};

std::set<std::string> haswell() {
  auto all = nehalem;
  all.insert({"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"});
  return all;
}

std::set<std::string> skylake_server() {
  auto all = haswell();
  all.insert({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"});
  return all;
}

TEST(Processor, RunsWhatItWasCompiledFor) {
  EXPECT_EQ(missing_feature(required_features, processor_has), nullptr);
  require_processor();
}

TEST(Processor, NamesTheFirstFeatureThatIsMissing) {
  const char* const required[] = {"sse3", "avx2", "avx512f", "avx512vl", nullptr};
  pretended = haswell();
  EXPECT_STREQ(missing_feature(required, pretends), "avx512f");
  pretended = nehalem;
  EXPECT_STREQ(missing_feature(required, pretends), "avx2");
  pretended = skylake_server();
  EXPECT_EQ(missing_feature(required, pretends), nullptr);
}

TEST(Processor, NamesTheCodeThatItCanRun) {
  pretended = {};
  EXPECT_STREQ(portable_arch(pretends), "x86-64");
  pretended = nehalem;
  EXPECT_STREQ(portable_arch(pretends), "x86-64-v2");
  pretended = haswell();
  EXPECT_STREQ(portable_arch(pretends), "x86-64-v3");
  pretended.erase("movbe");
  EXPECT_STREQ(portable_arch(pretends), "x86-64-v2");
  pretended = skylake_server();
  EXPECT_STREQ(portable_arch(pretends), "x86-64-v4");
}

#if defined(__x86_64__) && defined(__GNUC__)
// Another reader of CPUID: the compiler's.
TEST(Processor, AgreesWithTheCompiler) {
  __builtin_cpu_init();
  EXPECT_EQ(processor_has("sse4.2"), __builtin_cpu_supports("sse4.2") != 0);
  EXPECT_EQ(processor_has("popcnt"), __builtin_cpu_supports("popcnt") != 0);
  EXPECT_EQ(processor_has("avx"), __builtin_cpu_supports("avx") != 0);
  EXPECT_EQ(processor_has("avx2"), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(processor_has("fma"), __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ(processor_has("bmi"), __builtin_cpu_supports("bmi") != 0);
  EXPECT_EQ(processor_has("bmi2"), __builtin_cpu_supports("bmi2") != 0);
  EXPECT_EQ(processor_has("xop"), __builtin_cpu_supports("xop") != 0);
  EXPECT_EQ(processor_has("fma4"), __builtin_cpu_supports("fma4") != 0);
  EXPECT_EQ(processor_has("avx512f"), __builtin_cpu_supports("avx512f") != 0);
  EXPECT_EQ(processor_has("avx512cd"), __builtin_cpu_supports("avx512cd") != 0);
  EXPECT_EQ(processor_has("avx512dq"), __builtin_cpu_supports("avx512dq") != 0);
  EXPECT_EQ(processor_has("avx512bw"), __builtin_cpu_supports("avx512bw") != 0);
  EXPECT_EQ(processor_has("avx512vl"), __builtin_cpu_supports("avx512vl") != 0);
  EXPECT_EQ(processor_has("avx512ifma"), __builtin_cpu_supports("avx512ifma") != 0);
  EXPECT_EQ(processor_has("avx512vbmi"), __builtin_cpu_supports("avx512vbmi") != 0);
  EXPECT_EQ(processor_has("avx512vbmi2"), __builtin_cpu_supports("avx512vbmi2") != 0);
  EXPECT_EQ(processor_has("avx512vnni"), __builtin_cpu_supports("avx512vnni") != 0);
  EXPECT_EQ(processor_has("avx512bitalg"), __builtin_cpu_supports("avx512bitalg") != 0);
  EXPECT_EQ(processor_has("avx512vpopcntdq"), __builtin_cpu_supports("avx512vpopcntdq") != 0);
  EXPECT_EQ(processor_has("gfni"), __builtin_cpu_supports("gfni") != 0);
}
#endif

}  // namespace
}  // namespace eigenprop
