// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/ldap_settings.h"

#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

using Choice = TableSettings::Choice;

void append_escaping(std::string_view part, std::string_view special, std::string& out) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  for (const char letter : part) {
    if (special.find(letter) == std::string_view::npos) {
      out += letter;
      continue;
    }
    const auto octet = static_cast<unsigned char>(letter);
    out += {'\\', kHexDigits[octet >> 4], kHexDigits[octet & 0xF]};
  }
}

bool is_url(std::string_view word) {
  return starts_with_ignoring_case(word, "ldap://") ||
         starts_with_ignoring_case(word, "ldaps://") || starts_with_ignoring_case(word, "ldapi://");
}

void add_words(std::string_view text, std::vector<std::string>& names) {
  for (const std::string_view word : split_list(text)) {
    names.emplace_back(word);
  }
}

/// Reads settings one after the other, and keeps the first mistake.
class Reader {
 public:
  explicit Reader(const TableSettings& from) : from_(from) {}

  long number(std::string_view parameter, long usual, long least) {
    const auto value = from_.number(parameter, usual, least);
    return value ? *value : note(value.error(), usual);
  }
  bool choice(std::string_view parameter, Choice usual) {
    const auto value = from_.choice(parameter, usual);
    return (value ? *value : note(value.error(), usual)) == Choice::yes;
  }
  std::string text(std::string_view parameter, std::string_view usual = {}) const {
    return from_.find(parameter).value_or(std::string(usual));
  }
  LookupTemplate query_template(std::string_view parameter, std::string_view usual) {
    auto parsed = LookupTemplate::parse(text(parameter, usual), LookupTemplate::Role::query);
    if (parsed) {
      return *std::move(parsed);
    }
    return note(from_.bad_setting(parameter, parsed.error().text), LookupTemplate{});
  }
  void refuse(std::string_view parameter, std::string text) {
    note(from_.bad_setting(parameter, std::move(text)), 0);
  }

  const std::optional<Error>& problem() const { return problem_; }

 private:
  template <class T>
  T note(Error error, T usual) {
    if (!problem_) {
      problem_ = std::move(error);
    }
    return usual;
  }

  const TableSettings& from_;
  std::optional<Error> problem_ = {};
};

/// Hosts and ports become URLs, which all versions of the library take.
void read_hosts(Reader& from, LdapServers& servers) {
  const std::string port = std::to_string(from.number("server_port", 389, 0));
  const std::string hosts = from.text("server_host", "localhost");
  for (const std::string_view word : split_list(hosts)) {
    servers.urls += servers.urls.empty() ? "" : " ";
    if (!is_url(word)) {
      servers.urls.append("ldap://").append(word);
      servers.urls += word.find(':') == std::string_view::npos ? ":" + port : "";
      continue;
    }
    servers.urls += word;
    if (!starts_with_ignoring_case(word, "ldap://")) {
      servers.version = 3;
    }
    servers.uses_tls = servers.uses_tls || starts_with_ignoring_case(word, "ldaps://");
  }
}

void read_bind(Reader& from, LdapServers& servers) {
  const std::string bind = fold_ascii(from.text("bind", "yes"));
  if (bind == "no" || bind == "none") {
    servers.bind = LdapServers::Bind::none;
  } else if (bind == "sasl") {
    servers.bind = LdapServers::Bind::sasl;
  } else if (bind != "yes" && bind != "simple") {
    from.refuse("bind", "unsupported parameter value: " + printable(bind) +
                            " (yes, simple, sasl, no, none)");
  }
  servers.bind_dn = from.text("bind_dn");
  servers.bind_password = from.text("bind_pw");
  servers.sasl_mechanisms = from.text("sasl_mechs");
  servers.sasl_realm = from.text("sasl_realm");
  servers.sasl_authorization_id = from.text("sasl_authz_id");
  servers.sasl_least_strength = from.number("sasl_minssf", 0, 0);
}

void read_tls(Reader& from, LdapServers& servers) {
  servers.start_tls = from.choice("start_tls", Choice::no);
  if (servers.start_tls) {
    servers.version = 3;
    servers.uses_tls = true;
  }
  servers.tls_require_cert = from.choice("tls_require_cert", Choice::no);
  servers.tls_ca_cert_file = from.text("tls_ca_cert_file");
  servers.tls_ca_cert_dir = from.text("tls_ca_cert_dir");
  servers.tls_cert = from.text("tls_cert");
  servers.tls_key = from.text("tls_key");
  servers.tls_random_file = from.text("tls_random_file");
  servers.tls_cipher_suite = from.text("tls_cipher_suite");
}

LdapServers read_servers(Reader& from) {
  LdapServers servers;
  servers.version = from.number("version", 2, 2) == 3 ? 3 : 2;
  read_hosts(from, servers);
  read_bind(from, servers);
  read_tls(from, servers);
  servers.timeout = std::chrono::seconds(from.number("timeout", 10, 1));
  const long dereference = from.number("dereference", 0, 0);
  servers.dereference = dereference > 3 ? 0 : static_cast<int>(dereference);
  servers.chase_referrals = from.choice("chase_referrals", Choice::no);
  return servers;
}

LdapAttributes read_attributes(const Reader& from) {
  LdapAttributes attributes;
  add_words(from.text("terminal_result_attribute"), attributes.names);
  attributes.terminal_count = attributes.names.size();
  add_words(from.text("leaf_result_attribute"), attributes.names);
  attributes.leaf_count = attributes.names.size() - attributes.terminal_count;
  add_words(from.text("result_attribute", "maildrop"), attributes.names);
  attributes.value_count = attributes.names.size();
  add_words(from.text("special_result_attribute"), attributes.names);
  return attributes;
}

LdapScope read_scope(const Reader& from) {
  const std::string scope = fold_ascii(from.text("scope", "sub"));
  if (scope == "one") {
    return LdapScope::one;
  }
  return scope == "base" ? LdapScope::base : LdapScope::subtree;
}

}  // namespace

void append_for_dn(std::string_view part, std::string& out) {
  append_escaping(part, " \t\"#+,;<>\\", out);
}

void append_for_filter(std::string_view part, std::string& out) {
  append_escaping(part, "*()\\", out);
}

Result<LdapSettings> LdapSettings::read(const TableSettings& from, World& world,
                                        const TablePolicy& policy) {
  Reader reader(from);
  LdapSettings settings;
  settings.owner = from.owner();
  settings.servers = read_servers(reader);
  settings.search_base = reader.query_template("search_base", "");
  settings.base_depends_on_key = !settings.search_base.is_constant();
  constexpr std::string_view kUsualFilter = "(mailacceptinggeneralid=%s)";
  settings.query_filter = reader.query_template("query_filter", kUsualFilter);
  settings.list = ldap_list_of(from, from.find("query_filter").value_or(std::string(kUsualFilter)));
  settings.attributes = read_attributes(reader);
  settings.scope = read_scope(reader);
  settings.recursion_limit = reader.number("recursion_limit", 1000, 1);
  settings.size_limit = reader.number("size_limit", reader.number("expansion_limit", 0, 0), 0);
  if (reader.problem()) {
    return *reader.problem();
  }
  auto format = LookupFormat::read(from, world, policy,
                                   from.find("result_format") ? "result_format" : "result_filter");
  if (!format) {
    return std::move(format).error();
  }
  settings.format = *std::move(format);
  return settings;
}

}  // namespace lastmile
