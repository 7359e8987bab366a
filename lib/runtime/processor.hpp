#pragma once

namespace eigenprop {

/// Instruction sets that eigenprop's own code was compiled for beyond the base of its architecture
/// (x86-64), by the names that compilers give them ("avx512f"); ends with a null pointer. Empty on
/// other architectures.
extern const char* const required_features[];

/// Whether this processor and its operating system have an instruction set. True for names that are
/// not known here.
bool processor_has(const char* feature);

/// The first of `required`, a list that ends with a null pointer, that `has` denies; null where it
/// denies none.
const char* missing_feature(const char* const* required, bool (*has)(const char*));

/// The value of EIGENPROP_ARCH for the best code that every processor with what `has` affirms can
/// run: a level of the x86-64 ABI, "x86-64" to "x86-64-v4".
const char* portable_arch(bool (*has)(const char*));

/// Ends the program with one line and status 1 where the processor lacks one of required_features.
/// Runs by itself before anything else of the program does: an illegal instruction would be the
/// alternative, as where login and compute nodes differ. Does nothing on architectures other than
/// x86-64.
void require_processor();

}  // namespace eigenprop
