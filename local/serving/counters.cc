// SPDX-License-Identifier: Apache-2.0
#include "local/serving/counters.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <sstream>
#include <system_error>

namespace lastmile {

namespace {

constexpr std::array<std::string_view, 9> kAgentNames = {
    "local", "virtual", "pipe", "lmtp", "sendmail", "error", "discard", "smtpd", "other"};
constexpr std::array<std::string_view, 3> kOutcomeNames = {"sent", "deferred", "bounced"};
constexpr std::array<std::string_view, 3> kStepNames = {"receive", "resolve", "deliver"};

std::size_t index_of(DeliveryStatus::Outcome outcome) {
  switch (outcome) {
    case DeliveryStatus::Outcome::delivered:
      return 0;
    case DeliveryStatus::Outcome::deferred:
      return 1;
    case DeliveryStatus::Outcome::bounced:
      return 2;
  }
  return 1;
}

void describe(std::ostream& out, std::string_view name, std::string_view type,
              std::string_view help) {
  out << "# TYPE " << name << ' ' << type << "\n# HELP " << name << ' ' << help << '\n';
}

std::string in_seconds(std::uint64_t nanoseconds) {
  std::array<char, 64> text = {};
  constexpr std::uint64_t kInSecond = 1'000'000'000;
  (void)std::snprintf(text.data(), text.size(), "%llu.%09llu",
                      static_cast<unsigned long long>(nanoseconds / kInSecond),
                      static_cast<unsigned long long>(nanoseconds % kInSecond));
  return text.data();
}

}  // namespace

void Counters::count_recipient(std::string_view agent, DeliveryStatus::Outcome outcome) {
  static_assert(kAgentNames.size() == kAgents && kOutcomeNames.size() == kOutcomes);
  const auto* const found = std::find(kAgentNames.begin(), kAgentNames.end() - 1, agent);
  const auto index = static_cast<std::size_t>(found - kAgentNames.begin());
  add(recipients_.at(index).at(index_of(outcome)), 1);
}

void Counters::count_time(Step step, std::chrono::steady_clock::duration time) {
  const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  add(nanoseconds_.at(static_cast<std::size_t>(step)),
      static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)));
}

std::string Counters::to_open_metrics(std::size_t connections) const {
  std::ostringstream out;
  describe(out, "lastmile_connections", "counter",
           "Connections of clients, by what became of them.");
  out << "lastmile_connections_total{result=\"served\"} " << served_ << '\n'
      << "lastmile_connections_total{result=\"turned_away\"} " << turned_away_ << '\n';
  describe(out, "lastmile_open_connections", "gauge",
           "Connections that are open, each with a process that delivers.");
  out << "lastmile_open_connections " << connections << '\n';
  describe(out, "lastmile_workers", "gauge", "Processes that speak with clients or deliver.");
  out << "lastmile_workers " << 2 * connections << '\n';
  describe(out, "lastmile_messages", "counter", "Messages whose content was complete.");
  out << "lastmile_messages_total " << messages_ << '\n';
  describe(out, "lastmile_recipients", "counter",
           "Destinations of recipients, by what delivered them and what became of them.");
  for (std::size_t agent = 0; agent < kAgents; ++agent) {
    for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) {
      out << "lastmile_recipients_total{agent=\"" << kAgentNames.at(agent) << "\",status=\""
          << kOutcomeNames.at(outcome) << "\"} " << recipients_.at(agent).at(outcome) << '\n';
    }
  }
  describe(out, "lastmile_ledger_hits", "counter",
           "Destinations that an earlier attempt had reached, and that were not reached again.");
  out << "lastmile_ledger_hits_total " << ledger_hits_ << '\n';
  describe(out, "lastmile_step_seconds", "counter", "Time that was spent, by step.");
  out << "# UNIT lastmile_step_seconds seconds\n";
  for (std::size_t step = 0; step < kSteps; ++step) {
    out << "lastmile_step_seconds_total{step=\"" << kStepNames.at(step) << "\"} "
        << in_seconds(nanoseconds_.at(step)) << '\n';
  }
  out << "# EOF\n";
  return out.str();
}

Counters* shared_counters() {
  void* const memory =
      ::mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : new (memory) Counters;
}

std::string replace_metrics_file(const std::string& path, const std::string& text) {
  const auto failed = [](const std::string& where) {
    return where + ": " + std::generic_category().message(errno);
  };
  const std::string beside = path + ".new";
  (void)::unlink(beside.c_str());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                          S_IRUSR | S_IWUSR);
  if (file < 0) {
    return failed(beside);
  }
  const bool is_written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fchmod(file, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) == 0;
  std::string problem = is_written ? "" : failed(beside);
  (void)::close(file);
  if (problem.empty() && ::rename(beside.c_str(), path.c_str()) != 0) {
    problem = failed(path);
  }
  if (!problem.empty()) {
    (void)::unlink(beside.c_str());
  }
  return problem;
}

}  // namespace lastmile
