// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/ldap_connection.h"

#include <ldap.h>
#include <sasl/sasl.h>
#include <sys/time.h>

#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "aliases/tables/shared_library.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// The functions of libldap that are used here.
struct Libldap {
  decltype(&::ldap_abandon_ext) abandon = nullptr;
  decltype(&::ber_free) free_ber = nullptr;
  decltype(&::ldap_err2string) error_string = nullptr;
  decltype(&::ldap_first_attribute) first_attribute = nullptr;
  decltype(&::ldap_first_entry) first_entry = nullptr;
  decltype(&::ldap_free_urldesc) free_url = nullptr;
  decltype(&::ldap_get_option) get_option = nullptr;
  decltype(&::ldap_get_values_len) get_values = nullptr;
  decltype(&::ldap_initialize) initialize = nullptr;
  decltype(&::ldap_sasl_interactive_bind_s) interactive_bind = nullptr;
  decltype(&::ldap_is_ldap_url) is_url = nullptr;
  decltype(&::ldap_memfree) free_memory = nullptr;
  decltype(&::ldap_msgfree) free_message = nullptr;
  char* option_on = nullptr;  ///< What LDAP_OPT_ON is the address of.
  decltype(&::ldap_next_attribute) next_attribute = nullptr;
  decltype(&::ldap_next_entry) next_entry = nullptr;
  decltype(&::ldap_parse_result) parse_result = nullptr;
  decltype(&::ldap_result) result = nullptr;
  decltype(&::ldap_sasl_bind) sasl_bind = nullptr;
  decltype(&::ldap_search_ext) search = nullptr;
  decltype(&::ldap_set_option) set_option = nullptr;
  decltype(&::ldap_start_tls_s) start_tls = nullptr;
  decltype(&::ldap_unbind_ext) unbind = nullptr;
  decltype(&::ldap_url_parse) parse_url = nullptr;
  decltype(&::ldap_value_free_len) free_values = nullptr;

  static Result<Libldap> load();
};

Result<Libldap> Libldap::load() {
  auto library = SharedLibrary::load({"libldap-2.5.so.0", "libldap.so.2", "libldap-2.4.so.2"},
                                     "libldap-2.5-0");
  if (!library) {
    return library.error();
  }
  Libldap ldap;
  library->find("ldap_abandon_ext", ldap.abandon);
  library->find("ber_free", ldap.free_ber);
  library->find("ldap_err2string", ldap.error_string);
  library->find("ldap_first_attribute", ldap.first_attribute);
  library->find("ldap_first_entry", ldap.first_entry);
  library->find("ldap_free_urldesc", ldap.free_url);
  library->find("ldap_get_option", ldap.get_option);
  library->find("ldap_get_values_len", ldap.get_values);
  library->find("ldap_initialize", ldap.initialize);
  library->find("ldap_sasl_interactive_bind_s", ldap.interactive_bind);
  library->find("ldap_is_ldap_url", ldap.is_url);
  library->find("ldap_memfree", ldap.free_memory);
  library->find("ldap_msgfree", ldap.free_message);
  library->find("ber_pvt_opt_on", ldap.option_on);
  library->find("ldap_next_attribute", ldap.next_attribute);
  library->find("ldap_next_entry", ldap.next_entry);
  library->find("ldap_parse_result", ldap.parse_result);
  library->find("ldap_result", ldap.result);
  library->find("ldap_sasl_bind", ldap.sasl_bind);
  library->find("ldap_search_ext", ldap.search);
  library->find("ldap_set_option", ldap.set_option);
  library->find("ldap_start_tls_s", ldap.start_tls);
  library->find("ldap_unbind_ext", ldap.unbind);
  library->find("ldap_url_parse", ldap.parse_url);
  library->find("ldap_value_free_len", ldap.free_values);
  if (auto found = library->all_found(); !found) {
    return std::move(found).error();
  }
  return ldap;
}

