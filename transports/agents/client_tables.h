// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "aliases/result.h"
#include "aliases/world/world.h"
#include "lmtpclient/client.h"
#include "lmtpclient/content_rewriter.h"
#include "lmtpclient/reply.h"
#include "transports/agents/tls_engine.h"
#include "transports/destination.h"
#include "transports/envelope.h"
#include "transports/settings.h"

namespace lastmile {

/// The tables by which an lmtp(8) or smtp(8) service changes what it says and what it is told:
/// `lmtp_generic_maps`, `lmtp_header_checks` and its kin, `lmtp_body_checks`, `lmtp_reply_filter`.
///
/// As Postfix does, they are opened before root is given up, and asked by whoever talks to the
/// server.
class ClientTables {
 public:
  /// Opens the tables that the service has.
  ///
  /// \param world  must outlive the tables and what they give; null: no table can be asked
  /// \param log    gets what checks have to say
  /// \return misconfigured for a value that names no table; a table that cannot be opened fails
  ///         when it is asked
  static Result<ClientTables> open(const Settings& settings, const Lmtp& server, World* world,
                                   std::shared_ptr<LogLines> log);

  bool has_generic_maps() const;
  /// An address of the envelope as other hosts are to know it.
  /// \return an Error when a table could not answer or names no address
  Result<Address> outside_address(const Address& address) const;

  /// Whether whoever talks to the server asks one of them.
  bool are_asked_in_session() const;

  /// What becomes of content; empty where no table is set.
  lmtp::ContentRules content_rules(const std::string& queue_id) const;
  /// Empty where no table is set.
  lmtp::ReplyFilter reply_filter() const;
  /// The extensions that a server is not trusted with, by its address; empty where no table is set.
  std::function<lmtp::AddressKeywords(const std::string& address)> discard_keywords() const;

 private:
  struct Tables;
  explicit ClientTables(std::shared_ptr<Tables> tables) : tables_(std::move(tables)) {}

  std::shared_ptr<Tables> tables_;
};

}  // namespace lastmile
