// SPDX-License-Identifier: Apache-2.0
#include "local/formats/json.h"

#include <array>
#include <charconv>
#include <ostream>
#include <string>

#include "local/formats/recipient_reply.h"
#include "local/formats/utf8.h"
#include "transports/postfix_release.h"

namespace lastmile {

// ---- JsonWriter

namespace {

/// Octets that are collected before they go to the stream, which takes them one call at a time.
constexpr std::size_t kMaxBuffered = std::size_t{64} * 1024;

}  // namespace

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_member_.empty()) {
    return;
  }
  if (has_member_.back()) {
    text_ += ',';
  }
  has_member_.back() = true;
}

void JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  has_member_.push_back(false);
}

void JsonWriter::close(char bracket) {
  LM_CHECK(!has_member_.empty() && !after_key_);
  has_member_.pop_back();
  text_ += bracket;
  if (text_.size() > kMaxBuffered) {
    flush();
  }
}

void JsonWriter::key(std::string_view name) {
  LM_CHECK(!has_member_.empty() && !after_key_);
  separate();
  text_ += '"';
  text_ += name;
  text_ += "\":";
  after_key_ = true;
}

void JsonWriter::text(std::string_view value) {
  separate();
  text_ += '"';
  escape(value);
  text_ += '"';
}

void JsonWriter::number(std::int64_t value) {
  separate();
  std::array<char, 24> digits = {};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text_.append(digits.data(), end);
}

void JsonWriter::boolean(bool value) {
  separate();
  text_ += value ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  text_ += "null";
}

void JsonWriter::member(std::string_view name, std::string_view value) {
  key(name);
  text(value);
}

void JsonWriter::member(std::string_view name, std::int64_t value) {
  key(name);
  number(value);
}

void JsonWriter::end_line() {
  LM_CHECK(has_member_.empty());
  text_ += '\n';
  flush();
}

void JsonWriter::flush() {
  out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
  text_.clear();
}

namespace {

/// Octets that stand for themselves. DEL and the C1 controls are legal in JSON, but not on a
/// terminal.
bool is_plain(unsigned char octet) {
  return octet >= 0x20 && octet < 0x7F && octet != '"' && octet != '\\';
}

void append_escape(std::string& text, char32_t code_point) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  switch (code_point) {
    case '"':
      text += "\\\"";
      return;
    case '\\':
      text += "\\\\";
      return;
    case '\n':
      text += "\\n";
      return;
    case '\r':
      text += "\\r";
      return;
    case '\t':
      text += "\\t";
      return;
    default:
      text += "\\u00";
      text += kDigits[(code_point >> 4U) & 0xFU];
      text += kDigits[code_point & 0xFU];
  }
}

bool needs_escape(char32_t code_point) {
  return code_point < 0x20 || code_point == '"' || code_point == '\\' ||
         (code_point >= 0x7F && code_point < 0xA0);
}

}  // namespace

void JsonWriter::escape(std::string_view value) {
  while (!value.empty()) {
    std::size_t plain = 0;
    while (plain < value.size() && is_plain(static_cast<unsigned char>(value[plain]))) {
      ++plain;
    }
    text_ += value.substr(0, plain);
    value.remove_prefix(plain);
    if (value.empty()) {
      return;
    }
    const Utf8Character next = first_character(value);
    if (!next.valid) {
      text_ += "\xEF\xBF\xBD";  // U+FFFD
    } else if (needs_escape(next.code_point)) {
      append_escape(text_, next.code_point);
    } else {
      text_ += value.substr(0, next.size);
    }
    value.remove_prefix(next.size);
  }
}

// ---- A trace

void write_source(JsonWriter& json, std::string_view name, const std::optional<SourcePos>& source) {
  if (!source) {
    return;
  }
  json.key(name);
  json.begin_object();
  json.member("file", *source->file);
  if (source->line > 0) {
    json.member("line", source->line);
  }
  json.end_object();
}

void write_destination(JsonWriter& json, const LeafText& words, std::string_view user_reason) {
  json.begin_object();
  json.member("kind", words.kind);
  json.member("target", words.target);
  json.member("recipient", words.recipient);
  json.member("sender", words.sender);
  json.member("user", words.user);
  json.member("dsn", words.dsn);
  json.member("text", words.text);
  if (!user_reason.empty()) {
    json.member("user_reason", user_reason);
  }
  if (!words.via.empty()) {
    json.member("via", words.via);
  }
  json.end_object();
}

namespace {

/// A node, up to its children.
void open_node(JsonWriter& json, const Trace& trace, NodeId id) {
  const TraceNode node = trace.node(id);
  json.begin_object();
  json.member("step", name_of(node.step));
  json.member("subject", node.subject);
  json.member("detail", node.detail);
  write_source(json, "source", node.source);
  if (trace.is_act(id)) {
    json.key("destination");
    const Leaf leaf = trace.leaf(id);
    write_destination(json, describe(leaf), *leaf.rights_reason);
  }
  json.key("children");
  json.begin_array();
}

void close_node(JsonWriter& json) {
  json.end_array();
  json.end_object();
}

/// Without recursion: an expansion may be deeper than the stack.
void write_tree(JsonWriter& json, const Trace& trace) {
  std::vector<NodeId> open;
  for (std::uint32_t i = 0; i < trace.size(); ++i) {
    const NodeId id{i};
    while (!open.empty() && trace.parent(id) != open.back()) {
      close_node(json);
      open.pop_back();
    }
    open_node(json, trace, id);
    open.push_back(id);
  }
  for (; !open.empty(); open.pop_back()) {
    close_node(json);
  }
}

}  // namespace

void print_json(std::ostream& out, const Trace& trace, const PostfixRelease* release) {
  JsonWriter json(out);
  json.begin_object();
  json.member("version", 1);
  json.member("address", trace.node(trace.root()).subject);
  if (release != nullptr) {
    json.key("postfix");
    json.begin_object();
    json.member("version", to_string(release->version()));
    json.member("from", release->reason());
    json.end_object();
  }
  if (const auto reply = recipient_reply(trace)) {
    json.key("rcpt");
    json.begin_object();
    json.member("code", reply->code);
    json.member("dsn", reply->dsn);
    json.member("text", reply->text);
    json.end_object();
  }
  json.key("tree");
  write_tree(json, trace);
  json.key("destinations");
  json.begin_array();
  for (const NodeId id : trace.leaves()) {
    const Leaf leaf = trace.leaf(id);
    write_destination(json, describe(leaf), *leaf.rights_reason);
  }
  json.end_array();
  json.end_object();
  json.end_line();
}

// ---- A delivery

void print_status_json(std::ostream& out, const FinalStatus& status) {
  JsonWriter json(out);
  json.begin_object();
  json.member("to", status.to);
  json.member("orig_to", other_original_of(status));
  json.member("agent", status.agent);
  json.member("relay", relay_of(status));
  json.member("dsn", to_string(reported_code(status.status)));
  json.member("status", status_word(status.status));
  json.member("text", status.status.text);
  json.end_object();
  json.end_line();
}

}  // namespace lastmile
