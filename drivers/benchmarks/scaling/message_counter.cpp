#include "scaling/message_counter.hpp"

namespace eigenprop {
namespace {

// The profiling interface has no place for an object: MPI calls free functions. Only the main
// thread calls MPI (MPI_THREAD_FUNNELED).
MessageCounts counts;
int present_bin = 0;
MessageListener present_listener;

}  // namespace

const char* message_kind_name(int kind) {
  constexpr const char* names[message_kinds] = {
      "point_to_point", "one_sided",  "barrier",      "broadcast", "gather",
      "scatter",        "all_gather", "all_to_all",   "reduce",    "all_reduce",
      "reduce_scatter", "scan",       "neighbourhood"};
  return names[kind];
}

bool operator==(const MessageTally& a, const MessageTally& b) {
  return a.calls == b.calls && a.bytes == b.bytes && a.messages == b.messages &&
         a.message_bytes == b.message_bytes;
}

MessageTally operator-(const MessageTally& a, const MessageTally& b) {
  return {a.calls - b.calls, a.bytes - b.bytes, a.messages - b.messages,
          a.message_bytes - b.message_bytes};
}

MessageTally& operator+=(MessageTally& a, const MessageTally& b) {
  a.calls += b.calls;
  a.bytes += b.bytes;
  a.messages += b.messages;
  a.message_bytes += b.message_bytes;
  return a;
}

const MessageCounts& message_counts() { return counts; }

int set_message_bin(int bin) {
  const int before = present_bin;
  present_bin = bin;
  return before;
}

void set_message_listener(const MessageListener& listener) { present_listener = listener; }

MessageCall::MessageCall() {
  if (present_listener.enter) present_listener.enter();
}

MessageCall::~MessageCall() {
  if (present_listener.leave) present_listener.leave();
}

void count_message(MessageKind kind, const MessageTally& tally) {
  counts[static_cast<std::size_t>(present_bin)][static_cast<std::size_t>(kind)] += tally;
}

}  // namespace eigenprop
