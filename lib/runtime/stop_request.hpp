#pragma once

namespace eigenprop {

/// While an instance lives, SIGUSR1 and SIGTERM do not end the process but set a flag: schedulers
/// announce the end of a job's time by such a signal. One instance at a time.
class StopRequest {
 public:
  StopRequest();
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  /// True on this rank once a signal has arrived; ranks must agree by a reduction.
  bool requested() const;

 private:
  void (*previous_usr1_)(int);
  void (*previous_term_)(int);
};

}  // namespace eigenprop
