// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/openssl.h"

#include <utility>

#include "aliases/tables/shared_library.h"

namespace lastmile {

Result<OpenSsl> OpenSsl::load() {
  constexpr std::string_view kPackage = "libssl3";
  auto crypto = SharedLibrary::load({"libcrypto.so.3"}, kPackage);
  auto ssl = SharedLibrary::load({"libssl.so.3"}, kPackage);
  for (const auto* library : {&crypto, &ssl}) {
    if (!*library) {
      return library->error();
    }
  }
  OpenSsl all;
#define LASTMILE_FIND(name) ssl->find(#name, all.name);
  LASTMILE_SSL_FUNCTIONS(LASTMILE_FIND)
#undef LASTMILE_FIND
#define LASTMILE_FIND(name) crypto->find(#name, all.name);
  LASTMILE_CRYPTO_FUNCTIONS(LASTMILE_FIND)
#undef LASTMILE_FIND
  for (const auto* library : {&crypto, &ssl}) {
    if (auto found = (*library)->all_found(); !found) {
      return std::move(found).error();
    }
  }
  return all;
}

}  // namespace lastmile
