#pragma once

#include <vector>

#include "runtime/communicator.hpp"
#include "runtime/stop_request.hpp"

namespace eigenprop {

/// Carries one rank's request to stop to all others without a collective call, so that each hears
/// of it between two units of its own work. A signal may reach some ranks only, and at any moment:
/// what ranks do about it, they agree on where they meet anyway.
class StopNotice {
 public:
  /// `request` must outlive this. Collective over `comm`, which is duplicated.
  StopNotice(const StopRequest& request, const Communicator& comm);
  StopNotice(const StopNotice&) = delete;
  StopNotice& operator=(const StopNotice&) = delete;

  /// Whether this rank was asked to stop, or has heard of another one that was. Cheap.
  bool heard();

  /// Takes in what is still on its way: the last call on an instance, on all ranks, unless an
  /// exception ends the program. Collective.
  void settle();

 private:
  void tell_others();
  void receive(int source);

  const StopRequest& request_;
  Communicator comm_;
  bool told_ = false;
  bool heard_ = false;
  std::vector<char> received_;  ///< by source
};

}  // namespace eigenprop
