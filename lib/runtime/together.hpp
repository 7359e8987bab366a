#pragma once

#include <functional>
#include <string>

#include "runtime/communicator.hpp"

namespace eigenprop {

/// Runs `action` on every rank. Where it throws on one of them, all throw: the lowest such rank's
/// own exception, text and place of origin, everywhere. The text begins with the rank where that
/// is not 0. `action` must not communicate. Collective over `comm`.
void together(const Communicator& comm, const std::function<void()>& action);

/// Throws InputError with `what` and the first line that differs where `text` is not the same on
/// all ranks. Collective over `comm`.
void require_same(const Communicator& comm, const std::string& text, const std::string& what);

}  // namespace eigenprop
