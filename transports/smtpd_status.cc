// SPDX-License-Identifier: Apache-2.0
#include "transports/smtpd_status.h"

namespace lastmile {
namespace {

/// The detail of a status of addresses (X.1.detail), by whose address it is.
struct Detail {
  int given = 0;
  int of_sender = 0;
  int of_recipient = 0;
};

constexpr Detail kDetails[] = {
    {1, 7, 1}, {2, 8, 2}, {3, 7, 3}, {4, 7, 4}, {5, 0, 5},
    {6, 7, 6}, {7, 7, 3}, {8, 8, 2}, {9, 0, 0},
};

}  // namespace

EnhancedStatus smtpd_status(EnhancedStatus status, std::string_view what) {
  if (status.subject != StatusNumber{1}) {
    return status;
  }
  if (what != kSenderAddress && what != kRecipientAddress) {
    status.subject = {};
    status.detail = {};
    return status;
  }
  for (const Detail& row : kDetails) {
    if (status.detail == StatusNumber{row.given}) {
      status.detail = {what == kSenderAddress ? row.of_sender : row.of_recipient};
      break;
    }
  }
  return status;
}

}  // namespace lastmile
