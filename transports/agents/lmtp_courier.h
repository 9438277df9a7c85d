// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmtpclient/client.h"
#include "lmtpclient/transaction.h"
#include "transports/agents/client_tables.h"
#include "transports/agents/spooled_message.h"
#include "transports/agents/tls_engine.h"
#include "transports/delivery_status.h"
#include "transports/destination.h"

namespace lastmile {

/// What one transaction needs beside the message.
struct CourierRequest {
  lmtp::Transaction transaction = {};
  std::string prepended = {};  ///< Header lines that are sent before the message.
  /// The message, where it is small; else whoever is asked has it.
  std::optional<std::string> content = {};
};

/// A request as bytes, for the process that connects, and back. Both ends are parts of this
/// program, and the one that asks is the one with the rights.
/// \return nullopt when the bytes are no request
std::string encode_request(const CourierRequest& request);
std::optional<CourierRequest> decode_request(std::string_view bytes);

enum class TlsLogged { no, yes };

/// Speaks with the servers of one endpoint, message after message, on one connection where that
/// is kept.
class LmtpCourier {
 public:
  struct Options {
    Lmtp server = {};
    lmtp::ClientOptions client = {};
    ClientTables tables;                             ///< What `client` asks.
    std::shared_ptr<LogLines> log = {};              ///< Gets what `client` has to say.
    std::shared_ptr<TlsSessionStore> sessions = {};  ///< May be null.
    TlsLogged tls = TlsLogged::no;
    bool keeps_encrypted = false;  ///< Connections with TLS, too, are kept.
  };

  explicit LmtpCourier(Options options);

  /// \param message  what is sent where the request has no content
  /// \return what came of it, as bytes. \see take_courier_answer()
  std::string perform(const CourierRequest& request, const SpooledMessage& message);

  /// Says QUIT.
  void end();

 private:
  Options options_;
  lmtp::Client client_;
};

/// What came of one transaction.
struct CourierAnswer {
  LogLines log = {};
  std::vector<DeliveryStatus> statuses = {};  ///< One for each recipient, in the same order.
};

/// \param sessions  gets those of TLS that servers may take up again; may be null
/// \param count     how many recipients there are; when anything is amiss, all are deferred
CourierAnswer take_courier_answer(std::string_view bytes, TlsSessionStore* sessions,
                                  std::size_t count);

}  // namespace lastmile
