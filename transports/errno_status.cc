// SPDX-License-Identifier: Apache-2.0
#include "transports/errno_status.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace lastmile {

EnhancedStatus status_of_errno(int error, EnhancedStatus otherwise) {
  switch (error) {
    case EAGAIN:  // EWOULDBLOCK: somebody else holds the lock.
    case EINTR:   // A signal says nothing about the message.
    case ESTALE:  // The file server has forgotten the file; it is looked up again.
      return "4.2.0"_dsn;
    case ENOSPC:
    case EFBIG:  // A limit that whoever started this process has set; it says nothing of the
                 // message.
    case EROFS:  // As a file system becomes when its disk fails.
    case EIO:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOLCK:
    case ETIMEDOUT:
      return "4.3.0"_dsn;
    case EDQUOT:
      return "5.2.2"_dsn;
    default:
      return otherwise;
  }
}

std::string error_text(int error) {
  return std::generic_category().message(error);
}

DeliveryStatus status_with(EnhancedStatus code, std::string text) {
  DeliveryStatus status = {};
  status.code = code;
  status.text = std::move(text);
  switch (code.status_class) {
    case StatusClass::success:
      status.outcome = DeliveryStatus::Outcome::delivered;
      break;
    case StatusClass::transient:
      status.outcome = DeliveryStatus::Outcome::deferred;
      break;
    case StatusClass::permanent:
      status.outcome = DeliveryStatus::Outcome::bounced;
      break;
  }
  return status;
}

DeliveryStatus uncertain_status(std::string text) {
  DeliveryStatus status = status_with("4.3.0"_dsn, std::move(text));
  status.perhaps_delivered = true;
  return status;
}

}  // namespace lastmile
