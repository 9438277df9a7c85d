// SPDX-License-Identifier: Apache-2.0
#include "local/questions/address_json.h"

namespace lastmile {

void write_reply(JsonWriter& json, const Outcome& outcome) {
  if (outcome.reply) {
    json.key("rcpt");
    json.begin_object();
    json.member("code", outcome.reply->code);
    json.member("dsn", outcome.reply->dsn);
    json.member("text", outcome.reply->text);
    json.end_object();
  }
}

void write_destinations(JsonWriter& json, const Outcome& outcome) {
  json.key("destinations");
  json.begin_array();
  for (const Landing& landing : outcome.landings) {
    write_destination(json, landing.words);
  }
  json.end_array();
}

void begin_record(JsonWriter& json, std::string_view type) {
  json.begin_object();
  json.member("version", 1);
  json.member("type", type);
}

void write_address(JsonWriter& json, const KnownAddress& known, const Outcome& outcome) {
  json.member("address", to_external(known.address));
  json.member("mark", name_of(known.marks.first()));
  write_reply(json, outcome);
  write_destinations(json, outcome);
}

}  // namespace lastmile
