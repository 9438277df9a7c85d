#include <utility>

#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "transports/address_lookup.h"
#include "transports/rewrite.h"

namespace lastmile {
namespace {

/// What sender_bcc_maps or recipient_bcc_maps has for an address.
Result<Ok> note_copy(Pass& pass, NodeId parent, TableList& table, const std::string& parameter,
                     const Address& address) {
  auto found = find_address(*pass.path.cleanup, table, address);
  if (!found) {
    return std::move(found).error().during("looking in " + parameter);
  }
  if (!*found) {
    return Ok{};
  }
  // One address in internal form, as always_bcc: quotes and commas are a part of it.
  add_copy(pass, parent, parameter + ' ' + (*found)->key, split_address((*found)->hit.entry.value),
           source_of((*found)->hit));
  return Ok{};
}

}  // namespace

void add_copy(Pass& pass, NodeId parent, std::string cause, const Address& copy,
              std::optional<SourcePos> source) {
  TraceNode node{
      .step = Step::copy,
      .subject = std::move(cause),
      .detail = to_external(rewrite_address(copy, pass.path.cleanup->rewriting().settings())),
      .source = std::move(source)};
  pass.run.trace.add(parent, node);
}

Result<Ok> note_copies(Pass& pass, NodeId parent, const Address& recipient) {
  const Settings& settings = pass.path.cleanup->settings();
  if (pass.resubmissions > 0) {
    return Ok{};
  }
  if (!settings.always_bcc.value.empty()) {
    add_copy(pass, parent, "always_bcc", split_address(settings.always_bcc.value),
             settings.always_bcc.source);
  }
  auto noted = note_copy(pass, parent, pass.path.cleanup->tables(&Settings::sender_bcc_maps),
                         "sender_bcc_maps", pass.sender);
  if (!noted) {
    return noted;
  }
  return note_copy(pass, parent, pass.path.cleanup->tables(&Settings::recipient_bcc_maps),
                   "recipient_bcc_maps", recipient);
}

}  // namespace lastmile