/// \see RFC 4511, 4.5.1.2
constexpr int kBaseObject = 0;
constexpr int kSingleLevel = 1;
constexpr int kWholeSubtree = 2;

int number_of(LdapScope scope) {
  switch (scope) {
    case LdapScope::base:
      return kBaseObject;
    case LdapScope::one:
      return kSingleLevel;
    case LdapScope::subtree:
      break;
  }
  return kWholeSubtree;
}

LdapScope scope_of(int number) {
  if (number == kWholeSubtree) {
    return LdapScope::subtree;
  }
  return number == kSingleLevel ? LdapScope::one : LdapScope::base;
}

class LibraryConnection final : public LdapConnection {
 public:
  explicit LibraryConnection(const Libldap& ldap) : ldap_(ldap) {}
  LibraryConnection(const LibraryConnection&) = delete;
  LibraryConnection& operator=(const LibraryConnection&) = delete;
  ~LibraryConnection() override {
    if (handle_ != nullptr) {
      ldap_.unbind(handle_, nullptr, nullptr);
    }
  }

  Result<Ok> connect(const LdapServers& servers) {
    timeout_ = servers.timeout;
    if (const int status = ldap_.initialize(&handle_, servers.urls.c_str());
        status != LDAP_SUCCESS) {
      return failed("cannot use " + printable(servers.urls), status);
    }
    if (auto set = set_options(servers); !set) {
      return set;
    }
    if (servers.start_tls) {
      if (const int status = ldap_.start_tls(handle_, nullptr, nullptr); status != LDAP_SUCCESS) {
        return failed("cannot start TLS with " + printable(servers.urls), status);
      }
    }
    switch (servers.bind) {
      case LdapServers::Bind::none:
        return Ok{};
      case LdapServers::Bind::simple:
        status_ = bind(servers);
        break;
      case LdapServers::Bind::sasl:
        status_ = bind_with_sasl(servers);
        break;
    }
    if (status_ == LDAP_SUCCESS) {
      return Ok{};
    }
    return failed("cannot bind to server " + printable(servers.urls) + " with dn " +
                      (servers.bind_dn.empty() ? "empty or implicit" : printable(servers.bind_dn)),
                  status_);
  }

  Result<LdapFound> search(const LdapSearch& search) override {
    std::vector<char*> attributes;
    for (const std::string& name : search.attributes) {
      attributes.push_back(const_cast<char*>(name.c_str()));  // The library only reads them.
    }
    attributes.push_back(nullptr);
    timeval limit = time_limit();
    int message = 0;
    constexpr int kWithValues = 0;
    status_ = ldap_.search(handle_, search.base.c_str(), number_of(search.scope),
                           search.filter.c_str(), attributes.data(), kWithValues, nullptr, nullptr,
                           &limit, static_cast<int>(search.size_limit), &message);
    MessageHandle reply(nullptr, FreeMessage{&ldap_});
    if (status_ == LDAP_SUCCESS) {
      status_ = receive(message, reply);
    }
    if (status_ == LDAP_NO_SUCH_OBJECT) {
      return LdapFound{.base_exists = false};
    }
    if (status_ != LDAP_SUCCESS) {
      return failed("search error", status_);
    }
    return LdapFound{.entries = entries_of(reply.get())};
  }

  bool is_server_down() const override { return status_ == LDAP_SERVER_DOWN; }

  Result<std::optional<LdapSearch>> parse_url(const std::string& text) const override {
    if (ldap_.is_url(text.c_str()) == 0) {
      return std::nullopt;
    }
    LDAPURLDesc* url = nullptr;
    if (const int status = ldap_.parse_url(text.c_str(), &url); status != 0) {
      return failed("malformed URL " + printable(text), status);
    }
    LdapSearch search;
    search.base = url->lud_dn == nullptr ? "" : url->lud_dn;
    search.scope = scope_of(url->lud_scope);
    search.filter = url->lud_filter == nullptr ? "(objectClass=*)" : url->lud_filter;
    for (char** name = url->lud_attrs; name != nullptr && *name != nullptr; ++name) {
      search.attributes.emplace_back(*name);
    }
    ldap_.free_url(url);
    return std::optional(std::move(search));
  }

