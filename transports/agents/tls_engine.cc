// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/tls_engine.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "aliases/text.h"
#include "lmtpclient/idna.h"
#include "transports/agents/openssl.h"

namespace lastmile {
namespace {

using lmtp::TlsChannel;

/// What one name of a certificate may take in a line of the log.
constexpr std::size_t kMaxName = 256;
/// A session that is longer is not kept.
constexpr std::size_t kMaxSession = std::size_t{7} * 1024;

/// Frees what OpenSSL made, by the function that is for it.
template <class Object>
class Owned {
 public:
  using Free = void (*)(Object*);
  Owned(Object* object, Free free) : object_(object), free_(free) {}
  Owned(Owned&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), free_(other.free_) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(free_, other.free_);
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (object_ != nullptr) {
      free_(object_);
    }
  }
  Object* get() const { return object_; }
  Object* release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  Object* object_;
  Free free_;
};

void note(LogLines& log, std::string text) {
  log.push_back({false, std::move(text)});
}
void warn(LogLines& log, std::string text) {
  log.push_back({true, std::move(text)});
}

/// Takes what the library has to say of a failure.
void take_errors(const OpenSsl& openssl, LogLines& log) {
  std::array<char, 256> text{};
  while (const unsigned long error = openssl.ERR_get_error()) {
    openssl.ERR_error_string_n(error, text.data(), text.size());
    warn(log, "TLS library problem: " + printable(text.data()));
  }
}

/// Calls `take` with the type and the octets of each item of a file in PEM.
/// \return false when there is no such file, or when `take` has had enough
template <class Take>
bool for_each_item(const OpenSsl& openssl, const std::string& file, const Take& take) {
  BIO* const bio = openssl.BIO_new_file(file.c_str(), "r");
  bool is_good = bio != nullptr;
  char* type = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  while (is_good && openssl.PEM_read_bio(bio, &type, &header, &data, &size) == 1) {
    is_good = take(type, data, size);
    openssl.CRYPTO_free(type, "", 0);
    openssl.CRYPTO_free(header, "", 0);
    openssl.CRYPTO_free(data, "", 0);
  }
  openssl.BIO_free(bio);
  // The end of the file is an error of the library.
  openssl.ERR_clear_error();
  return is_good;
}

// ---- the certificates of this side

/// Puts keys and certificates together as they come out of files: a key, its certificate, those of
/// the authorities above it; in a file of one certificate the key may also be the last.
/// \see postconf(5), lmtp_tls_chain_files
class ChainLoader {
 public:
  ChainLoader(const OpenSsl& openssl, SSL_CTX* context) : openssl_(openssl), context_(context) {}

  bool load(const std::string& file);
  /// To be called behind the last file.
  bool finish() { return !has_leaf() && chain_.empty() && !key_ ? true : commit(); }

 private:
  bool has_leaf() const { return !chain_.empty(); }
  bool take(std::string_view type, const unsigned char* data, long size);
  bool commit();

  const OpenSsl& openssl_;
  SSL_CTX* context_;
  Owned<EVP_PKEY> key_{nullptr, openssl_.EVP_PKEY_free};
  std::vector<Owned<X509>> chain_ = {};  ///< The first is the one for this host.
};

bool ChainLoader::load(const std::string& file) {
  return for_each_item(openssl_, file,
                       [this](std::string_view type, const unsigned char* data, long size) {
                         return take(type, data, size);
                       });
}

bool ChainLoader::take(std::string_view type, const unsigned char* data, long size) {
  if (type == "CERTIFICATE") {
    X509* const certificate = openssl_.d2i_X509(nullptr, &data, size);
    if (certificate != nullptr) {
      chain_.emplace_back(certificate, openssl_.X509_free);
    }
    return certificate != nullptr;
  }
  if (!type.ends_with("PRIVATE KEY")) {
    return true;
  }
  if (key_ && has_leaf() && !commit()) {
    return false;
  }
  key_ = Owned<EVP_PKEY>(openssl_.d2i_AutoPrivateKey(nullptr, &data, size), openssl_.EVP_PKEY_free);
  return static_cast<bool>(key_);
}

bool ChainLoader::commit() {
  if (!key_ || !has_leaf()) {
    return false;
  }
  Owned<OPENSSL_STACK> above(openssl_.OPENSSL_sk_new_null(), openssl_.OPENSSL_sk_free);
  for (std::size_t i = 1; i < chain_.size(); ++i) {
    openssl_.OPENSSL_sk_push(above.get(), chain_[i].get());
  }
  const int done =
      openssl_.SSL_CTX_use_cert_and_key(context_, chain_.front().get(), key_.get(),
                                        reinterpret_cast<STACK_OF(X509)*>(above.get()), 1);
  chain_.clear();
  key_ = Owned<EVP_PKEY>(nullptr, openssl_.EVP_PKEY_free);
  return done == 1;
}

// ---- one session

/// "X25519", "ECDHE (prime256v1)".
struct KeyName {
  std::string name = {};
  std::string curve = {};
  int bits = 0;
};

std::string shown(const KeyName& key) {
  if (!key.curve.empty()) {
    return key.name + " (" + key.curve + ')';
  }
  return key.bits > 0 ? key.name + " (" + std::to_string(key.bits) + " bits)" : key.name;
}

class Channel final : public TlsChannel {
 public:
  Channel(const OpenSsl& openssl, const std::string& digest, TlsLogging logging,
          const TlsSession& session, SSL* ssl)
      : openssl_(openssl),
        digest_(digest),
        logging_(logging),
        session_(session),
        ssl_(ssl, openssl.SSL_free) {}

