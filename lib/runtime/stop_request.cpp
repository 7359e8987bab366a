#include "runtime/stop_request.hpp"

#include <csignal>

namespace eigenprop {
namespace {

volatile std::sig_atomic_t stop_flag = 0;

extern "C" void set_stop_flag(int) { stop_flag = 1; }

}  // namespace

StopRequest::StopRequest() {
  stop_flag = 0;
  previous_usr1_ = std::signal(SIGUSR1, set_stop_flag);
  previous_term_ = std::signal(SIGTERM, set_stop_flag);
}

StopRequest::~StopRequest() {
  std::signal(SIGUSR1, previous_usr1_);
  std::signal(SIGTERM, previous_term_);
}

bool StopRequest::requested() const { return stop_flag != 0; }

}  // namespace eigenprop