 private:
  struct FreeMessage {
    const Libldap* ldap;
    void operator()(LDAPMessage* message) const { ldap->free_message(message); }
  };
  using MessageHandle = std::unique_ptr<LDAPMessage, FreeMessage>;

  Error failed(std::string what, int status) const {
    return unavailable("LDAP: " + std::move(what) + ": " + ldap_.error_string(status));
  }

  timeval time_limit() const { return {static_cast<time_t>(timeout_.count()), 0}; }

  Result<Ok> set_options(const LdapServers& servers) {
    const timeval limit = time_limit();
    struct Option {
      const void* value;
      int name;
      bool is_wanted;
    };
    const int require = servers.tls_require_cert ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
    const int is_server = 0;
    const ber_len_t least_strength = static_cast<ber_len_t>(servers.sasl_least_strength);
    const auto file = [&servers](int name, const std::string& path) {
      return Option{path.c_str(), name, servers.uses_tls && !path.empty()};
    };
    const Option options[] = {
        {&limit, LDAP_OPT_NETWORK_TIMEOUT, true},
        {&limit, LDAP_OPT_TIMEOUT, true},
        {&servers.version, LDAP_OPT_PROTOCOL_VERSION, true},
        {&servers.dereference, LDAP_OPT_DEREF, true},
        {servers.chase_referrals ? ldap_.option_on : nullptr, LDAP_OPT_REFERRALS, true},
        file(LDAP_OPT_X_TLS_RANDOM_FILE, servers.tls_random_file),
        file(LDAP_OPT_X_TLS_CACERTFILE, servers.tls_ca_cert_file),
        file(LDAP_OPT_X_TLS_CACERTDIR, servers.tls_ca_cert_dir),
        file(LDAP_OPT_X_TLS_CERTFILE, servers.tls_cert),
        file(LDAP_OPT_X_TLS_KEYFILE, servers.tls_key),
        file(LDAP_OPT_X_TLS_CIPHER_SUITE, servers.tls_cipher_suite),
        {&least_strength, LDAP_OPT_X_SASL_SSF_MIN, least_strength > 0},
        {&require, LDAP_OPT_X_TLS_REQUIRE_CERT, servers.uses_tls},
        {&is_server, LDAP_OPT_X_TLS_NEWCTX, servers.uses_tls},
    };
    for (const Option& option : options) {
      if (option.is_wanted &&
          ldap_.set_option(handle_, option.name, option.value) != LDAP_OPT_SUCCESS) {
        return failed("cannot set option " + std::to_string(option.name), LDAP_PARAM_ERROR);
      }
    }
    return Ok{};
  }

  int bind(const LdapServers& servers) {
    std::string password = servers.bind_password;
    berval credentials = {password.size(), password.data()};
    int message = 0;
    const char* const simple = nullptr;  // A bind without SASL has no name.
    const int status = ldap_.sasl_bind(handle_, servers.bind_dn.c_str(), simple, &credentials,
                                       nullptr, nullptr, &message);
    MessageHandle reply(nullptr, FreeMessage{&ldap_});
    return status == LDAP_SUCCESS ? receive(message, reply) : status;
  }

  /// The time limit of the connection holds for each step of it.
  int bind_with_sasl(const LdapServers& servers) {
    // It is handed on to answer_sasl(), which only reads it.
    auto* const from = const_cast<LdapServers*>(&servers);
    const char* const no_dn = nullptr;
    return ldap_.interactive_bind(handle_, no_dn, servers.sasl_mechanisms.c_str(), nullptr, nullptr,
                                  LDAP_SASL_QUIET, answer_sasl, from);
  }

