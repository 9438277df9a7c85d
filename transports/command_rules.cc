// SPDX-License-Identifier: Apache-2.0
#include "transports/command_rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "aliases/text.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

/// PATH of every command, whatever this process has. \see paths.h, _PATH_DEFPATH
constexpr std::string_view kDefaultPath = "/usr/bin:/bin";

/// A command of these characters alone means the same with and without a shell.
constexpr std::string_view kHarmless =
    "1234567890!@%-_=+:,./\t "
    "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

using Variables = std::map<std::string, std::string, std::less<>>;

void put_nonempty(Variables& variables, std::string name, std::string value) {
  if (!value.empty()) {
    variables.insert_or_assign(std::move(name), std::move(value));
  }
}

/// "{ NAME = some words }" is one item of a list.
std::string_view without_braces(std::string_view item) {
  return item.starts_with('{') && item.ends_with('}') ? trim(item.substr(1, item.size() - 2))
                                                      : item;
}

/// What export_environment names.
Variables exported(const Settings& settings, const EnvironmentLookup& inherited) {
  Variables variables;
  for (const std::string_view listed : settings.export_environment.value) {
    const std::string item(without_braces(listed));
    if (const auto equals = item.find('='); equals != std::string::npos) {
      variables.insert_or_assign(std::string(trim(std::string_view(item).substr(0, equals))),
                                 std::string(trim(std::string_view(item).substr(equals + 1))));
    } else if (auto value = inherited(item)) {
      variables.insert_or_assign(item, *std::move(value));
    } else if (item == "MAIL_CONFIG") {
      // Postfix's master(8) has told every daemon where the configuration is.
      variables.insert_or_assign(item, settings.config_directory.value);
    }
  }
  variables.insert_or_assign("PATH", std::string(kDefaultPath));
  return variables;
}

/// USER, LOCAL, EXTENSION, DOMAIN, RECIPIENT, ORIGINAL_RECIPIENT.
void put_recipient(Variables& variables, const Settings& settings, const Recipient& recipient) {
  std::string local = fold_case(settings, recipient.address.local_part);
  const SplitLocalPart split = split_recipient(local, settings.extension_rules);
  variables.insert_or_assign("USER", std::string(split.user));
  variables.insert_or_assign("LOGNAME", std::string(split.user));
  variables.insert_or_assign("LOCAL", local);
  variables.insert_or_assign("RECIPIENT", to_internal(recipient.address));
  if (split.extension) {
    variables.insert_or_assign("EXTENSION", std::string(*split.extension));
  }
  put_nonempty(variables, "DOMAIN", fold_case(settings, recipient.address.domain));
  if (!recipient.original.empty()) {
    const auto original = parse_address(recipient.original);
    variables.insert_or_assign("ORIGINAL_RECIPIENT",
                               original ? to_internal(*original) : recipient.original);
  }
}

void put_envelope(Variables& variables, const Envelope& envelope, const Settings& settings) {
  variables.insert_or_assign("SENDER", to_internal(envelope.sender));
  if (!envelope.envelope_id.empty() && settings.postfix->has(VersionRule::envid_in_environment)) {
    variables.insert_or_assign("ENVID", envelope.envelope_id);
  }
  put_nonempty(variables, "CLIENT_HOSTNAME", envelope.client.hostname);
  put_nonempty(variables, "CLIENT_ADDRESS", envelope.client.address);
  put_nonempty(variables, "CLIENT_HELO", envelope.client.helo);
  put_nonempty(variables, "CLIENT_PROTOCOL", envelope.client.protocol);
  put_nonempty(variables, "SASL_METHOD", envelope.client.sasl_method);
  put_nonempty(variables, "SASL_USERNAME", envelope.client.sasl_username);
  put_nonempty(variables, "SASL_SENDER", envelope.client.sasl_sender);
}

std::vector<std::string> to_list(const Variables& variables) {
  std::vector<std::string> list;
  list.reserve(variables.size());
  for (const auto& [name, value] : variables) {
    list.emplace_back(name).append("=").append(value);
  }
  return list;
}

std::vector<std::string> split_words(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  std::vector<std::string> words;
  for (auto begin = text.find_first_not_of(kBlank); begin != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(kBlank, begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kBlank, end);
  }
  return words;
}

struct ExitMeaning {
  int exit_status = 0;
  EnhancedStatus code = {};
  std::string_view words = {};
};

/// \see sysexits(3head)
constexpr std::array kExitMeanings = {
    ExitMeaning{64, "5.3.0"_dsn, "command line usage error"},
    ExitMeaning{65, "5.6.0"_dsn, "data format error"},
    ExitMeaning{66, "5.3.0"_dsn, "cannot open input"},
    ExitMeaning{67, "5.1.1"_dsn, "user unknown"},
    ExitMeaning{68, "5.1.2"_dsn, "host name unknown"},
    ExitMeaning{69, "5.3.0"_dsn, "service unavailable"},
    ExitMeaning{70, "5.3.0"_dsn, "internal software error"},
    ExitMeaning{71, "4.3.0"_dsn, "system resource problem"},
    ExitMeaning{72, "5.3.0"_dsn, "critical OS file missing"},
    ExitMeaning{73, "5.2.0"_dsn, "can't create user output file"},
    ExitMeaning{74, "5.3.0"_dsn, "input/output error"},
    ExitMeaning{75, "4.3.0"_dsn, "temporary failure"},
    ExitMeaning{76, "5.5.0"_dsn, "remote error in protocol"},
    ExitMeaning{77, "5.7.0"_dsn, "permission denied"},
    ExitMeaning{78, "5.3.5"_dsn, "local configuration error"},
};

