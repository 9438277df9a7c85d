// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "local/formats/json.h"
#include "local/questions/known_address.h"
#include "local/questions/outcome.h"

namespace lastmile {

/// `"rcpt":{...}`, where there is a reply.
void write_reply(JsonWriter& json, const Outcome& outcome);

/// `"destinations":[...]`, as in a trace.
void write_destinations(JsonWriter& json, const Outcome& outcome);

/// Begins an object of JSON Lines: `{"version":1,"type":"address"`.
void begin_record(JsonWriter& json, std::string_view type);

/// The members of an "address" object: who has it, what names it, and where it lands.
void write_address(JsonWriter& json, const KnownAddress& known, const Outcome& outcome);

}  // namespace lastmile
