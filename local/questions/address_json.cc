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
    const LeafText& words = landing.words;
    json.begin_object();
    json.member("kind", words.kind);
    json.member("target", words.target);
    json.member("recipient", words.recipient);
    json.member("sender", words.sender);
    json.member("user", words.user);
    json.member("dsn", words.dsn);
    json.member("text", words.text);
    if (!words.via.empty()) {
      json.member("via", words.via);
    }
    json.end_object();
  }
  json.end_array();
}

void write_source(JsonWriter& json, std::string_view name, const std::optional<SourcePos>& source) {
  if (source) {
    json.key(name);
    json.begin_object();
    json.member("file", *source->file);
    if (source->line > 0) {
      json.member("line", source->line);
    }
    json.end_object();
  }
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