/// The status and, for reports, the words of the command itself.
DeliveryStatus failed(EnhancedStatus code, std::string text, std::string_view output,
                      std::string_view words) {
  DeliveryStatus status = status_with(code, std::move(text));
  status.diagnostic = "x-unix; " + std::string(output.empty() ? words : output);
  return status;
}

DeliveryStatus failed_with_output(EnhancedStatus code, const std::string& words,
                                  const std::string& output) {
  std::string text = words;
  if (!output.empty()) {
    text += ". Command output: " + output;
  }
  return failed(code, std::move(text), output, words);
}

DeliveryStatus nonzero_exit(std::string_view line, int exit_status, const std::string& output) {
  std::string_view rest = output;
  if (const auto code = take_enhanced_status(rest)) {
    const bool success = code->status_class == StatusClass::success;
    return failed(success ? "5.0.0"_dsn : *code, std::string(rest), rest, rest);
  }
  const auto* meaning = std::find_if(
      kExitMeanings.begin(), kExitMeanings.end(),
      [&](const ExitMeaning& candidate) { return candidate.exit_status == exit_status; });
  if (meaning != kExitMeanings.end()) {
    return failed_with_output(meaning->code, std::string(meaning->words), output);
  }
  return failed_with_output(
      "5.3.0"_dsn,
      "Command died with status " + std::to_string(exit_status) + ": \"" + std::string(line) + '"',
      output);
}

/// For the end of a command that did not choose it.
DeliveryStatus perhaps(DeliveryStatus status) {
  status.perhaps_delivered = true;
  return status;
}

DeliveryStatus exited(std::string_view line, const CommandEnd& end, const std::string& output) {
  if (end.value != 0) {
    return nonzero_exit(line, end.value, output);
  }
  if (end.write_error != 0) {
    return status_with(status_of_errno(end.write_error, "5.3.0"_dsn),
                       "Command failed: error writing message: " + error_text(end.write_error) +
                           ": \"" + std::string(line) + '"');
  }
  return status_with("2.0.0"_dsn, "delivered to command: " + std::string(line));
}

}  // namespace

std::string censor(std::string_view text, std::string_view allowed) {
  std::string censored(text);
  std::replace_if(
      censored.begin(), censored.end(),
      [&](char c) { return allowed.find(c) == std::string_view::npos; }, '_');
  return censored;
}

std::vector<std::string> base_environment(const Settings& settings,
                                          const EnvironmentLookup& inherited) {
  return to_list(exported(settings, inherited));
}

std::vector<std::string> command_environment(const Settings& settings, const Command& command,
                                             const Envelope& envelope, const Recipient& recipient,
                                             const EnvironmentLookup& inherited) {
  Variables of_delivery;
  if (command.context) {
    of_delivery.insert_or_assign("HOME", command.context->home);
    of_delivery.insert_or_assign("SHELL", command.context->shell);
  }
  put_recipient(of_delivery, settings, recipient);
  put_envelope(of_delivery, envelope, settings);

  Variables all = exported(settings, inherited);
  for (const auto& [name, value] : of_delivery) {
    all.insert_or_assign(name, censor(value, settings.command_expansion_filter.value));
  }
  return to_list(all);
}

CommandLine split_command(std::string_view command, std::string_view local_command_shell) {
  CommandLine line;
  if (line.words = split_words(local_command_shell); !line.words.empty()) {
    line.words.emplace_back(command);
    line.by_configured_shell = true;
    return line;
  }
  const std::vector<std::string> shell = {"sh", "-c", std::string(command)};
  if (command.find_first_not_of(kHarmless) != std::string_view::npos) {
    return {.words = shell};
  }
  line.words = split_words(command);
  if (line.words.empty()) {
    return {.words = shell};
  }
  // A word that is no program may be a command of the shell itself.
  if (line.words[0].find('/') == std::string::npos) {
    line.when_not_found = shell;
  }
  return line;
}

std::string printable_output(std::string_view output) {
  std::string spaced(output.substr(0, output.find('\0')));
  std::replace_if(
      spaced.begin(), spaced.end(), [](char c) { return c == '\t' || c == '\n'; }, ' ');
  std::string masked = printable(spaced);
  // The log's own mask is '?'; that of local(8) is '_'.
  std::transform(masked.begin(), masked.end(), spaced.begin(), masked.begin(),
                 [](char shown, char was) { return shown == was ? shown : '_'; });
  return masked;
}

DeliveryStatus command_status(std::string_view line, const CommandEnd& end) {
  const std::string output = printable_output(end.output);
  const auto quoted = [&](const std::string& text) {
    return text + ": \"" + std::string(line) + '"';
  };
  switch (end.kind) {
    case CommandEnd::Kind::not_started:
      return status_with("4.3.0"_dsn, "Delivery failed: " + error_text(end.value));
    case CommandEnd::Kind::timed_out:
      return perhaps(
          failed_with_output("5.3.0"_dsn, quoted("Command time limit exceeded"), output));
    case CommandEnd::Kind::signaled:
      return perhaps(failed_with_output(
          "4.3.0"_dsn, quoted("Command died with signal " + std::to_string(end.value)), output));
    case CommandEnd::Kind::exited:
      return exited(line, end, output);
    case CommandEnd::Kind::unknown:
      break;
  }
  return perhaps(status_with("4.3.0"_dsn, quoted("Command ended in an unknown way")));
}

}  // namespace lastmile