  /// Answers what a mechanism asks for. \see sasl_callbacks(3)
  static int answer_sasl(LDAP* /*handle*/, unsigned /*flags*/, void* from, void* questions) {
    const auto& servers = *static_cast<const LdapServers*>(from);
    for (auto* question = static_cast<sasl_interact_t*>(questions);
         question->id != SASL_CB_LIST_END; ++question) {
      const std::string* const answer = sasl_answer(servers, question->id);
      question->result = answer != nullptr ? answer->c_str() : question->defresult;
      question->len = static_cast<unsigned>(
          question->result == nullptr ? 0
                                      : std::strlen(static_cast<const char*>(question->result)));
    }
    return LDAP_SUCCESS;
  }

  static const std::string* sasl_answer(const LdapServers& servers, unsigned long question) {
    switch (question) {
      case SASL_CB_GETREALM:
        return &servers.sasl_realm;
      case SASL_CB_AUTHNAME:
        return &servers.bind_dn;
      case SASL_CB_USER:
        return &servers.sasl_authorization_id;
      case SASL_CB_PASS:
        return &servers.bind_password;
      default:
        return nullptr;
    }
  }

  /// Waits for the whole reply to a request. \return the result code
  int receive(int message, MessageHandle& reply) {
    timeval limit = time_limit();
    LDAPMessage* received = nullptr;
    const int kind = ldap_.result(handle_, message, LDAP_MSG_ALL, &limit, &received);
    reply.reset(received);
    if (kind == 0) {
      ldap_.abandon(handle_, message, nullptr, nullptr);
      return LDAP_TIMEOUT;
    }
    if (kind < 0) {
      int status = LDAP_OTHER;
      ldap_.get_option(handle_, LDAP_OPT_RESULT_CODE, &status);
      return status == LDAP_SUCCESS ? LDAP_OTHER : status;
    }
    int status = LDAP_OTHER;
    constexpr int kKeep = 0;
    const int parsed =
        ldap_.parse_result(handle_, received, &status, nullptr, nullptr, nullptr, nullptr, kKeep);
    return parsed == LDAP_SUCCESS ? status : parsed;
  }

  std::vector<LdapEntry> entries_of(LDAPMessage* reply) const {
    std::vector<LdapEntry> entries;
    for (LDAPMessage* entry = ldap_.first_entry(handle_, reply); entry != nullptr;
         entry = ldap_.next_entry(handle_, entry)) {
      entries.push_back(attributes_of(entry));
    }
    return entries;
  }

  LdapEntry attributes_of(LDAPMessage* entry) const {
    LdapEntry attributes;
    BerElement* position = nullptr;
    for (char* name = ldap_.first_attribute(handle_, entry, &position); name != nullptr;
         name = ldap_.next_attribute(handle_, entry, position)) {
      LdapAttribute attribute{name, {}};
      berval** const values = ldap_.get_values(handle_, entry, name);
      for (berval** value = values; value != nullptr && *value != nullptr; ++value) {
        attribute.values.emplace_back((*value)->bv_val, (*value)->bv_len);
      }
      if (values != nullptr) {
        ldap_.free_values(values);
      }
      ldap_.free_memory(name);
      attributes.push_back(std::move(attribute));
    }
    if (position != nullptr) {
      constexpr int kKeepBuffer = 0;
      ldap_.free_ber(position, kKeepBuffer);
    }
    return attributes;
  }

  Libldap ldap_;
  LDAP* handle_ = nullptr;
  std::chrono::seconds timeout_ = {};
  int status_ = LDAP_SUCCESS;
};

}  // namespace

Result<std::unique_ptr<LdapConnection>> LdapConnection::open(const LdapServers& servers) {
  const auto ldap = Libldap::load();
  if (!ldap) {
    return ldap.error();
  }
  auto connection = std::make_unique<LibraryConnection>(*ldap);
  if (auto connected = connection->connect(servers); !connected) {
    return std::move(connected).error();
  }
  return std::unique_ptr<LdapConnection>(std::move(connection));
}

}  // namespace lastmile
