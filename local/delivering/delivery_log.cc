// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/delivery_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <ostream>
#include <sstream>
#include <system_error>
#include <utility>

#include "aliases/text.h"
#include "local/formats/json.h"
#include "transports/transport_destination.h"

namespace lastmile {

namespace {

// ---- The line.

/// Seconds as Postfix logs them: two significant digits, and no zeros at the end of a fraction.
std::string format_seconds(double seconds, long resolution_limit) {
  if (!(seconds > 0)) {
    return "0";
  }
  long decimals = seconds < 10 ? 1 : 0;
  for (double value = seconds; value < 1 && decimals < resolution_limit; value *= 10) {
    ++decimals;
  }
  std::array<char, 64> buffer = {};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.*f",
                                   static_cast<int>(std::min(decimals, resolution_limit)), seconds);
  std::string text(buffer.data(),
                   std::clamp<std::size_t>(static_cast<std::size_t>(length), 1, buffer.size() - 1));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') {
      text.pop_back();
    }
  }
  return text;
}

}  // namespace

std::string_view status_word(const DeliveryStatus& status) {
  switch (status.outcome) {
    case DeliveryStatus::Outcome::delivered:
      return "sent";
    case DeliveryStatus::Outcome::deferred:
      return status.soft_bounced ? "SOFTBOUNCE" : "deferred";
    case DeliveryStatus::Outcome::bounced:
      return "bounced";
  }
  return "deferred";
}

EnhancedStatus reported_code(const DeliveryStatus& status) {
  const auto status_class = [&] {
    switch (status.outcome) {
      case DeliveryStatus::Outcome::delivered:
        return StatusClass::success;
      case DeliveryStatus::Outcome::deferred:
        return StatusClass::transient;
      case DeliveryStatus::Outcome::bounced:
        return StatusClass::permanent;
    }
    return StatusClass::transient;
  }();
  return status.code.status_class == status_class ? status.code : EnhancedStatus{status_class};
}

std::string_view other_original_of(const FinalStatus& status) {
  return fold_case(status.orig_to) == fold_case(status.to) ? std::string_view() : status.orig_to;
}

std::string_view relay_of(const FinalStatus& status) {
  constexpr std::array<std::string_view, 5> kWithoutRelay = {"cleanup", "discard", "error", "retry",
                                                             "smtpd"};
  if (!status.status.relay.empty()) {
    return status.status.relay;
  }
  const bool has_none =
      std::find(kWithoutRelay.begin(), kWithoutRelay.end(), status.agent) != kWithoutRelay.end();
  return has_none ? std::string_view("none") : std::string_view(status.agent);
}

std::string format_log_line(const FinalStatus& status, std::string_view queue_id,
                            const DeliveryDelays& delays, long resolution_limit) {
  const auto seconds = [&](double value) { return format_seconds(value, resolution_limit); };
  std::string line = queue_id.empty() ? "NOQUEUE" : printable(queue_id);
  line += ": to=<" + printable(status.to) + '>';
  if (const auto original = other_original_of(status); !original.empty()) {
    line += ", orig_to=<" + printable(original) + '>';
  }
  line += ", relay=" + printable(relay_of(status));
  line += ", delay=" + seconds(delays.before + delays.transfer);
  line += ", delays=" + seconds(delays.before) + "/0/0/" + seconds(delays.transfer);
  line += status.status.tls.empty() ? "" : ", tls=" + printable(status.status.tls);
  line += ", dsn=" + to_string(reported_code(status.status));
  line += ", status=" + std::string(status_word(status.status));
  return line + " (" + printable(status.status.text) + ')';
}

namespace {

// ---- The same as JSON.

/// "2026-11-28T18:33:07.120Z"
std::string time_now() {
  timespec now = {};
  std::tm when = {};
  if (clock_gettime(CLOCK_REALTIME, &now) != 0 || gmtime_r(&now.tv_sec, &when) == nullptr) {
    return {};
  }
  std::array<char, 64> text = {};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ",
                                  when.tm_year + 1900, when.tm_mon + 1, when.tm_mday, when.tm_hour,
                                  when.tm_min, when.tm_sec, now.tv_nsec / 1'000'000));
  return text.data();
}

/// One object of JSON Lines.
class JsonLine {
 public:
  /// \param ident  "postfix/local"
  JsonLine(std::string_view level, const std::string& ident, std::string_view queue_id) {
    json_.begin_object();
    json_.member("time", time_now());
    json_.member("program", ident);
    json_.member("pid", static_cast<std::int64_t>(getpid()));
    json_.member("level", level);
    json_.member("queue_id", queue_id);
  }

  JsonLine& member(std::string_view name, std::string_view value) {
    json_.member(name, value);
    return *this;
  }
  JsonLine& milliseconds(std::string_view name, double seconds) {
    json_.member(name, static_cast<std::int64_t>(std::llround(seconds * 1000)));
    return *this;
  }
  /// The line, without its end.
  std::string take() {
    json_.end_object();
    json_.end_line();
    std::string line = out_.str();
    line.pop_back();
    return line;
  }

 private:
  std::ostringstream out_ = {};
  JsonWriter json_{out_};
};

