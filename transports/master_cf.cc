// SPDX-License-Identifier: Apache-2.0
#include "transports/master_cf.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "aliases/text.h"
#include "transports/main_cf.h"

namespace lastmile {
namespace {

constexpr std::string_view kStandardServices = R"(
smtp       inet  n  -  n  -      -    smtpd
pickup     unix  n  -  n  60     1    pickup
cleanup    unix  n  -  n  -      0    cleanup
qmgr       unix  n  -  n  300    1    qmgr
tlsmgr     unix  -  -  n  1000?  1    tlsmgr
rewrite    unix  -  -  n  -      -    trivial-rewrite
bounce     unix  -  -  n  -      0    bounce
defer      unix  -  -  n  -      0    bounce
trace      unix  -  -  n  -      0    bounce
verify     unix  -  -  n  -      1    verify
flush      unix  n  -  n  1000?  0    flush
proxymap   unix  -  -  n  -      -    proxymap
proxywrite unix  -  -  n  -      1    proxymap
smtp       unix  -  -  n  -      -    smtp
relay      unix  -  -  n  -      -    smtp
showq      unix  n  -  n  -      -    showq
error      unix  -  -  n  -      -    error
retry      unix  -  -  n  -      -    error
discard    unix  -  -  n  -      -    discard
local      unix  -  n  n  -      -    local
virtual    unix  -  n  n  -      -    virtual
lmtp       unix  -  -  n  -      -    lmtp
anvil      unix  -  -  n  -      1    anvil
scache     unix  -  -  n  -      1    scache
)";

/// Reads one line, word by word. The first fault is remembered.
class ServiceLine {
 public:
  ServiceLine(std::string_view text, SourcePos source) : rest_(text), source_(std::move(source)) {}

  /// A field that has no default.
  std::string field(std::string_view what) {
    const std::string_view word = next_word();
    if (word.empty()) {
      fail("missing \"" + std::string(what) + "\" field");
    } else if (word == "-") {
      fail("field \"" + std::string(what) + "\" has no default value");
    }
    return std::string(word);
  }

  bool yes_or_no(std::string_view what, bool when_default) {
    const std::string_view word = next_word();
    if (word == "y" || word == "n") {
      return word == "y";
    }
    if (word != "-") {
      fail(word.empty() ? "missing \"" + std::string(what) + "\" field"
                        : "field \"" + std::string(what) + "\": bad value: \"" + std::string(word) +
                              "\" (y, n, -)");
    }
    return when_default;
  }

  void number(std::string_view what, bool question_mark) {
    std::string_view word = next_word();
    if (word.empty()) {
      fail("missing \"" + std::string(what) + "\" field");
      return;
    }
    if (question_mark && word.ends_with('?')) {
      word.remove_suffix(1);
    }
    const bool digits = !word.empty() && std::ranges::all_of(word, is_digit);
    if (!digits && word != "-") {
      fail("field \"" + std::string(what) + "\": bad value: \"" + std::string(word) +
           "\" (a number or -)");
    }
  }

  /// The next argument; `{ a b }` is the one argument `a b`. Nullopt at the end.
  std::optional<std::string> argument() {
    const std::string_view word = next_word();
    if (word.empty()) {
      return std::nullopt;
    }
    if (word.front() != '{') {
      return std::string(word);
    }
    if (word.size() < 2 || word.back() != '}') {
      fail("missing '}' in \"" + std::string(word) + "\"");
      return std::nullopt;
    }
    return std::string(trim(word.substr(1, word.size() - 2)));
  }

  void fail(std::string problem) {
    if (!failure_) {
      failure_ = misconfigured(std::move(problem), source_);
    }
  }

  const std::optional<Error>& failure() const { return failure_; }
  const SourcePos& source() const { return source_; }

 private:
  /// Braces protect blanks. Empty at the end.
  std::string_view next_word() {
    rest_ = trim(rest_);
    int depth = 0;
    std::size_t end = 0;
    for (; end < rest_.size(); ++end) {
      if (rest_[end] == '{') {
        ++depth;
      } else if (rest_[end] == '}') {
        depth = std::max(depth - 1, 0);
      } else if (depth == 0 && is_space(rest_[end])) {
        break;
      }
    }
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
  }

