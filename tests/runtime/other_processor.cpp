// A program that was compiled for another processor: AMD's Bulldozer and its successors alone have
// XOP. Nothing of it runs elsewhere, neither main nor the constructors of global objects.

#include <cstdio>

#include "runtime/processor.hpp"

namespace eigenprop {

const char* const required_features[] = {"sse3", "xop", nullptr};

}  // namespace eigenprop

namespace {

struct Global {
  Global() {
    std::puts("global object");
    std::fflush(stdout);
  }
} const global;

}  // namespace

int main() {
  std::puts("main");
  return 0;
}
