#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "local/invocation.h"

namespace {

constexpr int kTryAgain = 75;       // EX_TEMPFAIL
constexpr int kInternalError = 70;  // EX_SOFTWARE

/// A delivery that ends in a way that nobody foresaw is tried again.
int status_of_crash(const std::vector<std::string>& arguments) {
  for (const std::string& word : arguments) {
    if (word == "deliver" || word == "lmtp") {
      return kTryAgain;
    }
  }
  return kInternalError;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  try {
    return lastmile::run(arguments, std::cin, std::cout, std::cerr);
  } catch (const std::exception& error) {
    std::cerr << "lastmile: " << error.what() << '\n';
  }
  return status_of_crash(arguments);
}
