// SPDX-License-Identifier: Apache-2.0
#include "transports/tls_rules.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "aliases/text.h"
#include "transports/domain_syntax.h"

namespace lastmile {
namespace {

using enum TlsLevel;

constexpr std::string_view kBlanks = ", \t\r\n";
constexpr std::string_view kBlanksAndColon = ", \t\r\n:";

constexpr std::pair<std::string_view, TlsLevel> kLevels[] = {
    {"none", none},     {"may", may},       {"encrypt", encrypt}, {"fingerprint", fingerprint},
    {"verify", verify}, {"secure", secure}, {"dane", dane},       {"dane-only", dane_only},
};

std::vector<std::string> words_of(std::string_view text, std::string_view separators) {
  std::vector<std::string> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
    if (text.empty()) {
      return words;
    }
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

/// How much a level asks for. The levels of per-site tables are compared by it.
int strength(TlsLevel level) {
  switch (level) {
    case none:
      return 0;
    case may:
      return 1;
    case encrypt:
      return 2;
    case fingerprint:
      return 3;
    case dane:
      return 4;
    case dane_only:
      return 5;
    case verify:
      return 6;
    case secure:
      return 7;
  }
  return 7;
}

/// Makes the policy for one server.
class PolicyMaker {
 public:
  PolicyMaker(const TlsParameters& parameters, const TlsServer& server)
      : parameters_(parameters), server_(server) {}

  TlsPolicy make(const PolicyLookup& policy_maps, const PolicyLookup& per_site);

 private:
  bool is_bad() const { return !policy_.problem.empty(); }
  void warn(std::string text) { policy_.warnings.push_back(std::move(text)); }
  /// A fault may weaken the protection, so it is never passed over.
  void refuse(std::string text) {
    warn(std::move(text));
    policy_.problem = "client TLS configuration problem";
    policy_.status = "4.7.5"_dsn;
  }

  std::optional<TlsLevel> look_up_policy(const PolicyLookup& lookup);
  std::optional<TlsLevel> read_policy(const std::string& key, const std::string& value);
  void read_attribute(const std::string& where, std::string_view word, TlsLevel level);
  bool take_once(const std::string& where, std::string_view name, bool& is_given);
  void take_match(const std::string& where, std::string_view value, TlsLevel level);
  std::optional<TlsLevel> look_up_sites(const PolicyLookup& lookup);
  void look_up_site(const PolicyLookup& lookup, const std::string& name, std::string_view what,
                    std::optional<TlsLevel>& level);
  bool refuse_dane();
  void fill_in();
  void fill_in_ciphers();
  void fill_in_match();
  std::string filled_in(const std::string& name) const;

  const TlsParameters& parameters_;
  const TlsServer& server_;
  TlsPolicy policy_ = {};
  bool has_protocols_ = false;
  bool has_ciphers_ = false;
  bool has_exclusions_ = false;
  bool has_servername_ = false;
};

// ---- lmtp_tls_policy_maps

/// A destination with a port or in brackets is asked for as it stands; a domain also by the domains
/// that it is in.
std::optional<TlsLevel> PolicyMaker::look_up_policy(const PolicyLookup& lookup) {
  std::string_view key = server_.destination;
  while (true) {
    const auto found = lookup(key);
    if (!found) {
      refuse(found.error().message());
      return std::nullopt;
    }
    if (*found) {
      return read_policy(std::string(key), **found);
    }
    const std::size_t dot = key.find('.', 1);
    if (!is_valid_host_name(server_.destination) || dot == std::string_view::npos) {
      return std::nullopt;
    }
    key.remove_prefix(dot);
  }
}

std::optional<TlsLevel> PolicyMaker::read_policy(const std::string& key, const std::string& value) {
  const std::string where =
      parameters_.prefix + "tls_policy_maps, next-hop destination \"" + printable(key) + '"';
  const std::vector<std::string> words = words_of(value, kBlanks);
  if (words.empty()) {
    refuse(where + ": invalid empty policy");
    return std::nullopt;
  }
  const auto level = parse_tls_level(words.front());
  if (!level) {
    refuse(where + ": invalid security level \"" + printable(words.front()) + '"');
    return std::nullopt;
  }
  for (std::size_t i = 1; i < words.size() && !is_bad(); ++i) {
    if (*level == none) {
      warn(where + ": ignoring attribute \"" + printable(words[i]) + "\" with TLS disabled");
    } else {
      read_attribute(where, words[i], *level);
    }
  }
  return level;
}

bool PolicyMaker::take_once(const std::string& where, std::string_view name, bool& is_given) {
  if (std::exchange(is_given, true)) {
    refuse(where + ": attribute \"" + std::string(name) + "\" is specified multiple times");
    return false;
  }
  return true;
}

void PolicyMaker::take_match(const std::string& where, std::string_view value, TlsLevel level) {
  if (level == fingerprint) {
    const auto words = words_of(value, "|");
    policy_.fingerprints.insert(policy_.fingerprints.end(), words.begin(), words.end());
  } else if (level == verify || level == secure) {
    const auto words = words_of(value, ":");
    policy_.match.insert(policy_.match.end(), words.begin(), words.end());
  } else {
    refuse(where + ": attribute \"match\" invalid at security level \"" +
           std::string(name_of(level)) + '"');
  }
}

void PolicyMaker::read_attribute(const std::string& where, std::string_view word, TlsLevel level) {
  const std::size_t equals = word.find('=');
  const std::string name = fold_case(word.substr(0, equals));
  if (equals == std::string_view::npos || equals == 0) {
    refuse(where + ": malformed attribute/value pair \"" + printable(word) + '"');
    return;
  }
  const std::string value(word.substr(equals + 1));
  const bool needs_value = name == "ciphers" || name == "match" || name == "tafile";
  if (needs_value && value.empty()) {
    refuse(where + ": attribute \"" + name + "\" has empty value");
  } else if (name == "ciphers" && take_once(where, name, has_ciphers_)) {
    policy_.ciphers = value;
  } else if (name == "protocols" && take_once(where, name, has_protocols_)) {
    policy_.protocols = value;
  } else if (name == "exclude" && take_once(where, name, has_exclusions_)) {
    policy_.exclusions = value;
  } else if (name == "servername" && take_once(where, name, has_servername_)) {
    policy_.servername = value;
    if (!is_valid_host_name(value)) {
      refuse(where + ": \"servername=" + printable(value) + "\" specifies an invalid hostname");
    }
  } else if (name == "match") {
    take_match(where, value, level);
  } else if (name == "tafile" && (level == verify || level == secure)) {
    policy_.trust_anchors.push_back(value);
  } else if (name == "tafile") {
    refuse(where + ": attribute \"tafile\" invalid at security level \"" +
           std::string(name_of(level)) + '"');
  } else if (name == "connection_reuse" &&
             (equal_ignoring_case(value, "yes") || equal_ignoring_case(value, "no"))) {
    // A connection lasts for one delivery.
  } else if (!is_bad()) {
    refuse(where + ": invalid attribute: \"" + printable(word) + '"');
  }
}

// ---- lmtp_tls_per_site

void PolicyMaker::look_up_site(const PolicyLookup& lookup, const std::string& name,
                               std::string_view what, std::optional<TlsLevel>& level) {
  const auto found = lookup(name);
  const std::string where = parameters_.prefix + "tls_per_site: ";
  if (!found) {
    warn(where + found.error().message());
    policy_.problem = "Temporary lookup error";
    policy_.status = "4.3.0"_dsn;
    return;
  }
  if (!*found) {
    return;
  }
  const std::string& value = **found;
  // NONE comes before MAY; else the stronger of two counts.
  const auto at_least = [&](TlsLevel wanted) {
    if (!level || strength(*level) < strength(wanted)) {
      level = wanted;
    }
  };
  if (equal_ignoring_case(value, "NONE")) {
    level = !level || *level == may ? none : *level;
  } else if (equal_ignoring_case(value, "MAY")) {
    level = level ? *level : may;
  } else if (equal_ignoring_case(value, "MUST_NOPEERMATCH")) {
    at_least(encrypt);
  } else if (equal_ignoring_case(value, "MUST")) {
    at_least(verify);
  } else {
    refuse(where + "unknown TLS policy '" + printable(value) + "' for " + std::string(what) + ' ' +
           printable(name));
  }
}

std::optional<TlsLevel> PolicyMaker::look_up_sites(const PolicyLookup& lookup) {
  std::optional<TlsLevel> level;
  look_up_site(lookup, server_.destination, "next-hop destination", level);
  if (!is_bad() && !equal_ignoring_case(server_.destination, server_.host)) {
    look_up_site(lookup, server_.host, "server hostname", level);
  }
  // MAY is a wild card that a level for all comes before.
  if (level == may && is_mandatory(policy_.level)) {
    level = policy_.level;
  }
  return level;
}

// ---- what the level asks for

/// Without DNSSEC nobody can say what DANE allows here, and sending in the clear is not it.
bool PolicyMaker::refuse_dane() {
  if (policy_.level != dane && policy_.level != dane_only) {
    return false;
  }
  refuse(server_.destination + ": " + std::string(name_of(policy_.level)) +
         " configured, and DNSSEC cannot be asked here");
  return true;
}

void PolicyMaker::fill_in_ciphers() {
  std::string exclusions = policy_.exclusions;
  const auto exclude = [&](std::string_view more) {
    exclusions.append(exclusions.empty() || more.empty() ? "" : " ").append(more);
  };
  if (!has_ciphers_) {
    policy_.ciphers = policy_.level == may ? parameters_.ciphers : parameters_.mandatory_ciphers;
  }
  if (!has_exclusions_) {
    exclude(parameters_.exclude_ciphers);
    exclude(policy_.level == may ? "" : parameters_.mandatory_exclude_ciphers);
  }
  // At least encrypted; where it must be the right server, at least one that says who it is.
  exclude(policy_.level == may ? "" : policy_.level == encrypt ? "eNULL" : "aNULL");
  policy_.exclusions = std::move(exclusions);
}

std::string PolicyMaker::filled_in(const std::string& name) const {
  if (equal_ignoring_case(name, "nexthop")) {
    return server_.nexthop;
  }
  if (equal_ignoring_case(name, "dot-nexthop")) {
    return '.' + server_.nexthop;
  }
  return equal_ignoring_case(name, "hostname") ? server_.host : name;
}

void PolicyMaker::fill_in_match() {
  if (policy_.level == fingerprint && policy_.fingerprints.empty()) {
    policy_.fingerprints = parameters_.fingerprint_cert_match;
    if (policy_.fingerprints.empty()) {
      refuse("nexthop domain " + printable(server_.destination) +
             ": configured at fingerprint security level, but with no fingerprints to match.");
    }
  }
  if (policy_.level != verify && policy_.level != secure) {
    return;
  }
  if (policy_.match.empty()) {
    policy_.match =
        policy_.level == verify ? parameters_.verify_cert_match : parameters_.secure_cert_match;
  }
  for (std::string& name : policy_.match) {
    name = filled_in(name);
  }
  if (policy_.trust_anchors.empty()) {
    policy_.trust_anchors = parameters_.trust_anchor_file;
  }
}

void PolicyMaker::fill_in() {
  if (!has_protocols_) {
    policy_.protocols =
        policy_.level == may ? parameters_.protocols : parameters_.mandatory_protocols;
  }
  if (!has_servername_) {
    policy_.servername = parameters_.servername;
    if (!policy_.servername.empty() && !is_valid_host_name(policy_.servername)) {
      refuse('"' + parameters_.prefix + "tls_servername = " + printable(policy_.servername) +
             "\" specifies an invalid hostname");
      return;
    }
  }
  policy_.servername = policy_.servername == "hostname"  ? server_.host
                       : policy_.servername == "nexthop" ? server_.nexthop
                                                         : policy_.servername;
  fill_in_ciphers();
  fill_in_match();
}

TlsPolicy PolicyMaker::make(const PolicyLookup& policy_maps, const PolicyLookup& per_site) {
  // An unknown word stops the service before it comes to this.
  policy_.level = parameters_.level().value_or(dane_only);
  std::optional<TlsLevel> level;
  if (parameters_.has_policy_maps) {
    level = look_up_policy(policy_maps);
  } else if (parameters_.has_per_site) {
    level = look_up_sites(per_site);
  }
  policy_.level = level.value_or(policy_.level);
  if (is_bad() || refuse_dane()) {
    return std::move(policy_);
  }
  if (server_.is_socket && policy_.level == may) {
    warn("opportunistic TLS encryption is not appropriate for unix-domain destinations.");
    policy_.level = none;
  }
  if (!server_.is_socket && parameters_.wrappermode && !is_mandatory(policy_.level)) {
    warn(parameters_.prefix + "tls_wrappermode requires \"" + parameters_.prefix +
         "tls_security_level = encrypt\" (or stronger)");
    policy_.problem = "server unavailable or unable to receive mail";
    policy_.status = "4.3.0"_dsn;
    return std::move(policy_);
  }
  if (policy_.level != none || parameters_.wrappermode) {
    fill_in();
  }
  return std::move(policy_);
}

// ---- versions

constexpr std::pair<std::string_view, int> kVersions[] = {
    {"SSLv2", 0x0200},   {"SSLv3", 0x0300},   {"TLSv1", 0x0301},
    {"TLSv1.1", 0x0302}, {"TLSv1.2", 0x0303}, {"TLSv1.3", 0x0304},
};

std::optional<int> version_named(std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kVersions, [name](const auto& row) { return equal_ignoring_case(row.first, name); });
  return found == std::end(kVersions) ? std::nullopt : std::optional(found->second);
}

/// A name, or the number on the wire.
std::optional<int> bound_named(std::string_view text) {
  if (const auto version = version_named(text)) {
    return version;
  }
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
  }
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  return is_whole ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<TlsLevel> parse_tls_level(std::string_view word) {
  const auto* const found = std::ranges::find_if(
      kLevels, [word](const auto& row) { return equal_ignoring_case(row.first, word); });
  return found == std::end(kLevels) ? std::nullopt : std::optional(found->second);
}

std::string_view name_of(TlsLevel level) {
  const auto* const found =
      std::ranges::find_if(kLevels, [level](const auto& row) { return row.second == level; });
  return found == std::end(kLevels) ? std::string_view() : found->first;
}

std::optional<TlsLevel> TlsParameters::level() const {
  if (!security_level.empty()) {
    return parse_tls_level(security_level);
  }
  if (enforce_tls) {
    return enforce_peername ? verify : encrypt;
  }
  return use_tls ? may : none;
}

TlsPolicy tls_policy(const TlsParameters& parameters, const TlsServer& server,
                     const PolicyLookup& policy_maps, const PolicyLookup& per_site) {
  return PolicyMaker(parameters, server).make(policy_maps, per_site);
}

Result<std::string> tls_cipher_list(const TlsParameters& parameters, const TlsPolicy& policy) {
  const std::pair<std::string_view, const std::string*> grades[] = {
      {"high", &parameters.high_cipherlist}, {"medium", &parameters.medium_cipherlist},
      {"low", &parameters.low_cipherlist},   {"export", &parameters.export_cipherlist},
      {"null", &parameters.null_cipherlist},
  };
  const auto* const grade = std::ranges::find_if(
      grades, [&](const auto& row) { return equal_ignoring_case(row.first, policy.ciphers); });
  if (grade == std::end(grades)) {
    return malformed("invalid cipher grade: \"" + printable(policy.ciphers) + '"');
  }
  std::string list = *grade->second;
  for (const std::string& word : words_of(policy.exclusions, kBlanksAndColon)) {
    if (std::string_view("!+-@").find(word.front()) != std::string_view::npos) {
      return malformed("invalid unary '!+-@' in cipher exclusion: " + printable(word));
    }
    list += ":!" + word;
  }
  return list;
}

std::optional<TlsVersions> parse_tls_versions(std::string_view list) {
  TlsVersions versions;
  std::vector<int> included;
  for (const std::string& word : words_of(list, kBlanksAndColon)) {
    const std::string_view text = word;
    const bool is_bound = text.starts_with(">=") || text.starts_with("<=");
    const auto version = is_bound                ? bound_named(text.substr(2))
                         : text.starts_with('!') ? version_named(text.substr(1))
                                                 : version_named(text);
    if (!version) {
      return std::nullopt;
    }
    if (is_bound) {
      (text.starts_with('>') ? versions.lowest : versions.highest) = *version;
    } else {
      (text.starts_with('!') ? versions.excluded : included).push_back(*version);
    }
  }
  for (const auto& [name, version] : kVersions) {
    if (!included.empty() && std::ranges::find(included, version) == included.end()) {
      versions.excluded.push_back(version);
    }
  }
  return versions;
}

TlsLogging parse_tls_loglevel(std::string_view words) {
  TlsLogging logging;
  for (const std::string& word : words_of(words, kBlanks)) {
    const std::string name = fold_case(word);
    const bool is_number = word.size() == 1 && word.front() >= '0' && word.front() <= '9';
    const bool is_debug = (is_number && word.front() >= '2') || name == "debug" ||
                          name == "ssl-expert" || name == "ssl-developer";
    logging.summary |=
        is_debug || (is_number && word.front() == '1') || name == "routine" || name == "summary";
    logging.untrusted |= is_debug || name == "untrusted";
    logging.certificate |=
        is_debug || name == "peercert" || name == "certmatch" || name == "verbose";
  }
  return logging;
}

std::optional<std::string> parse_hexadecimal(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string octets;
  for (std::size_t i = 0; i < text.size();) {
    const int high = digit(text[i]);
    const int low = i + 1 < text.size() ? digit(text[i + 1]) : -1;
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    octets.push_back(static_cast<char>(high * 16 + low));
    i += 2;
    i += i < text.size() && text[i] == ':' ? 1U : 0U;
  }
  return octets.empty() ? std::nullopt : std::optional(octets);
}

}  // namespace lastmile
