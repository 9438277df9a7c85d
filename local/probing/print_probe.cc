// SPDX-License-Identifier: Apache-2.0
#include "local/probing/print_probe.h"

#include <ostream>

#include "aliases/text.h"
#include "local/formats/json.h"
#include "local/questions/address_json.h"

namespace lastmile {
namespace {

std::string endpoint_of(const ProbedServer& server) {
  return to_string(Destination(server.server));
}

std::string padded(std::string text, std::size_t columns) {
  text.append(text.size() < columns ? columns - text.size() : 1, ' ');
  return text;
}

/// Names of files in the configuration directory stand alone, as in a trace.
std::string place_of(const ProbedServer& server, const std::string& config_directory) {
  if (!server.source) {
    return server.parameter;
  }
  std::string place = to_string(*server.source);
  if (place.starts_with(config_directory + '/')) {
    place.erase(0, config_directory.size() + 1);
  }
  return server.parameter.empty() ? place : server.parameter + ", " + place;
}

}  // namespace

void print_probe(std::ostream& out, const ProbeReport& report,
                 const std::string& config_directory) {
  constexpr std::size_t kPlaceColumn = 48;
  constexpr std::size_t kTextColumn = 34;
  out << printable(padded(endpoint_of(report.server), kPlaceColumn) +
                   place_of(report.server, config_directory))
      << "\n  as " << printable(report.as) << "; " << report.server.count
      << (report.server.count == 1 ? " address goes" : " addresses go") << " there\n";
  for (const ProbeStep& step : report.steps) {
    std::string text = step.subject.empty() ? "" : padded(step.subject, kTextColumn);
    text += step.text;
    text += step.rule.empty() ? "" : " [" + step.rule + "]";
    out << "  " << padded(std::string(name_of(step.verdict)), 11) << printable(text) << '\n';
    if (!step.mend.empty()) {
      out << "             mend: " << printable(step.mend) << '\n';
    }
  }
}

void print_probe_json(std::ostream& out, const ProbeReport& report) {
  JsonWriter json(out);
  begin_record(json, "endpoint");
  json.member("endpoint", endpoint_of(report.server));
  json.member("service", report.server.server.service);
  json.member("parameter", report.server.parameter);
  write_source(json, "source", report.server.source);
  json.member("as", report.as);
  json.member("addresses", static_cast<std::int64_t>(report.server.count));
  json.key("offers");
  json.begin_array();
  for (const std::string& offer : report.offers) {
    json.text(offer);
  }
  json.end_array();
  json.key("steps");
  json.begin_array();
  for (const ProbeStep& step : report.steps) {
    json.begin_object();
    json.member("step", step.step);
    json.member("verdict", name_of(step.verdict));
    json.member("subject", step.subject);
    json.member("text", step.text);
    json.member("rule", step.rule);
    json.member("mend", step.mend);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.end_line();
}

}  // namespace lastmile
