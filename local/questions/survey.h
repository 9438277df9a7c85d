// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "local/resolving/resolve.h"

namespace lastmile {

/// Under which envelope, and how closely, all addresses of one run are asked for.
struct SurveyTerms {
  Address sender = {};  ///< As smtpd(8) was told it.
  Stage stage = Stage::full;
  /// Where the message comes in, as in ResolveRequest; nullopt: at port 25, and nowhere for what an
  /// MTA has routed.
  std::optional<const Service*> entry = {};
  TableUse use = TableUse::survey;
  Misses misses = Misses::hidden;
  bool shows_surroundings = false;
  SmtpClient client = {};           ///< Who brings it to smtpd(8).
  bool shows_restrictions = false;  ///< Each with its answer.
  /// Of the message that they are asked for. \see ResolveRequest
  long received_headers = 0;
  std::span<const std::string> delivered_to = {};
  std::shared_ptr<const std::string> content = {};
};

/// The recipient that a text names: what a person or an MTA writes becomes part of a request here
/// and nowhere else. What is no address has a Recipient::fault.
/// \param stage  at Stage::smtp the text is what a client says: a source route is taken off, and
///        smtpd judges what is left
/// \param original  the recipient as it came into the mail system; empty: the text itself
Recipient recipient_from(std::string_view text, Stage stage, const std::string& original = "");

/// From texts, or addresses, to traces, one after the other.
class Survey {
 public:
  /// What it refers to must outlive the Survey, the headers of the terms as well.
  Survey(const Settings& settings, World& world, const SurveyTerms& terms);

  /// What is no address has a trace that says so at Stage::smtp.
  /// \return malformed for what is no address at another stage
  Result<Trace> trace(std::string_view text);
  Trace trace(const Address& address);

  /// Another sender for what is asked from now on.
  void set_sender(const Address& sender);

  /// Resolver::release_tables()
  void release_tables() { resolver_.release_tables(); }

 private:
  Trace resolve(Recipient recipient);

  const Service* entry_;
  Resolver resolver_;
  ResolveRequest request_;  ///< Of every address; the recipient changes.
};

}  // namespace lastmile
