#pragma once

#include <cstddef>
#include <string>

namespace eigenprop {

/// The name under which a file is written before it gets the name `path`: beside it, so that the
/// last step is a rename. Whoever holds the lock of `path` (output_claim.hpp) owns it.
std::string temporary_name(const std::string& path);

/// Flushes file `temporary` to the disk and gives it the name `path`, replacing an older file in
/// one step, so that readers and a crash see either the old or the new one. Throws InputError with
/// the system's reason; `temporary` is removed then.
void publish_file(const std::string& temporary, const std::string& path);

/// Writes a whole file in that way. Throws InputError; an older file stays then.
void write_file(const std::string& path, const void* data, std::size_t size);
void write_file(const std::string& path, const std::string& text);

}  // namespace eigenprop
