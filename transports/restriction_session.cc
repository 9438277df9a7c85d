// SPDX-License-Identifier: Apache-2.0
#include "transports/restriction_session.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "transports/restriction_rules.h"
#include "transports/rewrite.h"
#include "transports/smtpd_status.h"

namespace lastmile {
namespace {

constexpr int kMaxRecursion = 100;  // \see src/smtpd/smtpd_check.c
constexpr int kServerError = 451;
constexpr int kUnusableCode = 450;

EnhancedStatus in_class_of(int code, EnhancedStatus status) {
  status.status_class = code < 500 ? StatusClass::transient : StatusClass::permanent;
  return status;
}

std::string rejection(const RestrictionSession::Subject& subject, std::string_view text) {
  return '<' + subject.name + ">: " + std::string(subject.what) + " rejected: " + std::string(text);
}

}  // namespace

RestrictionSession::RestrictionSession(Configuration& smtpd, const SmtpSession& session)
    : smtpd_(smtpd), session_(session) {}

RestrictionSession::Subject RestrictionSession::client_subject() const {
  return {client().name_and_address(), "Client host", "check_client_access"};
}

RestrictionSession::Subject RestrictionSession::helo_subject() const {
  return {client().helo, "Helo command", "check_helo_access"};
}

RestrictionSession::Subject RestrictionSession::sender_subject() const {
  return {to_internal(session_.sender), kSenderAddress, "check_sender_access"};
}

RestrictionSession::Subject RestrictionSession::recipient_subject() const {
  return {to_internal(session_.recipient), kRecipientAddress, "check_recipient_access"};
}

Verdict RestrictionSession::refuse(int code, EnhancedStatus status, std::string text) {
  // Such as that of defer_unauth_destination, which is 100 less than relay_domains_reject_code.
  constexpr int kFirstRefusal = 400;
  constexpr int kBeyondRefusals = 600;
  if (code < kFirstRefusal || code >= kBeyondRefusals) {
    return refuse(kUnusableCode, "4.7.1"_dsn, "Service unavailable");
  }
  if (is_warning()) {
    answer("would refuse, and only warns: " + text);
    return Verdict::nothing;
  }
  return refuse_anyway(code, status, std::move(text));
}

Verdict RestrictionSession::refuse_anyway(int code, EnhancedStatus status, std::string text) {
  // A refusal for good that an earlier restriction wants to be a deferral.
  if (deferred_if_reject && code >= 500) {
    deferred_if_permit.reset();
    refusal_ = *std::exchange(deferred_if_reject, std::nullopt);
  } else {
    refusal_ = SmtpRefusal{code, in_class_of(code, status), std::move(text), {}, {}};
  }
  if (!steps_.empty()) {
    RestrictionStep& step = steps_.back();
    step.decides = true;
    if (step.answer.empty()) {
      step.answer = "refuses";
    }
    if (!step.source) {
      step.source = list_source_;
    }
    if (refusal_->decided_by.empty()) {
      refusal_->decided_by = step.restriction;
      refusal_->source = step.source;
    }
  }
  return Verdict::refuse;
}

Verdict RestrictionSession::refuse(int code, EnhancedStatus status, const Subject& subject,
                                   std::string_view text) {
  return refuse(code, smtpd_status(status, subject.what), rejection(subject, text));
}

Verdict RestrictionSession::fail(const Error& error) {
  failed_ = true;
  answer(error.message(), error.source);
  return refuse_anyway(kServerError, "4.3.5"_dsn, "Server configuration error");
}

Verdict RestrictionSession::cannot_look_up(const Address& address, const Error& error) {
  failed_ = true;
  answer(error.message(), error.source);
  return refuse_anyway(kServerError, "4.3.0"_dsn,
                       '<' + to_internal(address) + ">: Temporary lookup failure");
}

namespace {

SmtpRefusal later(int code, EnhancedStatus status, const RestrictionSession::Subject& subject,
                  std::string_view text, const std::vector<RestrictionStep>& steps,
                  const std::optional<SourcePos>& list) {
  SmtpRefusal refusal{code,
                      in_class_of(code, smtpd_status(status, subject.what)),
                      rejection(subject, text),
                      {},
                      {}};
  if (!steps.empty()) {
    refusal.decided_by = steps.back().restriction;
    refusal.source = steps.back().source ? steps.back().source : list;
  }
  return refusal;
}

}  // namespace

void RestrictionSession::defer_if_permit(int code, EnhancedStatus status, const Subject& subject,
                                         std::string_view text) {
  answer("defers what would be taken");
  if (!is_warning() && !deferred_if_permit) {
    deferred_if_permit = later(code, status, subject, text, steps_, list_source_);
  }
}

void RestrictionSession::defer_if_reject(int code, EnhancedStatus status, const Subject& subject,
                                         std::string_view text) {
  answer("defers what would be refused");
  if (!deferred_if_reject) {
    deferred_if_reject = later(code, status, subject, text, steps_, list_source_);
  }
}

void RestrictionSession::answer(std::string text, std::optional<SourcePos> source) {
  if (steps_.empty()) {
    return;
  }
  RestrictionStep& step = steps_.back();
  step.answer = std::move(text);
  if (source) {
    step.source = std::move(source);
  }
}

void RestrictionSession::not_asked() {
  RestrictionStep& step = steps_.back();
  step.answer = "not asked";
  step.is_asked = false;
  unless_.push_back(step.restriction);
}

const Result<Route>& RestrictionSession::route_of(const Address& address) {
  for (const auto& [known, route] : routes_) {
    if (known == address) {
      return route;
    }
  }
  Configuration& rewriting = smtpd_.rewriting();
  routes_.emplace_back(address,
                       route_address(rewriting, rewrite_address(address, rewriting.settings()),
                                     session_.sender.is_null()
                                         ? session_.sender
                                         : rewrite_address(session_.sender, rewriting.settings())));
  return routes_.back().second;
}

Verdict RestrictionSession::read_list(const Setting<std::vector<std::string>>& list,
                                      const Subject& subject) {
  recursion_ = 0;
  warns_from_ = 0;
  deferred_if_reject.reset();
  return read(list.value, subject, list.source);
}

Verdict RestrictionSession::read(const std::vector<std::string>& words, const Subject& subject,
                                 const std::optional<SourcePos>& source) {
  const auto list = std::exchange(list_source_, source);
  ++recursion_;
  const Verdict verdict = recursion_ > kMaxRecursion
                              ? fail(misconfigured("restrictions name each other without end"))
                              : read_words(words, subject);
  --recursion_;
  list_source_ = list;
  return verdict;
}

Verdict RestrictionSession::read_implied(const std::string& restriction, const Subject& subject,
                                         const std::optional<SourcePos>& source) {
  const Verdict verdict = read({restriction}, subject, source);
  steps_.back().decides = false;
  return verdict;
}

Verdict RestrictionSession::read_words(const std::vector<std::string>& words,
                                       const Subject& subject) {
  for (std::size_t index = 0; index < words.size() && !is_discarded(); ++index) {
    if (equal_ignoring_case(words[index], "warn_if_reject")) {
      warns_from_ = warns_from_ == 0 ? recursion_ : warns_from_;
      continue;
    }
    const Verdict verdict = read_one(words, index, subject);
    if (warns_from_ >= recursion_) {
      warns_from_ = 0;
    }
    if (verdict != Verdict::nothing || failed_ || (deferred_if_permit && deferred_if_reject)) {
      return verdict;
    }
  }
  return Verdict::nothing;
}

Verdict RestrictionSession::read_one(const std::vector<std::string>& words, std::size_t& index,
                                     const Subject& subject) {
  // A table alone stands for the access check of its list.
  const bool is_table = words[index].find(':') != std::string::npos;
  const std::string name = is_table ? std::string(subject.access) : words[index];
  const RestrictionRule* const rule = find_restriction(name);
  std::string argument;
  if (rule != nullptr && rule->argument != RestrictionRule::Argument::none) {
    index += is_table ? 0 : 1;
    argument = index < words.size() ? words[index] : "";
  }
  RestrictionStep step;
  step.restriction = argument.empty() ? name : name + ' ' + argument;
  steps_.push_back(std::move(step));
  const std::size_t place = steps_.size() - 1;
  Verdict verdict = Verdict::nothing;
  if (rule == nullptr) {
    const auto found = settings().restrictions_of_classes.find(name);
    if (found == settings().restrictions_of_classes.end()) {
      return fail(misconfigured("unknown smtpd restriction: \"" + printable(name) + '"'));
    }
    answer("a class");
    const auto list = list_source_;
    verdict = read(found->second, subject, list);
    return verdict;
  }
  if (is_given_up_restriction(rule->name) &&
      settings().postfix->has(VersionRule::old_restrictions_gone)) {
    return fail(misconfigured("support for restriction \"" + std::string(rule->name) +
                              "\" has been removed in Postfix 3.9"));
  }
  if (rule->argument != RestrictionRule::Argument::none && argument.empty()) {
    return fail(misconfigured("restriction " + name + " needs an argument"));
  }
  verdict = rule->decide == nullptr ? Verdict::nothing : rule->decide(*this, argument, subject);
  if (rule->decide == nullptr) {
    not_asked();
  }
  RestrictionStep& read = steps_[place];
  if (!read.source) {
    read.source = list_source_;
  }
  if (read.answer.empty()) {
    read.answer = verdict == Verdict::permit   ? "permits"
                  : verdict == Verdict::refuse ? "refuses"
                                               : "says nothing";
  }
  read.decides = read.decides || verdict == Verdict::permit;
  return verdict;
}

Verdict RestrictionSession::refuse_later() {
  refusal_ = deferred_if_permit;
  return Verdict::refuse;
}

SmtpdAnswer RestrictionSession::take_answer() && {
  SmtpdAnswer answer;
  answer.refusal = std::move(refusal_);
  answer.listing = std::move(listing);
  answer.steps = std::move(steps_);
  answer.unless = std::move(unless_);
  answer.actions = std::move(actions_);
  return answer;
}

}  // namespace lastmile