std::string json_of(const FinalStatus& status, const std::string& ident, std::string_view queue_id,
                    const DeliveryDelays& delays) {
  JsonLine line("info", ident, queue_id);
  line.member("to", status.to)
      .member("orig_to", other_original_of(status))
      .member("agent", status.agent)
      .member("relay", relay_of(status))
      .milliseconds("delay_ms", delays.before + delays.transfer)
      .milliseconds("before_ms", delays.before)
      .milliseconds("transfer_ms", delays.transfer)
      .member("dsn", to_string(reported_code(status.status)))
      .member("status", status_word(status.status))
      .member("text", status.status.text);
  return line.take();
}

// ---- Where lines go.

/// What all logs have in common: how a line is made.
class FormattingLog : public DeliveryLog {
 public:
  FormattingLog(const Settings& settings, std::string queue_id)
      : queue_id_(std::move(queue_id)),
        style_(style_of(settings, "local")),
        warnings_(
            style_of(settings.of_service(split_transport(settings.local_transport.value).transport),
                     "local")),
        internal_form_(settings.info_log_address_format.value == "internal"),
        is_json_(settings.lastmile_log_format.value == "json") {
    for (const Service& service : settings.master_cf.services()) {
      if (service.type == "unix") {
        styles_.emplace(service.name, style_of(settings.of_service(service.name), service.program));
      }
    }
    // It answers before there is a service to deliver.
    styles_.insert_or_assign("smtpd", style_of(settings, "smtpd"));
  }

  void record(const FinalStatus& status, const DeliveryDelays& delays) override {
    FinalStatus shown = status;
    shown.to = as_configured(shown.to);
    shown.orig_to = as_configured(shown.orig_to);
    const auto own = styles_.find(status.agent);
    const Style& style = own == styles_.end() ? style_ : own->second;
    put(LOG_INFO, style.ident,
        is_json_ ? json_of(shown, style.ident, queue_id_, delays)
                 : format_log_line(shown, queue_id_, delays, style.resolution_limit));
  }

  void note(std::string_view service, std::string_view text) override {
    const auto own = styles_.find(service);
    const std::string& ident = (own == styles_.end() ? style_ : own->second).ident;
    put(LOG_INFO, ident,
        is_json_ ? JsonLine("info", ident, queue_id_).member("text", text).take()
                 : printable(text));
  }

  void warn(std::string_view text) override {
    if (is_json_) {
      put(LOG_WARNING, warnings_.ident,
          JsonLine("warning", warnings_.ident, queue_id_).member("text", text).take());
      return;
    }
    const std::string id = queue_id_.empty() ? "" : printable(queue_id_) + ": ";
    put(LOG_WARNING, warnings_.ident, "warning: " + id + printable(text));
  }

 protected:
  bool is_json() const { return is_json_; }
  /// \param ident  who speaks, "postfix/local"
  virtual void put(int priority, const std::string& ident, const std::string& line) = 0;

 private:
  std::string as_configured(const std::string& external) const {
    if (!internal_form_) {
      return external;
    }
    const auto address = parse_address(external);
    return address ? to_internal(*address) : external;
  }

  /// What a service may have of its own.
  struct Style {
    std::string ident = {};  ///< Its syslog_name, and its program.
    long resolution_limit = 0;
  };
  static Style style_of(const Settings& settings, const std::string& program) {
    return {settings.syslog_name.value + '/' + program,
            settings.delay_logging_resolution_limit.value};
  }

  std::string queue_id_;
  Style style_;
  Style warnings_;
  std::map<std::string, Style, std::less<>> styles_;  ///< By service.
  bool internal_form_;
  bool is_json_;
};

class SyslogLog : public FormattingLog {
 public:
  SyslogLog(const Settings& settings, std::string queue_id, int facility)
      : FormattingLog(settings, std::move(queue_id)), facility_(facility) {}
  SyslogLog(const SyslogLog&) = delete;
  SyslogLog& operator=(const SyslogLog&) = delete;
  ~SyslogLog() override { closelog(); }

 private:
  void put(int priority, const std::string& ident, const std::string& line) override {
    if (ident != ident_) {
      ident_ = ident;
      openlog(ident_.c_str(), LOG_PID, facility_);
    }
    syslog(priority, "%s", line.c_str());
  }

  int facility_;
  std::string ident_ = {};  // openlog() keeps a pointer to it.
};

/// The start of a line in a file, as the syslog daemon would write it.
std::string line_start(const std::string& host, const std::string& ident) {
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm when = {};
  if (localtime_r(&now, &when) == nullptr) {
    return host + ' ' + ident + ": ";
  }
  std::array<char, 32> stamp = {};
  static_cast<void>(std::snprintf(stamp.data(), stamp.size(), "%s %2d %02d:%02d:%02d ",
                                  kMonths[static_cast<std::size_t>(when.tm_mon) % kMonths.size()],
                                  when.tm_mday, when.tm_hour, when.tm_min, when.tm_sec));
  return stamp.data() + host + ' ' + ident + ": ";
}