  /// \return false when the session cannot be made as it has to be
  bool prepare();

  Progress shake_hands() override;
  lmtp::TlsResult result() const override { return result_; }
  void give_up(std::string_view reason) override {
    note(log(), "SSL_connect error to " + session_.server + ": " + std::string(reason));
  }
  void received(std::string_view bytes) override {
    openssl_.BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
  }
  std::string_view output() const override { return std::string_view(output_).substr(sent_); }
  void sent(std::size_t count) override;
  Read read(std::span<char> buffer) override;
  bool has_input() const override {
    return openssl_.SSL_pending(ssl_.get()) > 0 ||
           openssl_.BIO_ctrl(in_, BIO_CTRL_PENDING, 0, nullptr) > 0;
  }
  bool is_readable() override;
  std::size_t write(std::string_view text) override;
  void close() override;

 private:
  LogLines& log() const { return *session_.log; }
  bool choose_versions();
  bool name_server();
  bool choose_names();
  bool choose_authorities();
  void take_up_session();
  void keep_session() const;
  void collect_output();
  void judge();
  bool fits_fingerprint(X509* certificate) const;
  void tell_of(X509* certificate, long result) const;
  void tell(std::string_view trust) const;
  void tell_untrusted(long result) const;
  void tell_certificate(X509* certificate) const;
  std::string signatures() const;
  KeyName name_of_key(EVP_PKEY* key, bool signs) const;
  std::string signature_of(X509* certificate, long digest_command, std::string_view who) const;

