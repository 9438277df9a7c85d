// SPDX-License-Identifier: Apache-2.0
#include "transports/default_changes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "tests/support/catch.h"
#include "transports/default_parameters.h"
#include "transports/main_cf.h"

namespace lastmile {
namespace {

PostfixVersion release(std::string_view text) {
  const auto version = parse_postfix_version(text);
  REQUIRE(version.has_value());
  return *version;
}

TEST_CASE("default changes: sorted by name, then by time, none without effect") {
  const auto changes = default_changes();
  CHECK(std::ranges::is_sorted(changes, {}, [](const DefaultChange& change) {
    return std::tuple(change.name, change.first.back());
  }));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const DefaultChange& change = changes[i];
    INFO(change.name);
    CHECK(has_changed_default(change.name));
    REQUIRE_FALSE(change.first.empty());
    CHECK(std::ranges::is_sorted(change.first));
    const auto before =
        i > 0 && changes[i - 1].name == change.name
            ? (changes[i - 1].is_gone ? std::nullopt : std::optional(changes[i - 1].value))
            : default_parameter(change.name);
    CHECK(before != (change.is_gone ? std::nullopt : std::optional(change.value)));
    CHECK(default_parameter_of_any(change.name).has_value());
  }
}

TEST_CASE("default changes: the default of a parameter in a release") {
  struct Row {
    const char* release;
    const char* name;
    std::optional<std::string_view> value;
  };
  const Row rows[] = {
      {"3.7.11", "use_srv_lookup", std::nullopt},
      {"3.8.0", "use_srv_lookup", ""},
      {"3.7.11", "alias_maps", "hash:/etc/aliases, nis:mail.aliases"},
      {"3.10.13", "alias_maps", "hash:/etc/aliases, nis:mail.aliases"},
      {"3.11.0", "alias_maps", "$default_database_type:/etc/aliases, nis:mail.aliases"},
      {"3.7.19", "milter_default_action", "tempfail"},
      {"3.7.20", "milter_default_action", "shutdown"},
      {"3.8.14", "milter_default_action", "tempfail"},
      {"3.10.7", "milter_default_action", "tempfail"},
      {"3.10.8", "milter_default_action", "shutdown"},
      {"3.12.0", "milter_default_action", "shutdown"},
      {"3.7.8", "smtpd_forbid_bare_newline", std::nullopt},
      {"3.7.9", "smtpd_forbid_bare_newline", "no"},
      {"3.8.3", "smtpd_forbid_bare_newline", std::nullopt},
      {"3.8.4", "smtpd_forbid_bare_newline", "no"},
      {"3.9.0", "smtpd_forbid_bare_newline", "normalize"},
      {"3.10.4", "smtp_tls_enforce_sts_mx_patterns", std::nullopt},
      {"3.10.5", "smtp_tls_enforce_sts_mx_patterns", "yes"},
      {"3.11.0", "smtp_tls_enforce_sts_mx_patterns", "yes"},
      {"3.10.13", "tls_legacy_public_key_fingerprints", "no"},
      {"3.11.0", "tls_legacy_public_key_fingerprints", std::nullopt},
      {"3.11.6", "tls_eecdh_auto_curves", "?X25519MLKEM768:DEFAULT"},
      {"3.10.0", "tls_eecdh_auto_curves", "X25519 X448 prime256v1 secp384r1 secp521r1"},
      {"3.11.6", "mailbox_command", ""},
      {"3.11.6", "nosuch_parameter", std::nullopt},
  };
  for (const Row& row : rows) {
    INFO(row.release << ' ' << row.name);
    CHECK(default_parameter_in(release(row.release), row.name) == row.value);
  }
}

TEST_CASE("default changes: as many names as Postfix has brought and taken") {
  struct Row {
    const char* from;
    const char* to;
    long more;
  };
  const Row rows[] = {
      {"3.7.11", "3.8.6", 6},    {"3.8.6", "3.9.0", 8},    {"3.9.0", "3.10.13", 12},
      {"3.10.13", "3.11.6", 16}, {"3.11.6", "3.12.0", 36},
  };
  for (const Row& row : rows) {
    INFO(row.to);
    CHECK(static_cast<long>(parameters_of(release(row.to)).size()) -
              static_cast<long>(parameters_of(release(row.from)).size()) ==
          row.more);
  }
}

TEST_CASE("default changes: since when a name is known") {
  CHECK(first_with_parameter("alias_maps").empty());
  CHECK(first_with_parameter("milter_default_action").empty());
  CHECK(first_with_parameter("tls_legacy_public_key_fingerprints").empty());
  CHECK(first_with_parameter("nosuch_parameter").empty());
  CHECK(to_string(std::span<const PostfixVersion>(first_with_parameter("use_srv_lookup"))) ==
        "3.8");
  CHECK(to_string(std::span<const PostfixVersion>(first_with_parameter("tls_config_file"))) ==
        "3.7.6, 3.8.1, 3.9");
}

TEST_CASE("main.cf: defaults and names are those of the release that is followed") {
  auto main_cf =
      MainCf::parse("asked = <$use_srv_lookup>\nkind = $default_database_type\n", "main.cf");
  REQUIRE(main_cf.ok());
  const auto follow = [&](const char* text) {
    main_cf->follow(std::make_shared<const PostfixRelease>(
        release(text), "chosen", [](const std::string& name) {
          return name == "default_database_type" ? std::optional<std::string>("lmdb")
                                                 : std::nullopt;
        }));
  };
  follow("3.7.11");
  CHECK_FALSE(main_cf->find("use_srv_lookup").has_value());
  CHECK(*main_cf->expand("alias_maps") == "hash:/etc/aliases, nis:mail.aliases");
  CHECK_FALSE(main_cf->find("default_cache_db_type").has_value());
  follow("3.11.0");
  CHECK(main_cf->find("use_srv_lookup").has_value());
  CHECK(*main_cf->expand("alias_maps") == "lmdb:/etc/aliases, nis:mail.aliases");
  CHECK(*main_cf->expand("address_verify_map") == "btree:/var/lib/postfix/verify_cache");
  CHECK(*main_cf->expand("kind") == "lmdb");
}

}  // namespace
}  // namespace lastmile
