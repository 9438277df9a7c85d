// SPDX-License-Identifier: Apache-2.0
#include "local/serving/boundary.h"

#include <cstdint>
#include <utility>

#include "aliases/overloaded.h"

namespace lastmile {

namespace {

enum class Type : char {
  begin_message = 'B',
  ask_recipient = 'R',
  content = 'C',
  end_message = 'E',
  abandon = 'A',
  replies_read = 'Q',
  recipient_answer = 'r',
  message_answer = 'm',
  shut_down = 's',
};

/// Limits of members, in octets.
constexpr std::size_t kMaxMemberText = 4096;
constexpr std::size_t kMaxContent = std::size_t{64} * 1024 + 64;

constexpr std::size_t kFrame = 5;  ///< Octets of type and length.

// ---- writing

class Writer {
 public:
  explicit Writer(Type type) : bytes_(1, static_cast<char>(type)) { number(0); }

  void number(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes_ += static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xFFU);
    }
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
  }
  void address(const Address& value) {
    text(value.local_part);
    text(value.domain);
  }
  void reply(const ServerReply& value) {
    number(static_cast<std::uint32_t>(value.code));
    text(to_string(value.status));
    text(std::string_view(value.text).substr(0, kMaxMemberText));
  }

  std::string finish() && {
    const std::size_t size = bytes_.size() - kFrame;
    for (std::size_t i = 0; i < 4; ++i) {
      bytes_[1 + i] = static_cast<char>((size >> (8 * (3 - i))) & 0xFFU);
    }
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

void write_envelope(Writer& writer, const Envelope& envelope) {
  writer.address(envelope.sender);
  writer.text(envelope.envelope_id);
  writer.number(static_cast<std::uint32_t>(envelope.returned_content));
  writer.number(static_cast<std::uint32_t>(envelope.body));
  writer.text(envelope.queue_id);
  const ClientFacts& client = envelope.client;
  for (const std::string* member :
       {&client.hostname, &client.address, &client.helo, &client.protocol, &client.sasl_method,
        &client.sasl_username, &client.sasl_sender, &client.port}) {
    writer.text(*member);
  }
}

void write_recipient(Writer& writer, const Recipient& recipient) {
  writer.address(recipient.address);
  writer.text(recipient.original);
  writer.text(recipient.orcpt);
  const DsnNotify& notify = recipient.notify;
  writer.number((notify.never ? 1U : 0U) | (notify.on_success ? 2U : 0U) |
                (notify.on_failure ? 4U : 0U) | (notify.on_delay ? 8U : 0U));
}

// ---- reading

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::uint32_t number() {
    if (bytes_.size() < 4) {
      fail();
      return 0;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      value = value << 8U | static_cast<unsigned char>(bytes_[i]);
    }
    bytes_.remove_prefix(4);
    return value;
  }
  /// \param limit  of its value
  std::uint32_t number_below(std::uint32_t limit) {
    const std::uint32_t value = number();
    if (value >= limit) {
      fail();
      return 0;
    }
    return value;
  }
  std::string text(std::size_t limit = kMaxMemberText) {
    const std::uint32_t size = number();
    if (size > limit || size > bytes_.size()) {
      fail();
      return {};
    }
    std::string value(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return value;
  }
  /// A text of the envelope: no octet in it can end a line of a file or of a log.
  std::string word() {
    std::string value = text();
    if (value.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos) {
      fail();
      return {};
    }
    return value;
  }
  Address address() {
    Address value;
    value.local_part = word();
    value.domain = word();
    return value;
  }
  ServerReply reply() {
    ServerReply value;
    value.code = static_cast<int>(number_below(600));
    const auto status = parse_enhanced_status(text());
    if (!status || value.code < 200) {
      fail();
      return {};
    }
    value.status = *status;
    value.text = text();
    return value;
  }

  void fail() {
    failed_ = true;
    bytes_ = {};
  }
  bool has_failed() const { return failed_; }
  bool is_at_end() const { return !failed_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

Envelope read_envelope(Reader& reader) {
  constexpr std::uint32_t kReturnedContents = 3;
  constexpr std::uint32_t kDeclaredBodies = 3;
  Envelope envelope;
  envelope.sender = reader.address();
  envelope.envelope_id = reader.word();
  envelope.returned_content = static_cast<ReturnedContent>(reader.number_below(kReturnedContents));
  envelope.body = static_cast<DeclaredBody>(reader.number_below(kDeclaredBodies));
  envelope.queue_id = reader.word();
  ClientFacts& client = envelope.client;
  for (std::string* member :
       {&client.hostname, &client.address, &client.helo, &client.protocol, &client.sasl_method,
        &client.sasl_username, &client.sasl_sender, &client.port}) {
    *member = reader.word();
  }
  return envelope;
}

Recipient read_recipient(Reader& reader) {
  Recipient recipient;
  recipient.address = reader.address();
  recipient.original = reader.word();
  recipient.orcpt = reader.word();
  const std::uint32_t notify = reader.number_below(16);
  recipient.notify = {(notify & 1U) != 0, (notify & 2U) != 0, (notify & 4U) != 0,
                      (notify & 8U) != 0};
  return recipient;
}

MessageAnswer read_message_answer(Reader& reader) {
  MessageAnswer answer;
  answer.reply = reader.reply();
  answer.is_last = reader.number_below(2) == 1;
  return answer;
}

Error broken(std::string_view message) {
  return malformed("a message of " + std::to_string(message.size()) +
                   " octets across the boundary of rights is none");
}

}  // namespace

std::string encode(const ServerEvent& event) {
  const auto bare = [](Type type) { return Writer(type).finish(); };
  return std::visit(Overloaded{[](const BeginMessage& it) {
                                 Writer writer(Type::begin_message);
                                 write_envelope(writer, it.envelope);
                                 return std::move(writer).finish();
                               },
                               [](const AskRecipient& it) {
                                 Writer writer(Type::ask_recipient);
                                 write_recipient(writer, it.recipient);
                                 return std::move(writer).finish();
                               },
                               [](const MessageContent& it) {
                                 Writer writer(Type::content);
                                 writer.text(it.octets);
                                 return std::move(writer).finish();
                               },
                               [&](const EndMessage&) { return bare(Type::end_message); },
                               [&](const AbandonMessage&) { return bare(Type::abandon); },
                               [&](const RepliesRead&) { return bare(Type::replies_read); }},
                    event);
}

std::string encode(const ServerAnswer& answer) {
  return std::visit(Overloaded{[](const RecipientAnswer& it) {
                                 Writer writer(Type::recipient_answer);
                                 writer.reply(it.reply);
                                 return std::move(writer).finish();
                               },
                               [](const MessageAnswer& it) {
                                 Writer writer(Type::message_answer);
                                 writer.reply(it.reply);
                                 writer.number(it.is_last ? 1 : 0);
                                 return std::move(writer).finish();
                               },
                               [](const ShutDown&) { return Writer(Type::shut_down).finish(); }},
                    answer);
}

Result<std::optional<std::string>> take_boundary_message(std::string& bytes) {
  if (bytes.size() < kFrame) {
    return std::optional<std::string>();
  }
  const std::uint32_t size = Reader(std::string_view(bytes).substr(1)).number();
  if (size > kMaxBoundaryMessage) {
    return malformed("a message of " + std::to_string(size) +
                     " octets across the boundary of rights is too long");
  }
  if (bytes.size() < kFrame + size) {
    return std::optional<std::string>();
  }
  std::optional<std::string> message = bytes.substr(0, 1) + bytes.substr(kFrame, size);
  bytes.erase(0, kFrame + size);
  return message;
}

Result<ServerEvent> decode_event(std::string_view message) {
  Reader reader(message.substr(message.empty() ? 0 : 1));
  const auto finished = [&](ServerEvent event) -> Result<ServerEvent> {
    return reader.is_at_end() ? Result<ServerEvent>(std::move(event)) : broken(message);
  };
  switch (message.empty() ? Type::shut_down : static_cast<Type>(message.front())) {
    case Type::begin_message:
      return finished(BeginMessage{read_envelope(reader)});
    case Type::ask_recipient:
      return finished(AskRecipient{read_recipient(reader)});
    case Type::content:
      return finished(MessageContent{reader.text(kMaxContent)});
    case Type::end_message:
      return finished(EndMessage{});
    case Type::abandon:
      return finished(AbandonMessage{});
    case Type::replies_read:
      return finished(RepliesRead{});
    default:
      return broken(message);
  }
}

Result<ServerAnswer> decode_answer(std::string_view message) {
  Reader reader(message.substr(message.empty() ? 0 : 1));
  const auto finished = [&](ServerAnswer answer) -> Result<ServerAnswer> {
    return reader.is_at_end() ? Result<ServerAnswer>(std::move(answer)) : broken(message);
  };
  switch (message.empty() ? Type::begin_message : static_cast<Type>(message.front())) {
    case Type::recipient_answer:
      return finished(RecipientAnswer{reader.reply()});
    case Type::message_answer:
      return finished(read_message_answer(reader));
    case Type::shut_down:
      return finished(ShutDown{});
    default:
      return broken(message);
  }
}

}  // namespace lastmile
