// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/sasl_client.h"

#include <sasl/sasl.h>
#include <sasl/saslutil.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "aliases/tables/shared_library.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// The functions of libsasl2 that are used here.
struct Libsasl {
  decltype(&::sasl_client_init) init = nullptr;
  decltype(&::sasl_client_new) make = nullptr;
  decltype(&::sasl_client_start) start = nullptr;
  decltype(&::sasl_client_step) step = nullptr;
  decltype(&::sasl_decode64) decode = nullptr;
  decltype(&::sasl_dispose) dispose = nullptr;
  decltype(&::sasl_encode64) encode = nullptr;
  decltype(&::sasl_errstring) error_string = nullptr;
  decltype(&::sasl_set_path) set_path = nullptr;
  decltype(&::sasl_setprop) set_property = nullptr;

  static Result<Libsasl> load();
};

Result<Libsasl> Libsasl::load() {
  auto library = SharedLibrary::load({"libsasl2.so.2"}, "libsasl2-2");
  if (!library) {
    return library.error();
  }
  Libsasl sasl;
  library->find("sasl_client_init", sasl.init);
  library->find("sasl_client_new", sasl.make);
  library->find("sasl_client_start", sasl.start);
  library->find("sasl_client_step", sasl.step);
  library->find("sasl_decode64", sasl.decode);
  library->find("sasl_dispose", sasl.dispose);
  library->find("sasl_encode64", sasl.encode);
  library->find("sasl_errstring", sasl.error_string);
  library->find("sasl_set_path", sasl.set_path);
  library->find("sasl_setprop", sasl.set_property);
  if (auto found = library->all_found(); !found) {
    return std::move(found).error();
  }
  return sasl;
}

using Callback = int (*)();

/// The library would log by syslog in its own name, and what it says may be secret.
int drop_message(void* /*context*/, int /*level*/, const char* /*message*/) {
  return SASL_OK;
}

int tell_user(void* context, int /*id*/, const char** result, unsigned* length) {
  const auto& credentials = *static_cast<const SaslCredentials*>(context);
  *result = credentials.user.c_str();
  if (length != nullptr) {
    *length = static_cast<unsigned>(credentials.user.size());
  }
  return SASL_OK;
}

/// The library frees what it gets.
int tell_password(sasl_conn_t* connection, void* context, int id, sasl_secret_t** secret) {
  if (connection == nullptr || secret == nullptr || id != SASL_CB_PASS) {
    return SASL_BADPARAM;
  }
  const std::string& password = static_cast<const SaslCredentials*>(context)->password;
  auto* const copy =
      static_cast<sasl_secret_t*>(std::malloc(sizeof(sasl_secret_t) + password.size() + 1));
  if (copy == nullptr) {
    return SASL_NOMEM;
  }
  copy->len = password.size();
  std::memcpy(copy->data, password.c_str(), password.size() + 1);
  *secret = copy;
  return SASL_OK;
}

template <class Function>
sasl_callback_t callback(unsigned long id, Function function, void* context) {
  // GCC warns of a cast between functions that take different arguments, but for one by way of this
  // type.
  return {id, reinterpret_cast<Callback>(reinterpret_cast<void (*)()>(function)), context};
}

unsigned flags_of(const SaslSecurity& security) {
  const std::pair<bool, unsigned> flags[] = {
      {security.no_plaintext, SASL_SEC_NOPLAINTEXT},
      {security.no_active, SASL_SEC_NOACTIVE},
      {security.no_dictionary, SASL_SEC_NODICTIONARY},
      {security.no_anonymous, SASL_SEC_NOANONYMOUS},
      {security.forward_secrecy, SASL_SEC_FORWARD_SECRECY},
      {security.mutual_auth, SASL_SEC_MUTUAL_AUTH},
  };
  unsigned all = 0;
  for (const auto& [is_set, flag] : flags) {
    all |= is_set ? flag : 0U;
  }
  return all;
}

class CyrusLogin final : public lmtp::Login {
 public:
  explicit CyrusLogin(const SaslOptions& options) : options_(options) { load(); }
  CyrusLogin(const CyrusLogin&) = delete;
  CyrusLogin& operator=(const CyrusLogin&) = delete;
  ~CyrusLogin() override { dispose(); }

  std::vector<std::string> usable(const std::vector<std::string>& offered) override;
  Answer begin(const std::vector<std::string>& mechanisms, lmtp::Protection protection) override;
  Answer answer(std::string_view challenge) override;

 private:
  void load();
  void dispose();
  Answer refuse(int status) const {
    return {{}, {}, printable(sasl_->error_string(status, nullptr, nullptr))};
  }
  int make_connection(const SaslSecurity& security);
  Answer encoded(const char* text, unsigned size, std::string mechanism) const;

  SaslOptions options_;
  std::optional<Libsasl> sasl_ = {};
  std::string problem_ = {};  ///< Why the library cannot be used.
  std::array<sasl_callback_t, 4> of_connection_ = {};
  sasl_conn_t* connection_ = nullptr;
};

