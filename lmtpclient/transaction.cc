// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/transaction.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "lmtpclient/path.h"

namespace lastmile::lmtp {
namespace {

std::string body_parameter(BodyType body) {
  switch (body) {
    case BodyType::undeclared:
      return "";
    case BodyType::seven_bit:
      return " BODY=7BIT";
    case BodyType::eight_bit_mime:
      return " BODY=8BITMIME";
  }
  return "";
}

std::string return_parameter(ReturnContent content) {
  switch (content) {
    case ReturnContent::undeclared:
      return "";
    case ReturnContent::full:
      return " RET=FULL";
    case ReturnContent::headers:
      return " RET=HDRS";
  }
  return "";
}

/// What an MTA calls "unknown" is not told on.
std::string_view known(std::string_view value) {
  return value == "unknown" ? std::string_view() : value;
}

using Attribute = std::pair<std::string_view, std::string_view>;

std::optional<std::string> xforward(std::initializer_list<Attribute> attributes,
                                    const Capabilities& capabilities) {
  std::string command = "XFORWARD";
  const std::size_t bare = command.size();
  for (const auto& [name, value] : attributes) {
    const bool is_wanted = std::ranges::find(capabilities.xforward_attributes, name) !=
                           capabilities.xforward_attributes.end();
    if (is_wanted && !value.empty()) {
      command.append(" ").append(name).append("=").append(to_xtext(value));
    }
  }
  return command.size() == bare ? std::nullopt : std::optional(command);
}

}  // namespace

bool needs_smtputf8(const Transaction& transaction) {
  return transaction.smtputf8 &&
         (has_eight_bit(transaction.sender) ||
          std::any_of(transaction.recipients.begin(), transaction.recipients.end(),
                      [](const auto& recipient) { return has_eight_bit(recipient.address); }));
}

bool is_converted(const Transaction& transaction, const Capabilities& capabilities,
                  EightBit eight_bit) {
  return eight_bit == EightBit::converted && !capabilities.eight_bit_mime &&
         transaction.body != BodyType::seven_bit;
}

std::optional<std::string> mail_command(const Transaction& transaction,
                                        const Capabilities& capabilities, EightBit eight_bit) {
  const std::optional<std::string> path = to_path(transaction.sender, transaction.quoting);
  if (!path) {
    return std::nullopt;
  }
  std::string command = "MAIL FROM:" + *path;
  const bool size_is_final = !is_converted(transaction, capabilities, eight_bit);
  if (capabilities.size && size_is_final && transaction.size > 0) {
    command += " SIZE=" + std::to_string(transaction.size);
  }
  if (capabilities.eight_bit_mime) {
    command += body_parameter(transaction.body);
  }
  if (capabilities.dsn) {
    if (!transaction.envelope_id.empty()) {
      command += " ENVID=" + to_xtext(transaction.envelope_id);
    }
    command += return_parameter(transaction.return_content);
  }
  if (capabilities.smtputf8 && needs_smtputf8(transaction)) {
    command += " SMTPUTF8";
  }
  return command;
}

std::optional<std::string> xforward_client_command(const MessageOrigin& origin,
                                                   const Capabilities& capabilities) {
  return xforward({{"NAME", known(origin.client_name)},
                   {"ADDR", known(origin.client_address)},
                   {"PORT", known(origin.client_port)}},
                  capabilities);
}

std::optional<std::string> xforward_message_command(const MessageOrigin& origin,
                                                    const Capabilities& capabilities) {
  return xforward({{"PROTO", known(origin.protocol)},
                   {"HELO", origin.helo_name},
                   {"IDENT", origin.queue_id},
                   {"SOURCE", origin.domain}},
                  capabilities);
}

std::optional<std::string> rcpt_command(const TransactionRecipient& recipient,
                                        const Capabilities& capabilities, Quoting quoting) {
  const std::optional<std::string> path = to_path(recipient.address, quoting);
  if (!path) {
    return std::nullopt;
  }
  std::string command = "RCPT TO:" + *path;
  if (capabilities.dsn) {
    const std::size_t semicolon = recipient.orcpt.find(';');
    if (semicolon != std::string::npos) {
      command += " ORCPT=" + to_xtext(recipient.orcpt.substr(0, semicolon)) + ';' +
                 to_xtext(recipient.orcpt.substr(semicolon + 1));
    }
    if (!recipient.notify.empty()) {
      command += " NOTIFY=" + to_xtext(recipient.notify);
    }
  }
  return command;
}

}  // namespace lastmile::lmtp
