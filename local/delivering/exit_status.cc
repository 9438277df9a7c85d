// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/exit_status.h"

#include <sysexits.h>

#include <algorithm>

namespace lastmile {

namespace {

constexpr int kQmailPermanent = 100;
constexpr int kQmailTemporary = 111;

/// The status from which Postfix, when a command exits with it, makes the same kind of code again.
///
/// | code  | status             | what it says                                         |
/// |-------|--------------------|------------------------------------------------------|
/// | 5.1.x | 67 EX_NOUSER       | the address: no such user, bad syntax, has moved     |
/// | 5.2.x | 73 EX_CANTCREAT    | the mailbox: full, disabled, cannot be written       |
/// | 5.6.x | 65 EX_DATAERR      | the message: its format or its conversion            |
/// | 5.7.x | 77 EX_NOPERM       | security and policy                                  |
/// | other | 69 EX_UNAVAILABLE  | the system, routing (loops), protocol, anything else |
int sysexit_for(EnhancedStatus code) {
  switch (code.subject.value) {
    case 1:
      return EX_NOUSER;
    case 2:
      return EX_CANTCREAT;
    case 6:
      return EX_DATAERR;
    case 7:
      return EX_NOPERM;
    default:
      return EX_UNAVAILABLE;
  }
}

/// A recipient that failed for good has a code that says so; anything else is a doubt.
bool is_failed_for_good(const RecipientVerdict& verdict) {
  return verdict.kind == RecipientVerdict::Kind::failed &&
         verdict.code.status_class == StatusClass::permanent;
}

bool is_delivered(const RecipientVerdict& verdict) {
  return verdict.kind == RecipientVerdict::Kind::delivered;
}

}  // namespace

bool comes_back(std::span<const RecipientVerdict> verdicts) {
  return verdicts.empty() ||
         !std::all_of(verdicts.begin(), verdicts.end(), [](const auto& verdict) {
           return is_delivered(verdict) || is_failed_for_good(verdict);
         });
}

int exit_status(std::span<const RecipientVerdict> verdicts, ExitStyle style) {
  if (comes_back(verdicts)) {
    return style == ExitStyle::qmail ? kQmailTemporary : EX_TEMPFAIL;
  }
  if (std::any_of(verdicts.begin(), verdicts.end(), is_delivered)) {
    return EX_OK;
  }
  return style == ExitStyle::qmail ? kQmailPermanent : sysexit_for(verdicts.front().code);
}

}  // namespace lastmile
