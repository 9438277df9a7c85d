// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/delivering/delivery_log.h"
#include "local/formats/leaf_text.h"
#include "local/resolving/trace.h"

namespace lastmile {

class PostfixRelease;

/// Writes JSON to a stream as it is given, without white space. The only place that escapes.
///
/// Its output is valid JSON for all octets: a byte that is not part of valid UTF-8 becomes U+FFFD,
/// and control characters are escaped, so that a line of JSON is one line and cannot move a
/// terminal's cursor. Depth is bounded by memory alone. \see RFC 8259
class JsonWriter {
 public:
  /// `out` must outlive the writer.
  explicit JsonWriter(std::ostream& out) : out_(out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  ~JsonWriter() { flush(); }

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  /// The name of the next member, one of ours that needs no escape; only inside an object, and
  /// before each value there.
  void key(std::string_view name);

  void text(std::string_view value);
  void number(std::int64_t value);
  void boolean(bool value);  ///< Not an overload: a pointer would convert to it.
  void null();

  /// `"name":"value"`.
  void member(std::string_view name, std::string_view value);
  void member(std::string_view name, std::int64_t value);

  /// Ends a line of JSON Lines, which goes to the stream: only outside of all objects and arrays.
  void end_line();

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void escape(std::string_view value);
  void flush();

  std::ostream& out_;
  std::string text_ = {};              ///< Not yet in the stream.
  std::vector<bool> has_member_ = {};  ///< One for each object or array that is open.
  bool after_key_ = false;
};

/// `"name":{"file":...,"line":...}`, where there is one.
void write_source(JsonWriter& json, std::string_view name, const std::optional<SourcePos>& source);

/// The object of a destination.
/// \param user_reason  \see Leaf; empty: none is told
void write_destination(JsonWriter& json, const LeafText& words, std::string_view user_reason = {});

/// One address on one line, as docs/trace.schema.json describes it.
/// \param release  whose rules the trace follows; null: not said
void print_json(std::ostream& out, const Trace& trace, const PostfixRelease* release = nullptr);

/// What became of one destination of a delivery, on one line: docs/deliver.schema.json.
void print_status_json(std::ostream& out, const FinalStatus& status);

}  // namespace lastmile
