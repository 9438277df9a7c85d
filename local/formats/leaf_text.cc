// SPDX-License-Identifier: Apache-2.0
#include "local/formats/leaf_text.h"

#include <variant>

#include "aliases/address.h"
#include "aliases/overloaded.h"

namespace lastmile {

LeafText describe(const Leaf& leaf) {
  LeafText words;
  words.kind = kind_of(leaf.destination);
  words.target = target_of(leaf.destination);
  words.recipient = to_external(leaf.recipient.address);
  words.sender = leaf.sender->is_null() ? "" : to_external(leaf.sender);
  words.user = leaf.rights->name;
  std::visit(Overloaded{
                 [&](const Remote& remote) {
                   words.target = words.recipient;
                   words.via = remote.service.empty() ? "" : remote.service + ':' + remote.nexthop;
                 },
                 [&](const Bounce& bounce) {
                   words.dsn = to_string(bounce.status);
                   words.text = bounce.text;
                 },
                 [&](const Defer& defer) {
                   words.dsn = to_string(defer.status);
                   words.text = defer.text;
                 },
                 [&](const Discard& discard) { words.text = discard.text; },
                 [](const auto&) {},
             },
             leaf.destination);
  return words;
}

bool needs_recipient(const Destination& destination) {
  return std::holds_alternative<Lmtp>(destination) ||
         std::holds_alternative<Transport>(destination);
}

std::string written_form(const LeafText& words, bool with_recipient) {
  const std::string form =
      labelled(words.kind, words.target) + (words.via.empty() ? "" : " via " + words.via);
  return with_recipient ? form + ' ' + words.recipient : form;
}

std::string written_form(const Leaf& leaf) {
  return written_form(describe(leaf), needs_recipient(leaf.destination));
}

}  // namespace lastmile
