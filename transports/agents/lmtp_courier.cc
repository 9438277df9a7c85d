// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/lmtp_courier.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "aliases/text.h"
#include "transports/agents/lmtp_agent.h"
#include "transports/agents/status_bytes.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

// ---- a request as bytes

void add_member(std::string& bytes, std::string_view text) {
  const std::uint64_t size = text.size();
  bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  bytes.append(text);
}

template <class Number>
requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
void add_member(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

/// Takes off the front of some bytes what add_member() has written.
class RequestReader {
 public:
  explicit RequestReader(std::string_view bytes) : bytes_(bytes) {}

  template <class Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void take(Number& number) {
    if (bytes_.size() < sizeof number) {
      is_whole_ = false;
      return;
    }
    std::memcpy(&number, bytes_.data(), sizeof number);
    bytes_.remove_prefix(sizeof number);
  }

  void take(std::string& text) {
    std::uint64_t size = 0;
    take(size);
    if (!is_whole_ || bytes_.size() < size) {
      is_whole_ = false;
      return;
    }
    text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
  }

  /// Whether everything was there so far.
  bool is_whole() const { return is_whole_; }
  bool is_at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool is_whole_ = true;
};

/// Does something with each member of a request that has a fixed place, in the order of the bytes.
template <class Request, class Action>
void for_each_member(Request& request, const Action& action) {
  auto& transaction = request.transaction;
  action(transaction.sender);
  action(transaction.smtputf8);
  action(transaction.body);
  action(transaction.size);
  action(transaction.envelope_id);
  action(transaction.return_content);
  action(transaction.quoting);
  auto& origin = transaction.origin;
  for (auto* const text : {&origin.client_name, &origin.client_address, &origin.client_port,
                           &origin.protocol, &origin.helo_name, &origin.queue_id, &origin.domain}) {
    action(*text);
  }
  action(transaction.probe);
  action(request.prepended);
}

// ---- what is sent

/// The headers, then the message.
lmtp::ContentSource content_of(const CourierRequest& request, const SpooledMessage& message) {
  return [&request, &message](std::uint64_t offset,
                              std::span<char> buffer) -> std::optional<std::size_t> {
    if (offset < request.prepended.size()) {
      return request.prepended.copy(buffer.data(), buffer.size(), offset);
    }
    offset -= request.prepended.size();
    if (request.content) {
      return offset < request.content->size()
                 ? request.content->copy(buffer.data(), buffer.size(), offset)
                 : 0;
    }
    const Result<std::size_t> count = message.read(offset, buffer);
    return count ? std::optional(*count) : std::nullopt;
  };
}

// ---- what comes of it

DeliveryStatus status_of(const lmtp::Delivery& delivery) {
  DeliveryStatus status = status_with(delivery.outcome.status, delivery.text);
  status.relay = delivery.relay;
  if (!delivery.server.empty()) {
    status.remote_mta = "dns; " + delivery.server;
  }
  const bool is_reply = delivery.outcome.cause == lmtp::RecipientOutcome::Cause::reply;
  if (is_reply) {
    status.diagnostic = "smtp; " + delivery.outcome.text;
  }
  // A reply that breaks the protocol says nothing of what the server did with the message.
  const bool is_answered = is_reply && !delivery.outcome.is_protocol_error;
  status.perhaps_delivered =
      !is_answered && delivery.outcome.decided_in == lmtp::Phase::final_replies;
  return status;
}

// ---- the log of a delivery process, in front of its statuses

std::string encode_log(const LogLines& log) {
  std::string bytes;
  for (const LogLine& line : log) {
    add_text(bytes, (line.is_warning ? "warning " : "note ") + line.text);
  }
  add_text(bytes, "");
  return bytes;
}

/// Takes the log off the front of `bytes`; what follows it stays.
LogLines take_log(std::string_view& bytes) {
  LogLines log;
  for (auto text = take_text(bytes); text && !text->empty(); text = take_text(bytes)) {
    const bool is_warning = text->starts_with("warning ");
    log.push_back({is_warning, text->substr(std::min(text->size(), text->find(' ') + 1))});
  }
  return log;
}

// ---- what it has kept of TLS, as hexadecimal digits

std::string to_hex(std::string_view octets) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    text += {kDigits[octet / 16U], kDigits[octet % 16U]};
  }
  return text;
}