class StreamLog : public FormattingLog {
 public:
  StreamLog(const Settings& settings, std::string queue_id, std::ostream& err)
      : FormattingLog(settings, std::move(queue_id)),
        host_(settings.myhostname.value.substr(0, settings.myhostname.value.find('.'))),
        err_(err) {}

 protected:
  std::string stamped(const std::string& ident, const std::string& line) const {
    if (is_json()) {
      return line + '\n';
    }
    return line_start(host_, ident + '[' + std::to_string(getpid()) + ']') + line + '\n';
  }
  void to_err(const std::string& text) { err_ << text << std::flush; }

 private:
  void put(int /*priority*/, const std::string& ident, const std::string& line) override {
    to_err(stamped(ident, line));
  }

  std::string host_;
  std::ostream& err_;
};

class FileLog : public StreamLog {
 public:
  FileLog(const Settings& settings, std::string queue_id, std::ostream& err, int descriptor)
      : StreamLog(settings, std::move(queue_id), err), descriptor_(descriptor) {}
  FileLog(const FileLog&) = delete;
  FileLog& operator=(const FileLog&) = delete;
  ~FileLog() override { static_cast<void>(close(descriptor_)); }

 private:
  /// One write for a line, so that lines of several processes do not mix. What the disk refuses is
  /// no reason to stop a delivery, nor to make it look failed by a word on standard error.
  void put(int priority, const std::string& ident, const std::string& line) override {
    const std::string text = stamped(ident, line);
    if (write(descriptor_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      syslog(LOG_MAIL | priority, "%s: %s", ident.c_str(), line.c_str());
    }
  }

  int descriptor_;
};

// ---- Opening.

struct FacilityName {
  std::string_view name = {};
  int facility = 0;
};

constexpr std::array<FacilityName, 20> kFacilities = {{
    {"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV}, {"cron", LOG_CRON},
    {"daemon", LOG_DAEMON}, {"ftp", LOG_FTP},           {"kern", LOG_KERN},
    {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},     {"local2", LOG_LOCAL2},
    {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},     {"local5", LOG_LOCAL5},
    {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7},     {"lpr", LOG_LPR},
    {"mail", LOG_MAIL},     {"news", LOG_NEWS},         {"syslog", LOG_SYSLOG},
    {"user", LOG_USER},     {"uucp", LOG_UUCP},
}};

Result<std::unique_ptr<DeliveryLog>> open_syslog(const Settings& settings, std::string queue_id) {
  const std::string& name = settings.syslog_facility.value;
  const auto* const found =
      std::find_if(kFacilities.begin(), kFacilities.end(),
                   [&](const FacilityName& facility) { return facility.name == name; });
  if (found == kFacilities.end()) {
    return misconfigured(
        "syslog_facility: \"" + name + "\": no such facility (mail, daemon, local0, ...)",
        settings.syslog_facility.source);
  }
  return std::make_unique<SyslogLog>(settings, std::move(queue_id), found->facility);
}

Result<std::unique_ptr<DeliveryLog>> open_file(const Settings& settings, std::string queue_id,
                                               std::ostream& err) {
  const std::string& path = settings.lastmile_log.value;
  const auto failure = [&](const std::string& reason) {
    return unavailable("lastmile_log: " + path + ": " + reason, settings.lastmile_log.source);
  };
  // O_NONBLOCK: a FIFO that nobody reads must not stop the mail.
  const int descriptor =
      open(path.c_str(),
           O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  if (descriptor < 0) {
    return failure(std::generic_category().message(errno));
  }
  struct stat attributes = {};
  if (fstat(descriptor, &attributes) != 0 || !S_ISREG(attributes.st_mode)) {
    static_cast<void>(close(descriptor));
    return failure("not a regular file");
  }
  return std::make_unique<FileLog>(settings, std::move(queue_id), err, descriptor);
}

}  // namespace

Result<std::unique_ptr<DeliveryLog>> open_delivery_log(const Settings& settings,
                                                       std::string queue_id, std::ostream& err) {
  const std::string& target = settings.lastmile_log.value;
  if (target == "syslog") {
    return open_syslog(settings, std::move(queue_id));
  }
  if (target == "stderr") {
    return std::make_unique<StreamLog>(settings, std::move(queue_id), err);
  }
  if (!target.starts_with('/')) {
    return misconfigured(
        "lastmile_log: \"" + target + "\": neither syslog, stderr nor an absolute path",
        settings.lastmile_log.source);
  }
  return open_file(settings, std::move(queue_id), err);
}

std::unique_ptr<DeliveryLog> open_mail_log(const Settings& settings, std::string queue_id) {
  return std::make_unique<SyslogLog>(settings, std::move(queue_id), LOG_MAIL);
}

std::unique_ptr<DeliveryLog> open_delivery_log_or_syslog(const Settings& settings,
                                                         const std::string& queue_id,
                                                         std::ostream& err) {
  auto log = open_delivery_log(settings, queue_id, err);
  if (log) {
    return std::move(*log);
  }
  auto fallback = open_mail_log(settings, queue_id);
  fallback->warn(log.error().message());
  return fallback;
}

}  // namespace lastmile
