// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transports/access_table.h"
#include "transports/restrictions.h"
#include "transports/transport_rules.h"

namespace lastmile {

/// One session of smtpd(8) up to one RCPT, while its restrictions are read: what they have in
/// common and leave behind. \see src/smtpd/smtpd_check.c
class RestrictionSession {
 public:
  /// Of what a restriction speaks when it refuses.
  struct Subject {
    std::string name = {};         ///< "alice@example.com", "mail.example.com[192.0.2.1]".
    std::string_view what = {};    ///< "Recipient address", "Client host".
    std::string_view access = {};  ///< What a table alone stands for: "check_recipient_access".
  };

  /// All referents must outlive the session.
  RestrictionSession(Configuration& smtpd, const SmtpSession& session);

  Configuration& smtpd() { return smtpd_; }
  const Settings& settings() const { return smtpd_.settings(); }
  const SmtpSession& session() const { return session_; }
  const SmtpClient& client() const { return session_.client; }

  Subject client_subject() const;
  Subject helo_subject() const;
  Subject sender_subject() const;
  Subject recipient_subject() const;

  /// What was said so far: without smtpd_delay_reject a list is read before there is a recipient.
  bool has_sender() const { return knows_sender_ && !session_.sender.is_null(); }
  bool has_null_sender() const { return knows_sender_ && session_.sender.is_null(); }
  bool has_recipient() const { return knows_recipient_; }
  void learn_sender() { knows_sender_ = true; }
  void learn_recipient() { knows_recipient_ = true; }

  /// Refuses with a text as it stands; nothing under warn_if_reject.
  Verdict refuse(int code, EnhancedStatus status, std::string text);
  /// "<NAME>: WHAT rejected: TEXT", with the status that is right for what is refused.
  Verdict refuse(int code, EnhancedStatus status, const Subject& subject, std::string_view text);
  /// The same also where warn_if_reject stands before what is wrong.
  Verdict refuse_anyway(int code, EnhancedStatus status, std::string text);
  /// A table cannot answer, or the configuration makes no sense: nothing more is asked.
  Verdict fail(const Error& error);
  Verdict cannot_look_up(const Address& address, const Error& error);
  void defer_if_permit(int code, EnhancedStatus status, const Subject& subject,
                       std::string_view text);
  void defer_if_reject(int code, EnhancedStatus status, const Subject& subject,
                       std::string_view text);

  /// Reads a list of restrictions, with what it names as the parameter that holds it.
  Verdict read(const std::vector<std::string>& words, const Subject& subject,
               const std::optional<SourcePos>& source);
  /// A restriction that stands in no list, and is none of its own to a reader.
  Verdict read_implied(const std::string& restriction, const Subject& subject,
                       const std::optional<SourcePos>& source);
  /// The same for one of smtpd's own lists.
  Verdict read_list(const Setting<std::vector<std::string>>& list, const Subject& subject);

  /// The route of a mail address, from trivial-rewrite(8).
  const Result<Route>& route_of(const Address& address);

  /// Says of the restriction that is being read what it answered.
  void answer(std::string text, std::optional<SourcePos> source = {});
  /// It is not asked here; the answer would be the one that is given only if it says nothing.
  void not_asked();

  bool is_discarded() const { return actions_.discard.has_value(); }
  bool is_warning() const { return warns_from_ != 0; }
  bool is_failed() const { return failed_; }

  MessageActions& actions() { return actions_; }
  SmtpdAnswer take_answer() &&;

  /// Refuses in the end what defer_if_permit was said of.
  Verdict refuse_later();

  bool recipient_checked = false;        ///< reject_unlisted_recipient has been answered.
  std::optional<ListedBy> listing = {};  ///< What it was answered by.
  bool sender_checked = false;

  /// What deferred_if_permit leaves for the end.
  std::optional<SmtpRefusal> deferred_if_permit = {};
  std::optional<SmtpRefusal> deferred_if_reject = {};

 private:
  Verdict read_words(const std::vector<std::string>& words, const Subject& subject);
  Verdict read_one(const std::vector<std::string>& words, std::size_t& index,
                   const Subject& subject);

  Configuration& smtpd_;
  const SmtpSession& session_;
  bool knows_sender_ = false;
  bool knows_recipient_ = false;
  bool failed_ = false;
  int recursion_ = 0;
  int warns_from_ = 0;  ///< The depth of the list in which warn_if_reject stands; 0: none.
  std::optional<SourcePos> list_source_ = {};
  std::vector<RestrictionStep> steps_ = {};
  std::vector<std::string> unless_ = {};
  std::optional<SmtpRefusal> refusal_ = {};
  MessageActions actions_ = {};
  std::vector<std::pair<Address, Result<Route>>> routes_ = {};
};

}  // namespace lastmile
