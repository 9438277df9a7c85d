// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/bounce_message.h"

#include <algorithm>

#include "aliases/text.h"

namespace lastmile {

namespace {

/// Where texts are folded, and how far the rest is indented. \see bounce(8)
constexpr std::size_t kLineWidth = 79;
constexpr std::string_view kIndent = "    ";
/// A word that is longer is broken: a line of mail has 998 octets at most. \see RFC 5322, 2.1.1
constexpr std::size_t kMaxWord = 900;

constexpr std::string_view kExplanation =
    "I'm sorry to have to inform you that your message could not\n"
    "be delivered to one or more recipients. It's attached below.\n"
    "\n"
    "For further assistance, please send mail to postmaster.\n"
    "\n"
    "If you do so, please include this problem report. You can\n"
    "delete your own text from the attached returned message.\n"
    "\n"
    "                   The mail system\n";

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Folds `text` at blanks into lines that all but the first are indented. Ends with a line feed.
std::string folded(std::string_view text) {
  std::string result;
  std::size_t used = 0;
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  while (!text.empty()) {
    const std::size_t blanks = std::min(text.find_first_not_of(' '), text.size());
    const std::size_t word_end = std::min(text.find(' ', blanks), text.size());
    const std::size_t size = std::min(word_end, kMaxWord);
    std::string_view piece = text.substr(0, size);
    text.remove_prefix(size);
    if (used > 0 && used + piece.size() > kLineWidth) {
      result += '\n' + std::string(kIndent);
      piece.remove_prefix(std::min(blanks, piece.size()));
      used = kIndent.size();
    }
    result += piece;
    used += piece.size();
  }
  return result + '\n';
}

/// `name: value`, as one header field, whatever octets the value has.
std::string field(std::string_view name, std::string_view value) {
  return folded(std::string(name) + ": " + printable(value));
}

/// What message/delivery-status may hold. \see RFC 3464, section 2.1
std::string ascii_only(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return text;
}

class BounceComposer {
 public:
  BounceComposer(const BounceReport& report, const Settings& settings, std::string_view date,
                 std::string_view boundary)
      : report_(report),
        settings_(settings),
        date_(date),
        boundary_(boundary),
        notification_(notification_text()),
        is_global_(has_global_address()),
        is_eight_bit_(is_global_ || !is_ascii(notification_) || !is_ascii(report.original)) {}

  std::string compose() const {
    std::string text = header() + "\nThis is a MIME-encapsulated message.\n";
    text +=
        part("Notification",
             is_ascii(notification_) ? "text/plain; charset=us-ascii" : "text/plain; charset=utf-8",
             notification_);
    text += part("Delivery report",
                 is_global_ ? "message/global-delivery-status" : "message/delivery-status",
                 delivery_status());
    text += part(report_.headers_only ? "Undelivered Message Headers" : "Undelivered Message",
                 original_type(), report_.original);
    return text + "\n--" + std::string(boundary_) + "--\n";
  }

 private:
  bool has_global_address() const {
    return !is_ascii(to_external(report_.report_to)) ||
           std::any_of(report_.failed.begin(), report_.failed.end(), [](const FinalStatus& failed) {
             return !is_ascii(failed.to) || !is_ascii(failed.orig_to);
           });
  }

  std::string header() const {
    std::string text = field("Date", date_);
    text += field("From", "Mail Delivery System <MAILER-DAEMON@" + settings_.myorigin.value + '>');
    text += "Subject: Undelivered Mail Returned to Sender\n";
    text += field("To", to_external(report_.report_to));
    text += "Auto-Submitted: auto-replied\n";
    text += "MIME-Version: 1.0\n";
    text += "Content-Type: multipart/report; report-type=";
    text += is_global_ ? "global-delivery-status;\n" : "delivery-status;\n";
    text += "\tboundary=\"" + std::string(boundary_) + "\"\n";
    return is_eight_bit_ ? text + "Content-Transfer-Encoding: 8bit\n" : text;
  }

  std::string part(std::string_view description, std::string_view type,
                   std::string_view content) const {
    std::string text = "\n--" + std::string(boundary_) + "\nContent-Description: ";
    text.append(description).append("\nContent-Type: ").append(type).append("\n");
    if (!is_ascii(content)) {
      text += "Content-Transfer-Encoding: 8bit\n";
    }
    return text.append("\n").append(content);
  }

  std::string notification_text() const {
    std::string text =
        "This is the mail system at host " + printable(settings_.myhostname.value) + ".\n\n";
    text += kExplanation;
    for (const FinalStatus& failed : report_.failed) {
      text += '\n' + folded(recipient_phrase(failed) + ": " + printable(failed.status.text));
    }
    return text;
  }

  static std::string recipient_phrase(const FinalStatus& failed) {
    std::string phrase = '<' + printable(failed.to) + '>';
    if (const auto original = other_original_of(failed); !original.empty()) {
      phrase += " (expanded from <" + printable(original) + ">)";
    }
    return phrase;
  }

  std::string delivery_status() const {
    std::string text = field("Reporting-MTA", "dns; " + settings_.myhostname.value);
    if (!report_.envelope_id.empty()) {
      text += field("Original-Envelope-Id", report_.envelope_id);
    }
    if (!report_.queue_id.empty()) {
      text += field("X-lastmile-Queue-ID", report_.queue_id);
    }
    if (!report_.sender.is_null()) {
      text += field("X-lastmile-Sender", typed_address(to_external(report_.sender), "; "));
    }
    text += field("Arrival-Date", date_);
    for (const FinalStatus& failed : report_.failed) {
      text += '\n' + recipient_status(failed);
    }
    return is_global_ ? text : ascii_only(std::move(text));
  }

  std::string recipient_status(const FinalStatus& failed) const {
    std::string text = field("Final-Recipient", typed_address(failed.to, "; "));
    if (!failed.orcpt.empty()) {
      text += field("Original-Recipient", failed.orcpt);
    } else if (!failed.orig_to.empty()) {
      text += field("Original-Recipient", typed_address(failed.orig_to, ";"));
    }
    text += "Action: failed\n";
    text += field("Status", to_string(reported_code(failed.status)));
    if (failed.status.remote_mta) {
      text += field("Remote-MTA", *failed.status.remote_mta);
    }
    return text + field("Diagnostic-Code",
                        failed.status.diagnostic.value_or("X-lastmile; " + failed.status.text));
  }

  /// \see RFC 6533, section 3
  static std::string typed_address(const std::string& address, std::string_view separator) {
    return (is_ascii(address) ? "rfc822" : "utf-8") + std::string(separator) + address;
  }

  std::string original_type() const {
    const std::string_view all_headers =
        report_.headers_only ? report_.original
                             : report_.original.substr(0, report_.original.find("\n\n"));
    const bool is_global = is_global_ && !is_ascii(all_headers) && is_valid_utf8(all_headers);
    if (report_.headers_only) {
      return is_global ? "message/global-headers" : "text/rfc822-headers";
    }
    return is_global ? "message/global" : "message/rfc822";
  }

  const BounceReport& report_;
  const Settings& settings_;
  std::string_view date_;
  std::string_view boundary_;
  std::string notification_;
  bool is_global_;
  bool is_eight_bit_;
};

}  // namespace

std::string compose_bounce(const BounceReport& report, const Settings& settings,
                           std::string_view date, std::string_view boundary) {
  return BounceComposer(report, settings, date, boundary).compose();
}

}  // namespace lastmile
