// Compiled for the base of the architecture, whatever EIGENPROP_ARCH is, and from plain functions
// of C: of an inline function of C++ the linker might take the copy of a file that is not.

#include "runtime/processor.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace eigenprop {
namespace {

#ifdef __x86_64__

enum class Register { ebx, ecx, edx, eax };

// State that the operating system must save for the registers used.
enum class Registers { general, avx, avx512 };

// Where CPUID tells of an instruction set (Intel, Software Developer's Manual, volume 2; the
// extended leaf: AMD, Architecture Programmer's Manual, volume 3).
struct Feature {
  const char* name;
  unsigned leaf, subleaf;
  Register reg;
  int bit;
  Registers uses;
};

constexpr unsigned extended = 0x80000001;

const Feature features[] = {
    {"sse3", 1, 0, Register::ecx, 0, Registers::general},
    {"ssse3", 1, 0, Register::ecx, 9, Registers::general},
    {"sse4.1", 1, 0, Register::ecx, 19, Registers::general},
    {"sse4.2", 1, 0, Register::ecx, 20, Registers::general},
    {"movbe", 1, 0, Register::ecx, 22, Registers::general},
    {"popcnt", 1, 0, Register::ecx, 23, Registers::general},
    {"avx", 1, 0, Register::ecx, 28, Registers::avx},
    {"f16c", 1, 0, Register::ecx, 29, Registers::avx},
    {"fma", 1, 0, Register::ecx, 12, Registers::avx},
    {"lzcnt", extended, 0, Register::ecx, 5, Registers::general},
    {"xop", extended, 0, Register::ecx, 11, Registers::avx},
    {"fma4", extended, 0, Register::ecx, 16, Registers::avx},
    {"bmi", 7, 0, Register::ebx, 3, Registers::general},
    {"avx2", 7, 0, Register::ebx, 5, Registers::avx},
    {"bmi2", 7, 0, Register::ebx, 8, Registers::general},
    {"avx512f", 7, 0, Register::ebx, 16, Registers::avx512},
    {"avx512dq", 7, 0, Register::ebx, 17, Registers::avx512},
    {"avx512ifma", 7, 0, Register::ebx, 21, Registers::avx512},
    {"avx512cd", 7, 0, Register::ebx, 28, Registers::avx512},
    {"avx512bw", 7, 0, Register::ebx, 30, Registers::avx512},
    {"avx512vl", 7, 0, Register::ebx, 31, Registers::avx512},
    {"avx512vbmi", 7, 0, Register::ecx, 1, Registers::avx512},
    {"avx512vbmi2", 7, 0, Register::ecx, 6, Registers::avx512},
    {"gfni", 7, 0, Register::ecx, 8, Registers::general},
    {"avx512vnni", 7, 0, Register::ecx, 11, Registers::avx512},
    {"avx512bitalg", 7, 0, Register::ecx, 12, Registers::avx512},
    {"avx512vpopcntdq", 7, 0, Register::ecx, 14, Registers::avx512},
    {"avx512fp16", 7, 0, Register::edx, 23, Registers::avx512},
    {"avxvnni", 7, 1, Register::eax, 4, Registers::avx},
    {"avx512bf16", 7, 1, Register::eax, 5, Registers::avx512},
};

bool cpuid_bit(unsigned leaf, unsigned subleaf, Register reg, int bit) {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(leaf, subleaf, &eax, &ebx, &ecx, &edx) == 0) return false;
  const unsigned value = reg == Register::eax   ? eax
                         : reg == Register::ebx ? ebx
                         : reg == Register::ecx ? ecx
                                                : edx;
  return (value >> bit & 1u) != 0;
}

bool saves(Registers uses) {
  if (uses == Registers::general) return true;
  constexpr int osxsave = 27;
  if (!cpuid_bit(1, 0, Register::ecx, osxsave)) return false;
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  // Bits of XCR0: SSE, AVX; masks and both halves of the 512-bit registers.
  const unsigned wanted = uses == Registers::avx ? 0x06u : 0xe6u;
  return (low & wanted) == wanted;
}

#endif

bool has_all(const char* const* wanted, bool (*has)(const char*)) {
  return missing_feature(wanted, has) == nullptr;
}

}  // namespace

bool processor_has(const char* name) {
#ifdef __x86_64__
  for (const auto& feature : features) {
    if (std::strcmp(feature.name, name) == 0)
      return cpuid_bit(feature.leaf, feature.subleaf, feature.reg, feature.bit) &&
             saves(feature.uses);
  }
#else
  (void)name;
#endif
  return true;
}

const char* missing_feature(const char* const* required, bool (*has)(const char*)) {
  for (; *required; ++required) {
    if (!has(*required)) return *required;
  }
  return nullptr;
}

const char* portable_arch(bool (*has)(const char*)) {
  // x86-64 psABI, table 3.1; what no processor has without these is left out.
  static const char* const v2[] = {"sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", nullptr};
  static const char* const v3[] = {"avx", "avx2",  "bmi",   "bmi2", "f16c",
                                   "fma", "lzcnt", "movbe", nullptr};
  static const char* const v4[] = {"avx512f",  "avx512bw", "avx512cd",
                                   "avx512dq", "avx512vl", nullptr};
  if (!has_all(v2, has)) return "x86-64";
  if (!has_all(v3, has)) return "x86-64-v2";
  return has_all(v4, has) ? "x86-64-v4" : "x86-64-v3";
}

// Before the constructors of all global objects, whose priorities are 65535. The session calls it
// as well, so that the linker takes this file.
__attribute__((constructor(101))) void require_processor() {
  const char* missing = missing_feature(required_features, processor_has);
  if (!missing) return;
#ifdef __linux__
  const char* program = program_invocation_short_name;
#else
  const char* program = "eigenprop";
#endif
  char line[512];
  std::snprintf(line, sizeof line,
                "%s: error: this build needs %s, which this processor lacks; build with "
                "EIGENPROP_ARCH=%s\n",
                program, missing, portable_arch(processor_has));
  // Whether it can be written or not, the program ends.
  if (write(STDERR_FILENO, line, std::strlen(line)) < 0) _exit(1);
  _exit(1);
}

namespace {

// Before the constructors of all global objects, whose priority is 65535. Never declared before:
// GCC would forget the priority. The session calls require_processor() as well, so that the linker
// takes this file.
__attribute__((constructor(101))) void require_processor_first() { require_processor(); }

}  // namespace

}  // namespace eigenprop