  const OpenSsl& openssl_;
  const std::string& digest_;
  TlsLogging logging_;
  TlsSession session_;
  Owned<SSL> ssl_;
  BIO* in_ = nullptr;   ///< Belongs to ssl_.
  BIO* out_ = nullptr;  ///< Belongs to ssl_.
  std::string output_ = {};
  std::size_t sent_ = 0;
  bool must_fail_ = false;  ///< Nothing would be checked.
  lmtp::TlsResult result_ = lmtp::TlsResult::not_verified;
  bool is_up_ = false;
};

bool Channel::prepare() {
  in_ = openssl_.BIO_new(openssl_.BIO_s_mem());
  out_ = openssl_.BIO_new(openssl_.BIO_s_mem());
  if (in_ == nullptr || out_ == nullptr) {
    openssl_.BIO_free(in_);
    openssl_.BIO_free(out_);
    return false;
  }
  openssl_.SSL_set_bio(ssl_.get(), in_, out_);
  openssl_.SSL_set_connect_state(ssl_.get());
  if (openssl_.SSL_set_cipher_list(ssl_.get(), session_.cipher_list.c_str()) != 1) {
    warn(log(), session_.server + ": error setting cipher grade: \"" +
                    printable(session_.policy.ciphers) + '"');
    take_errors(openssl_, log());
    return false;
  }
  // Where the server has to be the right one, what proves it must be worth something.
  if (must_match(session_.policy.level)) {
    openssl_.SSL_set_security_level(ssl_.get(), 1);
  }
  if (!choose_versions() || !name_server() || !choose_names() || !choose_authorities()) {
    return false;
  }
  if (session_.store) {
    take_up_session();
  }
  return true;
}

/// What was verified then counts now: it was by the same names, fingerprints and authorities.
void Channel::take_up_session() {
  const auto found = session_.store->find(key_of(session_));
  if (found == session_.store->end()) {
    return;
  }
  const auto* octets = reinterpret_cast<const unsigned char*>(found->second.data());
  const Owned<SSL_SESSION> session(
      openssl_.d2i_SSL_SESSION(nullptr, &octets, static_cast<long>(found->second.size())),
      openssl_.SSL_SESSION_free);
  if (session) {
    openssl_.SSL_set_session(ssl_.get(), session.get());
  }
  openssl_.ERR_clear_error();
}

/// What the server has given for it came behind the handshake.
void Channel::keep_session() const {
  const Owned<SSL_SESSION> session(openssl_.SSL_get1_session(ssl_.get()),
                                   openssl_.SSL_SESSION_free);
  const bool is_good = session && result_ != lmtp::TlsResult::not_verified &&
                       openssl_.SSL_SESSION_is_resumable(session.get()) == 1;
  const int size = is_good ? openssl_.i2d_SSL_SESSION(session.get(), nullptr) : 0;
  if (size <= 0 || static_cast<std::size_t>(size) > kMaxSession) {
    return;
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  auto* octets = reinterpret_cast<unsigned char*>(text.data());
  openssl_.i2d_SSL_SESSION(session.get(), &octets);
  session_.store->insert_or_assign(key_of(session_), std::move(text));
}

bool Channel::choose_versions() {
  const std::pair<int, std::uint64_t> options[] = {
      {SSL3_VERSION, SSL_OP_NO_SSLv3},     {TLS1_VERSION, SSL_OP_NO_TLSv1},
      {TLS1_1_VERSION, SSL_OP_NO_TLSv1_1}, {TLS1_2_VERSION, SSL_OP_NO_TLSv1_2},
      {TLS1_3_VERSION, SSL_OP_NO_TLSv1_3},
  };
  for (const auto& [version, option] : options) {
    if (std::ranges::find(session_.versions.excluded, version) !=
        session_.versions.excluded.end()) {
      openssl_.SSL_set_options(ssl_.get(), option);
    }
  }
  const std::pair<int, int> bounds[] = {
      {SSL_CTRL_SET_MIN_PROTO_VERSION, session_.versions.lowest},
      {SSL_CTRL_SET_MAX_PROTO_VERSION, session_.versions.highest}};
  for (const auto& [command, version] : bounds) {
    if (openssl_.SSL_ctrl(ssl_.get(), command, version, nullptr) != 1) {
      // A bound that cannot be kept must not become none.
      warn(log(), session_.server + ": error setting a bound of the TLS version: " +
                      printable(session_.policy.protocols));
      return false;
    }
  }
  return true;
}

bool Channel::name_server() {
  std::string name = lmtp::to_ascii_domain(session_.policy.servername);
  if (name.empty()) {
    return true;
  }
  return openssl_.SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                           name.data()) == 1;
}

/// \see RFC 6125 section 6.4.3
bool Channel::choose_names() {
  const TlsLevel level = session_.policy.level;
  if (level != TlsLevel::verify && level != TlsLevel::secure) {
    return true;
  }
  openssl_.SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  std::size_t count = 0;
  for (const std::string& name : session_.policy.match) {
    const bool is_name = !name.empty() && name != ".";
    const std::string ascii = lmtp::to_ascii_domain(fold_case(name));
    count += is_name && openssl_.SSL_add1_host(ssl_.get(), ascii.c_str()) == 1 ? 1U : 0U;
  }
  must_fail_ = count == 0;
  if (must_fail_) {
    warn(log(), session_.server + ": could not configure peer name checks");
  }
  return true;
}

/// Authorities that are good for this server alone.
bool Channel::choose_authorities() {
  if (session_.policy.trust_anchors.empty()) {
    return true;
  }
  Owned<X509_STORE> store(openssl_.X509_STORE_new(), openssl_.X509_STORE_free);
  for (const std::string& file : session_.policy.trust_anchors) {
    int count = 0;
    const auto add = [&](std::string_view type, const unsigned char* data, long size) {
      const Owned<X509> anchor(
          type == "CERTIFICATE" ? openssl_.d2i_X509(nullptr, &data, size) : nullptr,
          openssl_.X509_free);
      ++count;
      return anchor && openssl_.X509_STORE_add_cert(store.get(), anchor.get()) == 1;
    };
    if (!for_each_item(openssl_, file, add) || count == 0) {
      warn(log(),
           "cannot load trust anchors from file \"" + printable(file) + "\" (certificates in PEM)");
      return false;
    }
  }
  // An authority below another one is trusted as well as that.
  openssl_.X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return openssl_.SSL_ctrl(ssl_.get(), SSL_CTRL_SET_VERIFY_CERT_STORE, 1, store.get()) == 1;
}

void Channel::collect_output() {
  std::array<char, 4096> buffer{};
  int count = 0;
  while ((count = openssl_.BIO_read(out_, buffer.data(), static_cast<int>(buffer.size()))) > 0) {
    output_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void Channel::sent(std::size_t count) {
  sent_ += std::min(count, output_.size() - sent_);
  if (sent_ == output_.size()) {
    output_.clear();
    sent_ = 0;
  }
}

TlsChannel::Progress Channel::shake_hands() {
  openssl_.ERR_clear_error();
  const int done = openssl_.SSL_do_handshake(ssl_.get());
  const int error = done == 1 ? SSL_ERROR_NONE : openssl_.SSL_get_error(ssl_.get(), done);
  collect_output();
  if (done == 1) {
    is_up_ = true;
    if (logging_.certificate && openssl_.SSL_session_reused(ssl_.get()) == 1) {
      note(log(), session_.server + ": Reusing old session");
    }
    judge();
    return Progress::done;
  }
  if (error == SSL_ERROR_WANT_READ) {
    return Progress::wants_input;
  }
  note(log(), "SSL_connect error to " + session_.server + ": " + std::to_string(done));
  take_errors(openssl_, log());
  return Progress::failed;
}

TlsChannel::Read Channel::read(std::span<char> buffer) {
  openssl_.ERR_clear_error();
  const int count = openssl_.SSL_read(
      ssl_.get(), buffer.data(), static_cast<int>(std::min(buffer.size(), std::size_t{1} << 20U)));
  const int error = count > 0 ? SSL_ERROR_NONE : openssl_.SSL_get_error(ssl_.get(), count);
  // A server may want an answer that is TLS's own.
  collect_output();
  if (count > 0) {
    return {State::moved, static_cast<std::size_t>(count)};
  }
  return {error == SSL_ERROR_WANT_READ ? State::would_block : State::closed, 0};
}

bool Channel::is_readable() {
  char octet = 0;
  openssl_.ERR_clear_error();
  const int count = openssl_.SSL_peek(ssl_.get(), &octet, 1);
  const int error = count > 0 ? SSL_ERROR_NONE : openssl_.SSL_get_error(ssl_.get(), count);
  collect_output();
  return error != SSL_ERROR_WANT_READ;
}

std::size_t Channel::write(std::string_view text) {
  openssl_.ERR_clear_error();
  const int count = openssl_.SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
  collect_output();
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void Channel::close() {
  if (is_up_) {
    openssl_.ERR_clear_error();
    if (session_.store) {
      keep_session();
    }
    openssl_.SSL_shutdown(ssl_.get());
    collect_output();
  }
}

// ---- who the server is

/// By the digest of the certificate, or of its public key.
bool Channel::fits_fingerprint(X509* certificate) const {
  const EVP_MD* const digest = openssl_.EVP_get_digestbyname(digest_.c_str());
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned int size = 0;
  std::vector<std::string> found;
  const auto keep = [&](int done) {
    if (done == 1) {
      found.emplace_back(reinterpret_cast<const char*>(value.data()), size);
    }
  };
  keep(openssl_.X509_digest(certificate, digest, value.data(), &size));
  unsigned char* key = nullptr;
  const int length = openssl_.i2d_X509_PUBKEY(openssl_.X509_get_X509_PUBKEY(certificate), &key);
  if (length > 0) {
    keep(openssl_.EVP_Digest(key, static_cast<std::size_t>(length), value.data(), &size, digest,
                             nullptr));
    openssl_.CRYPTO_free(key, "", 0);
  }
  return std::ranges::any_of(session_.policy.fingerprints, [&](const std::string& text) {
    const auto wanted = parse_hexadecimal(text);
    if (!wanted) {
      warn(log(), "malformed fingerprint value: " + printable(text));
    }
    return wanted && std::ranges::find(found, *wanted) != found.end();
  });
}

void Channel::judge() {
  const Owned<X509> certificate(openssl_.SSL_get1_peer_certificate(ssl_.get()), openssl_.X509_free);
  const long result =
      must_fail_ ? X509_V_ERR_CERT_UNTRUSTED : openssl_.SSL_get_verify_result(ssl_.get());
  const TlsLevel level = session_.policy.level;
  const bool is_trusted = certificate && result == X509_V_OK;
  const bool is_matched = level == TlsLevel::fingerprint
                              ? certificate && fits_fingerprint(certificate.get())
                              : must_match(level) && is_trusted;
  result_ = is_matched          ? lmtp::TlsResult::verified
            : must_match(level) ? lmtp::TlsResult::not_verified
                                : lmtp::TlsResult::established;
  tell_of(certificate.get(), level == TlsLevel::fingerprint ? X509_V_ERR_CERT_UNTRUSTED : result);
}

/// \param certificate  null: the server has none
/// \param result       why it is not trusted, or X509_V_OK
void Channel::tell_of(X509* certificate, long result) const {
  const bool is_matched = result_ == lmtp::TlsResult::verified;
  const bool shows_fault = logging_.untrusted || must_match(session_.policy.level);
  if (certificate != nullptr && !is_matched && shows_fault) {
    tell_untrusted(result);
  }
  if (certificate != nullptr && logging_.certificate) {
    tell_certificate(certificate);
  }
  if (logging_.summary) {
    tell(certificate == nullptr ? "Anonymous"
         : is_matched           ? "Verified"
         : result == X509_V_OK  ? "Trusted"
                                : "Untrusted");
  }
}

void Channel::tell_untrusted(long result) const {
  const std::string failed = "certificate verification failed for " + session_.server + ": ";
  switch (result) {
    case X509_V_OK:
      return;
    case X509_V_ERR_CERT_UNTRUSTED:
      return note(log(), failed + "not trusted by local or TLSA policy");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return note(log(), failed + "self-signed certificate");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: {
      const auto* const chain =
          reinterpret_cast<const OPENSSL_STACK*>(openssl_.SSL_get0_verified_chain(ssl_.get()));
      const int count = chain == nullptr ? 0 : openssl_.OPENSSL_sk_num(chain);
      std::array<char, kMaxName> issuer{"<unknown>"};
      if (count > 0) {
        const auto* const last =
            static_cast<const X509*>(openssl_.OPENSSL_sk_value(chain, count - 1));
        openssl_.X509_NAME_oneline(openssl_.X509_get_issuer_name(last), issuer.data(),
                                   static_cast<int>(issuer.size()));
      }
      return note(log(), failed + "untrusted issuer " + printable(issuer.data()));
    }
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return note(log(), "server " + failed + "certificate not yet valid");
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return note(log(), "server " + failed + "certificate has expired");
    case X509_V_ERR_INVALID_PURPOSE:
      return note(log(), failed + "not designated for use as a server certificate");
    default:
      return note(log(), "server " + failed + "num=" + std::to_string(result) + ':' +
                             printable(openssl_.X509_verify_cert_error_string(result)));
  }
}

void Channel::tell_certificate(X509* certificate) const {
  const auto common_name = [&](X509_NAME* name) {
    std::array<char, kMaxName> text{};
    const int size = openssl_.X509_NAME_get_text_by_NID(name, NID_commonName, text.data(),
                                                        static_cast<int>(text.size()));
    return size > 0 ? printable(text.data()) : std::string();
  };
  note(log(), session_.server +
                  ": subject_CN=" + common_name(openssl_.X509_get_subject_name(certificate)) +
                  ", issuer_CN=" + common_name(openssl_.X509_get_issuer_name(certificate)));
}

void Channel::tell(std::string_view trust) const {
  const SSL_CIPHER* const cipher = openssl_.SSL_get_current_cipher(ssl_.get());
  int of_algorithm = 0;
  const int used = openssl_.SSL_CIPHER_get_bits(cipher, &of_algorithm);
  note(log(), std::string(trust) + " TLS connection established to " + session_.server + ": " +
                  openssl_.SSL_get_version(ssl_.get()) + " with cipher " +
                  openssl_.SSL_CIPHER_get_name(cipher) + " (" + std::to_string(used) + '/' +
                  std::to_string(of_algorithm) + " bits)" + signatures());
}

KeyName Channel::name_of_key(EVP_PKEY* key, bool signs) const {
  const int type = openssl_.EVP_PKEY_get_base_id(key);
  KeyName name;
  if (type == EVP_PKEY_EC) {
    name.name = signs ? "ECDSA" : "ECDHE";
    std::array<char, 64> group{};
    std::size_t size = 0;
    if (openssl_.EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1) {
      name.curve.assign(group.data(), std::min(size, group.size()));
    }
  } else if (type == EVP_PKEY_RSA || type == EVP_PKEY_DH) {
    name.name = type == EVP_PKEY_RSA ? "RSA-PSS" : "DHE";
    name.bits = openssl_.EVP_PKEY_get_bits(key);
  } else if (const char* const text = openssl_.OBJ_nid2sn(type); text != nullptr) {
    name.name = text;
  }
  return name;
}

std::string Channel::signature_of(X509* certificate, long digest_command,
                                  std::string_view who) const {
  EVP_PKEY* const key = openssl_.X509_get0_pubkey(certificate);
  if (key == nullptr) {
    return {};
  }
  std::string text = ' ' + std::string(who) + "-signature " + shown(name_of_key(key, true));
  int digest = NID_undef;
  if (openssl_.SSL_ctrl(ssl_.get(), static_cast<int>(digest_command), 0, &digest) == 1 &&
      digest != NID_undef) {
    text.append(" ").append(who).append("-digest ").append(openssl_.OBJ_nid2sn(digest));
  }
  return text;
}

/// What TLSv1.3 does not say with the name of the cipher.
std::string Channel::signatures() const {
  if (openssl_.SSL_version(ssl_.get()) < TLS1_3_VERSION) {
    return {};
  }
  std::string text;
  EVP_PKEY* exchanged = nullptr;
  if (openssl_.SSL_ctrl(ssl_.get(), SSL_CTRL_GET_PEER_TMP_KEY, 0, &exchanged) == 1) {
    const Owned<EVP_PKEY> owned(exchanged, openssl_.EVP_PKEY_free);
    text += " key-exchange " + shown(name_of_key(exchanged, false));
  }
  const Owned<X509> server(openssl_.SSL_get1_peer_certificate(ssl_.get()), openssl_.X509_free);
  if (server) {
    text += signature_of(server.get(), SSL_CTRL_GET_PEER_SIGNATURE_NID, "server");
  }
  int used = NID_undef;
  X509* const own = openssl_.SSL_get_certificate(ssl_.get());
  if (own != nullptr && openssl_.SSL_ctrl(ssl_.get(), SSL_CTRL_GET_SIGNATURE_NID, 0, &used) == 1) {
    text += signature_of(own, SSL_CTRL_GET_SIGNATURE_NID, "client");
  }
  return text;
}

// ---- all sessions

class Engine final : public TlsEngine {
 public:
  Engine(OpenSsl openssl, TlsEngineOptions options)
      : openssl_(openssl), options_(std::move(options)) {}

  bool prepare(LogLines& log);
  std::unique_ptr<TlsChannel> begin(const TlsSession& session) override;

 private:
  bool load_authorities(LogLines& log);
  bool load_certificates(LogLines& log);
  bool load_certificate(const TlsCertificate& certificate, LogLines& log);
  bool refuse(std::string problem, LogLines& log) const {
    warn(log, std::move(problem) + ": disabling TLS support");
    take_errors(openssl_, log);
    return false;
  }

  OpenSsl openssl_;
  TlsEngineOptions options_;
  Owned<SSL_CTX> context_{nullptr, nullptr};
};

bool Engine::prepare(LogLines& log) {
  openssl_.ERR_clear_error();
  context_ =
      Owned<SSL_CTX>(openssl_.SSL_CTX_new(openssl_.TLS_client_method()), openssl_.SSL_CTX_free);
  if (!context_) {
    return refuse("cannot allocate client SSL_CTX", log);
  }
  if (openssl_.EVP_get_digestbyname(options_.digest.c_str()) == nullptr) {
    return refuse("Digest algorithm \"" + printable(options_.digest) + "\" not found", log);
  }
  // Whatever protects is better than nothing where nothing would do as well.
  openssl_.SSL_CTX_set_security_level(context_.get(), 0);
  openssl_.SSL_CTX_set_verify_depth(context_.get(), static_cast<int>(options_.verify_depth) + 1);
  openssl_.SSL_CTX_set_options(context_.get(), SSL_OP_ALL | SSL_OP_IGNORE_UNEXPECTED_EOF);
  openssl_.SSL_CTX_ctrl(context_.get(), SSL_CTRL_SET_SESS_CACHE_MODE,
                        SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL, nullptr);
  std::string curves = options_.curves;
  std::ranges::replace_if(
      curves, [](char c) { return c == ' ' || c == ',' || c == '\t'; }, ':');
  if (!curves.empty() &&
      openssl_.SSL_CTX_ctrl(context_.get(), SSL_CTRL_SET_GROUPS_LIST, 0, curves.data()) != 1) {
    warn(log, "none of the configured ECDHE curves are supported");
    openssl_.ERR_clear_error();
  }
  return load_authorities(log) && load_certificates(log);
}

bool Engine::load_authorities(LogLines& log) {
  const auto or_null = [](const std::string& path) {
    return path.empty() ? nullptr : path.c_str();
  };
  if (options_.ca_file.empty() && options_.ca_path.empty()) {
    return true;
  }
  if (openssl_.SSL_CTX_load_verify_locations(context_.get(), or_null(options_.ca_file),
                                             or_null(options_.ca_path)) != 1) {
    return refuse("cannot load Certification Authority data, CAfile=\"" +
                      printable(options_.ca_file) + "\", CApath=\"" + printable(options_.ca_path) +
                      '"',
                  log);
  }
  return !options_.append_default_authorities ||
         openssl_.SSL_CTX_set_default_verify_paths(context_.get()) == 1 ||
         refuse("cannot set default OpenSSL certificate verification paths", log);
}

bool Engine::load_certificates(LogLines& log) {
  if (!options_.chain_files.empty()) {
    ChainLoader loader(openssl_, context_.get());
    for (const std::string& file : options_.chain_files) {
      if (!loader.load(file)) {
        return refuse("error loading chain from " + printable(file), log);
      }
    }
    return loader.finish() || refuse("a key or a certificate is missing in the chain files", log);
  }
  return std::ranges::all_of(options_.certificates, [&](const TlsCertificate& certificate) {
    return certificate.certificate_file.empty() || load_certificate(certificate, log);
  });
}

bool Engine::load_certificate(const TlsCertificate& certificate, LogLines& log) {
  const std::string& file = certificate.certificate_file;
  const std::string& key = certificate.key_file;
  if (file == key) {
    ChainLoader loader(openssl_, context_.get());
    return (loader.load(file) && loader.finish()) ||
           refuse("cannot get certificate and private key from file \"" + printable(file) + '"',
                  log);
  }
  if (openssl_.SSL_CTX_use_certificate_chain_file(context_.get(), file.c_str()) != 1) {
    return refuse("cannot get certificate from file \"" + printable(file) + '"', log);
  }
  if (openssl_.SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refuse("cannot get private key from file \"" + printable(key) + '"', log);
  }
  return openssl_.SSL_CTX_check_private_key(context_.get()) == 1 ||
         refuse("private key in " + printable(key) + " does not match public key in " +
                    printable(file),
                log);
}

std::unique_ptr<TlsChannel> Engine::begin(const TlsSession& session) {
  SSL* const ssl = openssl_.SSL_new(context_.get());
  if (ssl == nullptr) {
    take_errors(openssl_, *session.log);
    return nullptr;
  }
  auto channel =
      std::make_unique<Channel>(openssl_, options_.digest, options_.logging, session, ssl);
  return channel->prepare() ? std::move(channel) : nullptr;
}

}  // namespace

bool is_tls_built_in() {
  return true;
}

std::string key_of(const TlsSession& session) {
  std::string key = session.server + '\n' + session.cipher_list + '\n' + session.policy.protocols +
                    '\n' + session.policy.servername + '\n' +
                    std::string(name_of(session.policy.level));
  for (const auto* list :
       {&session.policy.match, &session.policy.fingerprints, &session.policy.trust_anchors}) {
    key += '\n';
    for (const std::string& word : *list) {
      key.append(word).append(" ");
    }
  }
  return session.service + '\n' + key;
}

std::shared_ptr<TlsEngine> make_tls_engine(const TlsEngineOptions& options, LogLines& log) {
  auto openssl = OpenSsl::load();
  if (!openssl) {
    warn(log, openssl.error().message());
    return nullptr;
  }
  auto engine = std::make_shared<Engine>(*openssl, options);
  return engine->prepare(log) ? engine : nullptr;
}

}  // namespace lastmile