/// The sessions that are new, each behind its key.
std::string encode_sessions(const TlsSessionStore& before, const TlsSessionStore* sessions) {
  std::string bytes;
  if (sessions != nullptr) {
    for (const auto& [key, session] : *sessions) {
      const auto known = before.find(key);
      if (known == before.end() || known->second != session) {
        add_text(bytes, to_hex(key));
        add_text(bytes, to_hex(session));
      }
    }
  }
  add_text(bytes, "");
  return bytes;
}

/// Takes them off the front of `bytes`. They are not looked into: the next child does that.
void take_sessions(std::string_view& bytes, TlsSessionStore* sessions) {
  for (auto key = take_text(bytes); key && !key->empty(); key = take_text(bytes)) {
    const auto session = parse_hexadecimal(take_text(bytes).value_or(""));
    const auto name = parse_hexadecimal(*key);
    if (sessions != nullptr && name && session) {
      sessions->insert_or_assign(*name, *session);
    }
  }
}

}  // namespace

std::string encode_request(const CourierRequest& request) {
  std::string bytes;
  for_each_member(request, [&](const auto& member) { add_member(bytes, member); });
  add_member(bytes, std::uint64_t{request.transaction.recipients.size()});
  for (const lmtp::TransactionRecipient& recipient : request.transaction.recipients) {
    add_member(bytes, recipient.address);
    add_member(bytes, recipient.notify);
    add_member(bytes, recipient.orcpt);
  }
  add_member(bytes, request.content.has_value());
  add_member(bytes, request.content.value_or(""));
  return bytes;
}

std::optional<CourierRequest> decode_request(std::string_view bytes) {
  CourierRequest request;
  RequestReader reader(bytes);
  for_each_member(request, [&](auto& member) { reader.take(member); });
  std::uint64_t count = 0;
  reader.take(count);
  for (; count > 0 && reader.is_whole(); --count) {
    lmtp::TransactionRecipient& recipient = request.transaction.recipients.emplace_back();
    reader.take(recipient.address);
    reader.take(recipient.notify);
    reader.take(recipient.orcpt);
  }
  bool has_content = false;
  std::string content;
  reader.take(has_content);
  reader.take(content);
  if (!reader.is_whole() || !reader.is_at_end()) {
    return std::nullopt;
  }
  if (has_content) {
    request.content = std::move(content);
  }
  return request;
}

std::string encode_statuses(const std::vector<DeliveryStatus>& statuses) {
  std::string bytes;
  for (const DeliveryStatus& status : statuses) {
    add_status(bytes, status);
  }
  return bytes;
}

std::vector<DeliveryStatus> decode_statuses(std::string_view bytes, std::size_t count) {
  std::vector<DeliveryStatus> statuses;
  while (statuses.size() < count) {
    std::optional<DeliveryStatus> status = take_status(bytes);
    if (!status) {
      break;
    }
    statuses.push_back(*std::move(status));
  }
  if (statuses.size() < count || !bytes.empty()) {
    return {count, uncertain_status("the delivery process ended without a result")};
  }
  return statuses;
}

LmtpCourier::LmtpCourier(Options options)
    : options_(std::move(options)), client_(options_.server.endpoint, options_.client) {}

std::string LmtpCourier::perform(const CourierRequest& request, const SpooledMessage& message) {
  const lmtp::Transaction& transaction = request.transaction;
  const TlsSessionStore before = options_.sessions ? *options_.sessions : TlsSessionStore();
  std::vector<DeliveryStatus> statuses;
  for (const lmtp::Delivery& delivery :
       client_.deliver(transaction, content_of(request, message))) {
    statuses.push_back(status_of(delivery));
    statuses.back().tls = options_.tls == TlsLogged::yes ? delivery.tls : "";
  }
  LogLines log = std::exchange(*options_.log, {});
  if (transaction.probe && !client_.capabilities().server_name.empty()) {
    log.push_back({false, std::string(kOffer)});
    for (const std::string& keyword : client_.capabilities().keywords) {
      log.push_back({false, std::string(kOffer) + keyword});
    }
  }
  if (client_.is_encrypted() && !options_.keeps_encrypted) {
    client_.quit();
  }
  return encode_log(log) + encode_sessions(before, options_.sessions.get()) +
         encode_statuses(statuses);
}

void LmtpCourier::end() {
  client_.quit();
}

CourierAnswer take_courier_answer(std::string_view bytes, TlsSessionStore* sessions,
                                  std::size_t count) {
  CourierAnswer answer;
  answer.log = take_log(bytes);
  take_sessions(bytes, sessions);
  answer.statuses = decode_statuses(bytes, count);
  return answer;
}

}  // namespace lastmile
