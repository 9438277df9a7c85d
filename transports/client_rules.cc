// SPDX-License-Identifier: Apache-2.0
#include "transports/client_rules.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "aliases/text.h"
#include "transports/domain_syntax.h"
#include "transports/parameter_reader.h"
#include "transports/tls_rules.h"

namespace lastmile {
namespace {

/// The value of a parameter of one service, or nothing where neither file sets it.
struct FoundValue {
  std::string value = {};
  std::optional<SourcePos> source = {};
};

class ClientLine {
 public:
  ClientLine(const Settings& settings, const Service& line) : settings_(settings), line_(line) {}

  /// \return nullopt for a parameter that no file sets
  std::optional<FoundValue> find(std::string_view name) const {
    std::optional<SourcePos> source;
    if (line_.overrides.contains(name)) {
      source = line_.source;
    } else if (const auto raw = settings_.main_cf.find(name); raw && raw->source) {
      source = raw->source;
    } else {
      return std::nullopt;
    }
    return FoundValue{settings_.service_parameter(line_.name, name).value_or(""), source};
  }

  Error refuse(const std::string& name, const FoundValue& found, std::string_view problem) const {
    std::string text = name + ": \"" + printable(found.value) + "\": ";
    return misconfigured(text.append(problem), found.source);
  }

 private:
  const Settings& settings_;
  const Service& line_;
};

/// An unknown level stops the client, whatever else would choose one.
Result<Ok> check_tls_level(const ClientLine& line, const std::string& prefix) {
  const std::string name = prefix + "tls_security_level";
  const auto found = line.find(name);
  if (!found || found->value.empty() || parse_tls_level(found->value)) {
    return Ok{};
  }
  return line.refuse(name, *found,
                     "unknown level (none, may, encrypt, fingerprint, verify, secure, dane or "
                     "dane-only)");
}

/// A client that has to log in does not start without passwords, nor with another library.
Result<Ok> check_login(const Settings& settings, const ClientLine& line, const Service& service,
                       const std::string& prefix) {
  const auto value = [&](const std::string& name) {
    return std::string(trim(settings.service_parameter(service.name, prefix + name).value_or("")));
  };
  const auto enabled = line.find(prefix + "sasl_auth_enable");
  if (!enabled || !equal_ignoring_case(trim(enabled->value), "yes")) {
    return Ok{};
  }
  if (value("sasl_password_maps").empty()) {
    return line.refuse(prefix + "sasl_auth_enable", *enabled,
                       prefix + "sasl_password_maps must name a table of passwords");
  }
  const std::string type = value("sasl_type");
  if (type != "cyrus") {
    return line.refuse(prefix + "sasl_type", {type, enabled->source},
                       "unsupported SASL client implementation (cyrus)");
  }
  return Ok{};
}

}  // namespace

Result<LmtpFlags> parse_lmtp_flags(const Service& line) {
  constexpr std::string_view kFlags = "flags=";
  LmtpFlags flags;
  for (const std::string& argument : line.arguments) {
    if (!argument.starts_with(kFlags)) {
      continue;
    }
    for (const char letter : std::string_view(argument).substr(kFlags.size())) {
      switch (letter) {
        case 'D':
          flags.delivered_to = true;
          break;
        case 'O':
          flags.original_to = true;
          break;
        case 'R':
          flags.return_path = true;
          break;
        case 'X':
          flags.final_delivery = true;
          break;
        default:
          return misconfigured("service " + line.name + ": unknown flag: " +
                                   printable(std::string_view(&letter, 1)) + " (D, O, R or X)",
                               line.source);
      }
    }
  }
  return flags;
}

LmtpFlags lmtp_flags(const Settings& settings, const std::string& service) {
  const Service* const line = settings.master_cf.find_transport(service);
  if (line == nullptr) {
    return {};
  }
  const Result<LmtpFlags> flags = parse_lmtp_flags(*line);
  return flags ? *flags : LmtpFlags{};
}

Result<Ok> check_client(const Settings& settings, const Service& line) {
  if (const auto flags = parse_lmtp_flags(line); !flags) {
    return flags.error();
  }
  const std::string prefix = line.program == "smtp" ? "smtp_" : "lmtp_";
  const ClientLine client(settings, line);
  if (auto level = check_tls_level(client, prefix); !level) {
    return level;
  }
  return check_login(settings, client, line, prefix);
}

Result<Ok> check_names(const Settings& settings, const Service& line,
                       const lmtp::Endpoint& endpoint) {
  const auto* const inet = std::get_if<lmtp::InetEndpoint>(&endpoint);
  const bool is_named =
      inet != nullptr && (!canonical_ip_address(inet->host) ||
                          std::ranges::any_of(inet->alternatives, [](const lmtp::HostPort& server) {
                            return !canonical_ip_address(server.host);
                          }));
  const std::string prefix = line.program == "smtp" ? "smtp_" : "lmtp_";
  const ClientLine client(settings, line);
  const auto filter = client.find(prefix + "dns_reply_filter");
  if (!is_named || !filter || trim(filter->value).empty()) {
    return Ok{};
  }
  const auto lookup = settings.service_parameter(line.name, prefix + "host_lookup");
  if (lookup && equal_ignoring_case(trim(*lookup), "native")) {
    return Ok{};
  }
  return client.refuse(prefix + "dns_reply_filter", *filter,
                       "not supported where the DNS has to know a server; an address in brackets "
                       "needs none");
}

}  // namespace lastmile
