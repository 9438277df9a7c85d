// SPDX-License-Identifier: Apache-2.0
#include "transports/mailbox_rules.h"

#include <utility>

#include "aliases/address.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// The file that a parameter names, in the form that its trailing slash asks for.
Destination mailbox_at(std::string path) {
  if (path.ends_with('/')) {
    return Maildir{std::move(path)};
  }
  return Mailbox{std::move(path)};
}

RuleAnswer home_mailbox(const Settings& settings, const Account& account) {
  const auto& parameter = settings.home_mailbox;
  const std::string path = account.home + "/" + parameter.value;
  return {mailbox_at(below_queue_directory(settings, path)), "home_mailbox", parameter.source};
}

RuleAnswer spool_mailbox(const Settings& settings, const Account& account) {
  const auto& parameter = settings.mail_spool_directory;
  std::string spool = below_queue_directory(settings, parameter.value);
  Destination destination;
  if (parameter.value.ends_with('/')) {
    destination = Maildir{spool + account.name + "/"};
  } else {
    std::string path = spool + "/" + account.name;
    destination = Mailbox{std::move(path), true, StoredBy::local, std::move(spool)};
  }
  return {std::move(destination), "mail_spool_directory", parameter.source};
}

}  // namespace

Result<std::optional<RuleAnswer>> choose_transport(Configuration& configuration, TableList& maps,
                                                   std::string_view maps_parameter,
                                                   const Setting<std::string>& parameter,
                                                   std::string_view parameter_name,
                                                   const LocalRequest& request) {
  const Settings& settings = configuration.settings();
  auto hit = maps.lookup(request.user);
  if (!hit) {
    return std::move(hit).error().during(std::string(maps_parameter));
  }
  if (!*hit && parameter.value.empty()) {
    return std::optional<RuleAnswer>();
  }
  TransportNexthop target = split_transport(*hit ? (*hit)->entry.value : parameter.value);
  target.parameter = *hit ? maps_parameter : parameter_name;
  target.source = *hit ? (*hit)->entry.source : parameter.source;
  RuleAnswer answer;
  answer.parameter = target.parameter;
  answer.source = target.source;
  if (target.transport.empty()) {
    answer.destination = Defer{"4.3.0"_dsn, "missing transport name in \":" + target.nexthop +
                                                "\" (" + target.parameter + ")"};
  } else {
    answer.destination = destination_of(settings, target, request.nexthop, PassedBy::local_agent);
  }
  return std::optional(std::move(answer));
}

Result<std::optional<RuleAnswer>> choose_mailbox_transport(Configuration& configuration,
                                                           const LocalRequest& request) {
  return choose_transport(configuration, configuration.tables(&Settings::mailbox_transport_maps),
                          "mailbox_transport_maps", configuration.settings().mailbox_transport,
                          "mailbox_transport", request);
}

Result<RuleAnswer> choose_mailbox(Configuration& configuration, const Account& account) {
  const Settings& settings = configuration.settings();
  auto command = configuration.tables(&Settings::mailbox_command_maps).lookup(account.name);
  if (!command) {
    return std::move(command).error().during("mailbox_command_maps");
  }
  if (*command) {
    return RuleAnswer{Command{std::move((*command)->entry.value)}, "mailbox_command_maps",
                      std::move((*command)->entry.source)};
  }
  if (!settings.mailbox_command.value.empty()) {
    return RuleAnswer{Command{settings.mailbox_command.value}, "mailbox_command",
                      settings.mailbox_command.source};
  }
  const std::string& home = settings.home_mailbox.value;
  const bool home_first =
      home.ends_with('/') || (!home.empty() && !settings.mail_spool_directory.value.ends_with('/'));
  return home_first ? home_mailbox(settings, account) : spool_mailbox(settings, account);
}

EnhancedStatus unusable_mailbox(StoredBy stored_by) {
  return stored_by == StoredBy::virtual_mailbox ? "4.2.0"_dsn : "5.2.0"_dsn;
}

MailboxRefusal not_a_regular_file(StoredBy stored_by, const std::string& path) {
  std::string problem = "destination " + path + " is not a regular file";
  if (stored_by == StoredBy::local) {
    return {unusable_mailbox(stored_by), std::move(problem), {}};
  }
  return {"5.3.5"_dsn, "mail system configuration error", std::move(problem)};
}

MailboxRefusal not_owned_by_recipient(const std::string& path) {
  return {"4.2.0"_dsn, "destination " + path + " is not owned by recipient",
          R"(specify "strict_mailbox_ownership = no" to ignore mailbox ownership mismatch)"};
}

std::string mailbox_failure_prefix(const Mailbox& mailbox, const Address& recipient,
                                   const Settings& settings) {
  if (mailbox.stored_by == StoredBy::virtual_mailbox) {
    return "delivery failed to mailbox " + mailbox.path + ": ";
  }
  const std::string local = fold_case(recipient.local_part);
  std::string prefix = "cannot update mailbox " + mailbox.path + " for user ";
  return prefix.append(split_extension(local, settings.extension_rules).user) + ". ";
}

std::string file_failure_prefix(const File& file) {
  return "cannot append message to file " + file.path + ": ";
}

}  // namespace lastmile
