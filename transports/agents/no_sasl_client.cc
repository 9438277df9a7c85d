// SPDX-License-Identifier: Apache-2.0
// In the place of sasl_client.cc where Cyrus SASL was not there to build with.
#include "transports/agents/sasl_client.h"

namespace lastmile {
namespace {

class NoLogin final : public lmtp::Login {
 public:
  std::vector<std::string> usable(const std::vector<std::string>& offered) override {
    return offered;
  }
  Answer begin(const std::vector<std::string>& /*mechanisms*/,
               lmtp::Protection /*protection*/) override {
    return {{}, {}, "lastmile was built without Cyrus SASL"};
  }
  Answer answer(std::string_view /*challenge*/) override {
    return begin({}, lmtp::Protection::none);
  }
};

}  // namespace

bool is_sasl_built_in() {
  return false;
}

std::shared_ptr<lmtp::Login> make_login(const SaslOptions& /*options*/) {
  return std::make_shared<NoLogin>();
}

}  // namespace lastmile