void CyrusLogin::load() {
  auto sasl = Libsasl::load();
  if (!sasl) {
    problem_ = sasl.error().message();
    return;
  }
  sasl_ = *sasl;
  if (!options_.configuration_path.empty()) {
    static_cast<void>(sasl_->set_path(SASL_PATH_TYPE_CONFIG, options_.configuration_path.data()));
  }
  // The library keeps them.
  static const std::array<sasl_callback_t, 2> kOfLibrary = {
      callback(SASL_CB_LOG, drop_message, nullptr),
      callback(SASL_CB_LIST_END, static_cast<Callback>(nullptr), nullptr)};
  if (const int status = sasl_->init(kOfLibrary.data()); status != SASL_OK) {
    problem_ = refuse(status).problem;
  }
}

void CyrusLogin::dispose() {
  if (connection_ != nullptr) {
    sasl_->dispose(&connection_);
    connection_ = nullptr;
  }
}

std::vector<std::string> CyrusLogin::usable(const std::vector<std::string>& offered) {
  std::vector<std::string> result;
  for (const std::string& mechanism : offered) {
    if (!options_.allows || options_.allows(mechanism)) {
      result.push_back(mechanism);
    }
  }
  return result;
}

int CyrusLogin::make_connection(const SaslSecurity& security) {
  void* const credentials = &options_.credentials;
  of_connection_ = {callback(SASL_CB_USER, tell_user, credentials),
                    callback(SASL_CB_AUTHNAME, tell_user, credentials),
                    callback(SASL_CB_PASS, tell_password, credentials),
                    callback(SASL_CB_LIST_END, static_cast<Callback>(nullptr), nullptr)};
  const std::size_t first = options_.sends_authorization_id ? 0 : 1;
  dispose();
  const int made = sasl_->make(options_.service.c_str(), options_.server.c_str(), nullptr, nullptr,
                               of_connection_.data() + first, 0, &connection_);
  if (made != SASL_OK) {
    return made;
  }
  // No layer of SASL's own: what is encrypted is so by TLS.
  sasl_security_properties_t properties{};
  properties.security_flags = flags_of(security);
  return sasl_->set_property(connection_, SASL_SEC_PROPS, &properties);
}

lmtp::Login::Answer CyrusLogin::begin(const std::vector<std::string>& mechanisms,
                                      lmtp::Protection protection) {
  if (!problem_.empty()) {
    return {{}, {}, problem_};
  }
  const auto security = parse_sasl_security(
      protection == lmtp::Protection::none        ? options_.security_options
      : protection == lmtp::Protection::encrypted ? options_.tls_security_options
                                                  : options_.tls_verified_security_options);
  if (!security) {
    return {{}, {}, security.error().message()};
  }
  if (const int status = make_connection(*security); status != SASL_OK) {
    return refuse(status);
  }
  std::string list;
  for (const std::string& mechanism : mechanisms) {
    list.append(list.empty() ? "" : " ").append(mechanism);
  }
  const char* text = nullptr;
  unsigned size = 0;
  const char* chosen = nullptr;
  const int status = sasl_->start(connection_, list.c_str(), nullptr, &text, &size, &chosen);
  if ((status != SASL_OK && status != SASL_CONTINUE) || chosen == nullptr) {
    return refuse(status);
  }
  return encoded(text, text == nullptr ? 0 : size, chosen);
}

lmtp::Login::Answer CyrusLogin::answer(std::string_view challenge) {
  if (connection_ == nullptr) {
    return refuse(SASL_NOTINIT);
  }
  std::string decoded(challenge.size() + 1, '\0');
  unsigned size = 0;
  const int read = sasl_->decode(challenge.data(), static_cast<unsigned>(challenge.size()),
                                 decoded.data(), static_cast<unsigned>(decoded.size()), &size);
  if (read != SASL_OK) {
    return refuse(read);
  }
  const char* text = nullptr;
  unsigned length = 0;
  const int status = sasl_->step(connection_, decoded.data(), size, nullptr, &text, &length);
  if (status != SASL_OK && status != SASL_CONTINUE) {
    return refuse(status);
  }
  return encoded(text, text == nullptr ? 0 : length, {});
}

lmtp::Login::Answer CyrusLogin::encoded(const char* text, unsigned size,
                                        std::string mechanism) const {
  std::string response((std::size_t{size} + 2) / 3 * 4 + 1, '\0');
  unsigned length = 0;
  if (size > 0) {
    const int status =
        sasl_->encode(text, size, response.data(), static_cast<unsigned>(response.size()), &length);
    if (status != SASL_OK) {
      return refuse(status);
    }
  }
  response.resize(length);
  return {std::move(mechanism), std::move(response), {}};
}

}  // namespace

bool is_sasl_built_in() {
  return true;
}

std::shared_ptr<lmtp::Login> make_login(const SaslOptions& options) {
  return std::make_shared<CyrusLogin>(options);
}

}  // namespace lastmile
