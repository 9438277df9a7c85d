// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lmtpclient/enhanced_status.h"
#include "transports/content_filter.h"
#include "transports/smtp_session.h"

namespace lastmile {

/// What a restriction says.
enum class Verdict : std::uint8_t { nothing, permit, refuse };

/// Why smtpd(8) does not take a recipient.
struct SmtpRefusal {
  int code = 0;
  EnhancedStatus status = {};
  std::string text = {};
  std::string decided_by = {};  ///< The restriction, or what is wrong with the configuration.
  std::optional<SourcePos> source = {};
};

/// One restriction that was read.
struct RestrictionStep {
  std::string restriction = {};  ///< "check_recipient_access hash:/etc/postfix/access".
  std::string answer = {};       ///< "permits", "says nothing", "OK for alice@example.com".
  std::optional<SourcePos> source = {};
  bool decides = false;
  bool is_asked = true;
};

/// A value of an access table or of header_checks, and its line.
template <class T>
struct Instructed {
  T value = {};
  std::string by = {};  ///< "check_recipient_access hash:/etc/postfix/access".
  std::optional<SourcePos> source = {};
};

/// What is to be done with a message that is taken.
struct MessageActions {
  std::optional<Instructed<std::string>> filter = {};  ///< A transport and a nexthop.
  std::optional<Instructed<Address>> redirect = {};
  std::vector<Instructed<Address>> copies = {};
  std::optional<Instructed<std::string>> hold = {};
  std::optional<Instructed<std::string>> discard = {};
};

/// What became of the probe of an address. \see ADDRESS_VERIFICATION_README
struct Verification {
  enum class Result : std::uint8_t { deliverable, undeliverable, deferred, not_known };
  Result result = Result::not_known;
  std::string text = {};
};

/// Who is at the other end of a session, and what was said.
struct SmtpSession {
  SmtpClient client = {};
  Address sender = {};
  Address recipient = {};
  /// The recipient is written as strict_rfc821_envelopes, which is set, does not allow.
  bool is_too_lax = false;
  /// Finds out whether an address can be delivered; empty: nobody is asked.
  std::function<Verification(const Address&)> verify = {};
};

/// The table that lists an address, or that should.
struct ListedBy {
  std::string decided_by = {};  ///< "local_recipient_maps".
  std::string key = {};         ///< Empty: no entry decided.
  std::optional<SourcePos> source = {};
};

/// What smtpd(8) makes of a recipient by its restrictions.
struct SmtpdAnswer {
  std::optional<SmtpRefusal> refusal = {};  ///< None: it is taken.
  std::optional<ListedBy> listing = {};     ///< Of the recipient, where that was asked for.
  std::vector<RestrictionStep> steps = {};
  /// Restrictions that were not asked, of which each might have decided in another way.
  std::vector<std::string> unless = {};
  MessageActions actions = {};
};

/// Reads smtpd_client_restrictions and its kin in their order. The sender and the recipient are
/// addresses in form: what is no address is refused before.
/// \see SMTPD_ACCESS_README; postconf(5)
SmtpdAnswer read_restrictions(Configuration& smtpd, const SmtpSession& about);

/// Reads only those lists of which, without smtpd_delay_reject, a client hears in answer to MAIL:
/// also of a recipient that would be taken, or refused, without any list. The sender is an address
/// in form.
SmtpdAnswer read_restrictions_at_mail(Configuration& smtpd, const SmtpSession& about);

/// Why smtpd(8) does not start: no list says that strangers may not relay.
std::optional<Error> unsafe_relaying(const Settings& smtpd);

}  // namespace lastmile
