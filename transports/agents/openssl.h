// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "aliases/result.h"

namespace lastmile {

// Its functions keep their own names here, as in its manual.
// NOLINTBEGIN(readability-identifier-naming)
#define LASTMILE_SSL_FUNCTIONS(ITEM)       \
  ITEM(SSL_SESSION_free)                   \
  ITEM(SSL_SESSION_is_resumable)           \
  ITEM(SSL_get1_session)                   \
  ITEM(SSL_session_reused)                 \
  ITEM(SSL_set_session)                    \
  ITEM(d2i_SSL_SESSION)                    \
  ITEM(i2d_SSL_SESSION)                    \
  ITEM(SSL_CIPHER_get_bits)                \
  ITEM(SSL_CIPHER_get_name)                \
  ITEM(SSL_CTX_check_private_key)          \
  ITEM(SSL_CTX_ctrl)                       \
  ITEM(SSL_CTX_free)                       \
  ITEM(SSL_CTX_load_verify_locations)      \
  ITEM(SSL_CTX_new)                        \
  ITEM(SSL_CTX_set_default_verify_paths)   \
  ITEM(SSL_CTX_set_options)                \
  ITEM(SSL_CTX_set_security_level)         \
  ITEM(SSL_CTX_set_verify_depth)           \
  ITEM(SSL_CTX_use_PrivateKey_file)        \
  ITEM(SSL_CTX_use_cert_and_key)           \
  ITEM(SSL_CTX_use_certificate_chain_file) \
  ITEM(SSL_add1_host)                      \
  ITEM(SSL_ctrl)                           \
  ITEM(SSL_do_handshake)                   \
  ITEM(SSL_free)                           \
  ITEM(SSL_get0_verified_chain)            \
  ITEM(SSL_get1_peer_certificate)          \
  ITEM(SSL_get_certificate)                \
  ITEM(SSL_get_current_cipher)             \
  ITEM(SSL_get_error)                      \
  ITEM(SSL_get_verify_result)              \
  ITEM(SSL_get_version)                    \
  ITEM(SSL_pending)                        \
  ITEM(SSL_new)                            \
  ITEM(SSL_peek)                           \
  ITEM(SSL_read)                           \
  ITEM(SSL_set_bio)                        \
  ITEM(SSL_set_cipher_list)                \
  ITEM(SSL_set_connect_state)              \
  ITEM(SSL_set_hostflags)                  \
  ITEM(SSL_set_options)                    \
  ITEM(SSL_set_security_level)             \
  ITEM(SSL_shutdown)                       \
  ITEM(SSL_version)                        \
  ITEM(SSL_write)                          \
  ITEM(TLS_client_method)

#define LASTMILE_CRYPTO_FUNCTIONS(ITEM) \
  ITEM(BIO_ctrl)                        \
  ITEM(BIO_free)                        \
  ITEM(BIO_new)                         \
  ITEM(BIO_new_file)                    \
  ITEM(BIO_read)                        \
  ITEM(BIO_s_mem)                       \
  ITEM(BIO_write)                       \
  ITEM(CRYPTO_free)                     \
  ITEM(ERR_clear_error)                 \
  ITEM(ERR_error_string_n)              \
  ITEM(ERR_get_error)                   \
  ITEM(ERR_peek_last_error)             \
  ITEM(EVP_Digest)                      \
  ITEM(EVP_PKEY_free)                   \
  ITEM(EVP_PKEY_get_base_id)            \
  ITEM(EVP_PKEY_get_bits)               \
  ITEM(EVP_PKEY_get_group_name)         \
  ITEM(EVP_get_digestbyname)            \
  ITEM(OBJ_nid2sn)                      \
  ITEM(OPENSSL_sk_free)                 \
  ITEM(OPENSSL_sk_new_null)             \
  ITEM(OPENSSL_sk_num)                  \
  ITEM(OPENSSL_sk_push)                 \
  ITEM(OPENSSL_sk_value)                \
  ITEM(PEM_read_bio)                    \
  ITEM(X509_NAME_get_text_by_NID)       \
  ITEM(X509_NAME_oneline)               \
  ITEM(X509_STORE_add_cert)             \
  ITEM(X509_STORE_free)                 \
  ITEM(X509_STORE_new)                  \
  ITEM(X509_STORE_set_flags)            \
  ITEM(X509_digest)                     \
  ITEM(X509_free)                       \
  ITEM(X509_get0_pubkey)                \
  ITEM(X509_get_X509_PUBKEY)            \
  ITEM(X509_get_issuer_name)            \
  ITEM(X509_get_subject_name)           \
  ITEM(X509_verify_cert_error_string)   \
  ITEM(d2i_AutoPrivateKey)              \
  ITEM(d2i_X509)                        \
  ITEM(i2d_X509_PUBKEY)

/// The functions of OpenSSL that are used here; the libraries are loaded when they are first
/// needed.
struct OpenSsl {
// NOLINTNEXTLINE(bugprone-macro-parentheses): the name that is declared can have none.
#define LASTMILE_MEMBER(name) decltype(&::name) name = nullptr;
  LASTMILE_SSL_FUNCTIONS(LASTMILE_MEMBER)
  LASTMILE_CRYPTO_FUNCTIONS(LASTMILE_MEMBER)
#undef LASTMILE_MEMBER

  /// \return unavailable when a library, or a function of it, is not there
  static Result<OpenSsl> load();
};
// NOLINTEND(readability-identifier-naming)

}  // namespace lastmile
