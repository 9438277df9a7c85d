// SPDX-License-Identifier: Apache-2.0
#include "local/formats/recipient_reply.h"

#include <algorithm>

namespace lastmile {

namespace {

/// Takes the first word off. \param text  what is left of it afterwards
std::string take_word(std::string& text) {
  const auto end = std::min(text.find(' '), text.size());
  std::string word = text.substr(0, end);
  text.erase(0, std::min(end + 1, text.size()));
  return word;
}

}  // namespace

std::optional<RecipientReply> recipient_reply(const Trace& trace) {
  for (const NodeId id : trace.children(trace.root())) {
    const TraceNode& node = trace.node(id);
    if (node.step == Step::recipient_check) {
      RecipientReply reply;
      reply.text = node.detail;
      reply.code = take_word(reply.text);
      reply.dsn = take_word(reply.text);
      return reply;
    }
  }
  return std::nullopt;
}

}  // namespace lastmile
