// SPDX-License-Identifier: Apache-2.0
// In the place of tls_engine.cc where OpenSSL was not there to build with.
#include "transports/agents/tls_engine.h"

namespace lastmile {

bool is_tls_built_in() {
  return false;
}

std::string key_of(const TlsSession& /*session*/) {
  return {};
}

std::shared_ptr<TlsEngine> make_tls_engine(const TlsEngineOptions& /*options*/, LogLines& log) {
  log.push_back({true, "lastmile was built without OpenSSL: disabling TLS support"});
  return nullptr;
}

}  // namespace lastmile