  std::string_view rest_;
  SourcePos source_;
  std::optional<Error> failure_;
};

void read_override(ServiceLine& line, Service& service, std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = trim(text.substr(0, equals));
  if (equals == std::string_view::npos) {
    line.fail("-o \"" + std::string(text) +
              "\": missing '=' after attribute name (with blanks around it: -o { name = value })");
  } else if (name.empty()) {
    line.fail("-o \"" + std::string(text) + "\": missing attribute name");
  } else {
    service.overrides.insert_or_assign(std::string(name),
                                       std::string(trim(text.substr(equals + 1))));
  }
}

/// As getopt(3) of the daemon has it: what follows the first other argument is no option.
void read_arguments(ServiceLine& line, Service& service) {
  bool are_options = true;
  while (auto argument = line.argument()) {
    are_options = are_options && argument->starts_with('-');
    if (!are_options || !argument->starts_with("-o")) {
      service.arguments.push_back(*std::move(argument));
    } else if (*argument == "-o") {
      const auto text = line.argument();
      if (!text) {
        line.fail("-o without name=value");
        return;
      }
      read_override(line, service, *text);
    } else {
      read_override(line, service, std::string_view(*argument).substr(2));
    }
  }
}

Service read_service(ServiceLine& line, bool chroot_default) {
  constexpr std::array<std::string_view, 5> kTypes = {"inet", "unix", "fifo", "unix-dgram", "pass"};
  Service service;
  service.name = line.field("name");
  service.type = line.field("type");
  if (std::ranges::find(kTypes, service.type) == kTypes.end()) {
    line.fail("field \"type\": bad value: \"" + service.type +
              "\" (inet, unix, fifo, unix-dgram, pass)");
  }
  service.is_private = line.yes_or_no("private", true);
  service.unprivileged = line.yes_or_no("unprivileged", true);
  service.chroot = line.yes_or_no("chroot", chroot_default);
  line.number("wakeup", true);
  line.number("maxproc", false);
  service.program = line.field("command");
  read_arguments(line, service);
  service.source = line.source();
  return service;
}

/// The words of a service behind its options, as getopt(3) of each daemon leaves them.
/// \return an Error for a letter that no daemon knows
/// \see src/master/single_server.c
Result<std::vector<std::string_view>> words_behind_options(const Service& service) {
  constexpr std::string_view kLetters = "cdDluSvVz";
  constexpr std::string_view kWithValue = "imnst";
  std::vector<std::string_view> words(service.arguments.begin(), service.arguments.end());
  std::size_t next = 0;
  for (; next < words.size() && words[next].size() > 1 && words[next].front() == '-'; ++next) {
    if (words[next] == "--") {
      ++next;
      break;
    }
    for (std::size_t i = 1; i < words[next].size(); ++i) {
      const char letter = words[next][i];
      if (kWithValue.find(letter) != std::string_view::npos) {
        next += i + 1 == words[next].size() ? 1 : 0;
        break;
      }
      if (kLetters.find(letter) == std::string_view::npos) {
        return misconfigured("invalid option: -" + printable(std::string_view(&letter, 1)),
                             service.source);
      }
    }
  }
  words.erase(words.begin(),
              words.begin() + static_cast<std::ptrdiff_t>(std::min(next, words.size())));
  return words;
}

}  // namespace

std::optional<Error> wrong_argument(const Service& service) {
  const auto words = words_behind_options(service);
  if (!words) {
    return words.error();
  }
  const bool takes_words = service.program == "pipe" || service.program == "spawn";
  if (takes_words || words->empty()) {
    return std::nullopt;
  }
  const std::string where = "service " + service.name + ": ";
  if (service.program != "lmtp" && service.program != "smtp") {
    return misconfigured(where + "unexpected command-line argument: " + printable(words->front()),
                         service.source);
  }
  for (const std::string_view word : *words) {
    if (!word.starts_with("flags=")) {
      return misconfigured(where + "unknown attribute name: " + printable(word), service.source);
    }
  }
  return std::nullopt;
}

Result<MasterCf> MasterCf::parse(std::string_view content, const std::string& file,
                                 bool chroot_default) {
  MasterCf master_cf;
  for (const LogicalLine& text : read_logical_lines(content)) {
    const SourcePos source{file, text.line};
    if (is_space(text.text.front())) {
      master_cf.warnings_.push_back(
          misconfigured("logical line must not start with white space, ignored", source));
      continue;
    }
    ServiceLine line(text.text, source);
    Service service = read_service(line, chroot_default);
    if (line.failure()) {
      return *line.failure();
    }
    master_cf.add(std::move(service));
  }
  return master_cf;
}

void MasterCf::add(Service service) {
  const auto earlier = std::ranges::find_if(services_, [&service](const Service& other) {
    return other.name == service.name && other.type == service.type;
  });
  if (earlier == services_.end()) {
    services_.push_back(std::move(service));
    return;
  }
  warnings_.push_back(misconfigured("service " + service.name + "/" + service.type +
                                        " replaces the one of line " +
                                        std::to_string(earlier->source ? earlier->source->line : 0),
                                    service.source));
  *earlier = std::move(service);
}

MasterCf MasterCf::standard() {
  auto master_cf = parse(kStandardServices, "(standard services)", false);
  LM_CHECK(master_cf.ok());
  for (Service& service : master_cf->services_) {
    service.source.reset();
  }
  return *std::move(master_cf);
}

const Service* MasterCf::find_internal(std::string_view name) const {
  const auto found = std::ranges::find_if(services_, [name](const Service& service) {
    return service.name == name && (service.type == "unix" || service.type == "fifo");
  });
  return found == services_.end() ? nullptr : &*found;
}

const Service* MasterCf::find_transport(std::string_view name) const {
  const auto found = std::ranges::find_if(services_, [name](const Service& service) {
    return service.name == name && service.type == "unix" && service.is_private;
  });
  return found == services_.end() ? nullptr : &*found;
}

}  // namespace lastmile
