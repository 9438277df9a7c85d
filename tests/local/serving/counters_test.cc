// SPDX-License-Identifier: Apache-2.0
#include "local/serving/counters.h"

#include <regex>
#include <sstream>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {
namespace {

TEST_CASE("counters: what was done is in the text, each line of which a collector can read") {
  Counters counters;
  counters.count_connection();
  counters.count_message();
  counters.count_recipient("local", DeliveryStatus::Outcome::delivered);
  counters.count_recipient("local", DeliveryStatus::Outcome::delivered);
  counters.count_recipient("a\"b\n", DeliveryStatus::Outcome::bounced);
  counters.count_recipient("other", DeliveryStatus::Outcome::bounced);
  counters.count_ledger_hit();
  counters.count_time(Counters::Step::deliver, std::chrono::milliseconds(1250));
  const std::string text = counters.to_open_metrics(3);
  for (const std::string line :
       {"lastmile_connections_total{result=\"served\"} 1\n",
        "lastmile_connections_total{result=\"turned_away\"} 0\n", "lastmile_open_connections 3\n",
        "lastmile_messages_total 1\n",
        "lastmile_recipients_total{agent=\"local\",status=\"sent\"} 2\n",
        "lastmile_recipients_total{agent=\"other\",status=\"bounced\"} 2\n",
        "lastmile_ledger_hits_total 1\n",
        "lastmile_step_seconds_total{step=\"deliver\"} 1.250000000\n"}) {
    CHECK_THAT(text, Catch::Contains(line));
  }
  // The grammar of OpenMetrics, as far as it is used.
  const std::regex grammar(
      R"(# (TYPE|HELP|UNIT) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[a-z_]+"(,[a-z]+="[a-z_]+")*\})? [0-9.]+|# EOF)");
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line); last = line) {
    CAPTURE(line);
    CHECK(std::regex_match(line, grammar));
  }
  CHECK(last == "# EOF");
}

TEST_CASE("counters: a file is replaced, or nothing is left beside it") {
  const TemporaryDirectory directory;
  CHECK(replace_metrics_file(directory.path("counts"), "one\n").empty());
  CHECK(replace_metrics_file(directory.path("counts"), "two\n").empty());
  CHECK(directory.read("counts") == "two\n");
  CHECK_FALSE(directory.exists("counts.new"));
  directory.make_directory("taken");
  CHECK_THAT(replace_metrics_file(directory.path("taken"), "x"), Catch::Contains("taken: "));
  CHECK_FALSE(directory.exists("taken.new"));
  CHECK_THAT(replace_metrics_file(directory.path("none/counts"), "x"),
             Catch::Contains("none/counts.new: "));
}

}  // namespace
}  // namespace lastmile::test
