// SPDX-License-Identifier: Apache-2.0
#include "transports/content_filter.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"
#include "transports/entry_services.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

constexpr const char* kServices =
    "smtp inet n - n - - smtpd\npickup unix n - n 60 1 pickup\nscan unix - - n - - smtp\n";

/// Where the content filter of port 25 gives mail back.
std::string reinjection(const std::string& main_cf, const std::string& master_cf) {
  ConfiguredWorld world(main_cf, kServices + master_cf);
  world.world().add_file("/srv/scan", "#!/bin/sh\nspamc | /usr/sbin/sendmail -G -i \"$@\"\n");
  ServiceConfigurations configurations(world.settings(), world.world());
  const Service* const entry = default_entry(world.settings().master_cf);
  const auto filter = content_filter_of(configurations.of_line(entry).settings());
  REQUIRE(filter);
  const Reinjection found = find_reinjection(*filter, entry, configurations);
  return found.entry == nullptr ? "none: " + found.reason : found.entry->name;
}

TEST_CASE("content filters: where mail comes back") {
  const std::string scan = "content_filter = scan:localhost:10024\n";
  struct Row {
    std::string about;
    std::string main_cf;
    std::string master_cf;
    std::string expected;
  };
  const Row rows[] = {
      {"the smtpd without a filter", scan,
       "localhost:10030 inet n - n - - smtpd\n  -o content_filter=\n", "localhost:10030"},
      {"the port behind the filter's", scan,
       "127.0.0.1:10025 inet n - n - - smtpd\n  -o content_filter=\n"
       "127.0.0.1:10027 inet n - n - - smtpd\n  -o content_filter=\n",
       "127.0.0.1:10025"},
      {"a chain: the listener has another filter", scan,
       "127.0.0.1:10025 inet n - n - - smtpd\n  -o content_filter=scan:localhost:10026\n"
       "127.0.0.1:10027 inet n - n - - smtpd\n  -o content_filter=\n",
       "127.0.0.1:10025"},
      {"the one that no other filter has", "content_filter = scan:localhost:10026\n",
       "submission inet n - n - - smtpd\n  -o content_filter=scan:localhost:10024\n"
       "127.0.0.1:10025 inet n - n - - smtpd\n  -o content_filter=\n"
       "127.0.0.1:10028 inet n - n - - smtpd\n  -o content_filter=\n",
       "127.0.0.1:10028"},
      {"an option", scan + "lastmile_reinjection_service = scan=pickup\n",
       "localhost:10025 inet n - n - - smtpd\n  -o content_filter=\n", "pickup"},
      {"a script that calls sendmail", "content_filter = job:\n",
       "job unix - n n - - pipe\n  user=nobody argv=/srv/scan -f ${sender} -- ${recipient}\n",
       "pickup"},
      {"nobody", scan, "", "none: no smtpd sets another content_filter"},
      {"several", scan,
       "127.0.0.1:20 inet n - n - - smtpd\n  -o content_filter=\n"
       "127.0.0.1:21 inet n - n - - smtpd\n  -o content_filter=\n",
       "none: several smtpd services could take it back"},
  };
  for (const Row& row : rows) {
    INFO(row.about);
    CHECK(reinjection(row.main_cf, row.master_cf) == row.expected);
  }
}

}  // namespace
}  // namespace lastmile
