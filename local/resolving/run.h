// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "local/resolving/budget.h"
#include "local/resolving/duplicate_filter.h"
#include "local/resolving/resolve.h"
#include "transports/configuration.h"
#include "transports/content_filter.h"
#include "transports/restrictions.h"
#include "transports/virtual_rules.h"

namespace lastmile {

/// A recipient of a pipe(8) service that takes one recipient alone.
struct LonePipe {
  NodeId leaf = {};
  std::string reason = {};  ///< What becomes of several: "service x: flag D requires ...".
  std::optional<SourcePos> source = {};
};

/// One resolution: what all its steps share. Only the trace and the budget change.
struct Run {
  ServiceConfigurations& configurations;
  VirtualServices& virtual_services;
  const ResolveRequest& request;
  Trace& trace;
  Budget budget;
  /// Nodes at which an alias was expanded again below itself, for a trace that people read.
  std::vector<NodeId> rounds = {};
  /// The leaves that several recipients would turn into deferrals, for such a trace.
  std::vector<LonePipe> lone_pipes = {};

  /// That of main.cf as it is.
  Configuration& mail_system() const { return configurations.mail_system(); }
  World& world() const { return configurations.mail_system().world(); }
  /// World::read_file(), of a file that names members: what it holds counts, and one that holds
  /// more than is left uses it all up.
  Result<std::optional<FileView>> read_list(const std::string& path, const Rights& as,
                                            Symlinks symlinks, std::size_t max_bytes);
  /// Whether the budget allows what `at` asks for.
  bool may_go_on(const std::optional<SourcePos>& at) { return budget.allows(trace.octets(), at); }
};

/// One way of a message through the queue. What is submitted again begins the next one.
struct Pass {
  Run& run;
  MailPath path = {};
  const Service* entry = nullptr;  ///< Where the message came in; null: main.cf as it is.
  SmtpClient client = {};          ///< Who brought it to smtpd(8).
  Address client_sender = {};      ///< As smtpd(8) was told it.
  Address sender = {};             ///< Of the message that is being delivered.
  /// Why that has no canonical form now: nothing is delivered.
  std::optional<Error> sender_failure = {};
  std::optional<ContentFilter> filter = {};  ///< That takes all its mail first.
  MessageActions actions = {};               ///< What access tables want of the message.
  bool is_probe = false;  ///< It is asked where the message would land: members are not followed.
  std::set<std::string> filtered = {};  ///< Filters, and where they gave mail back before.
  std::set<std::string, std::less<>> delivered_to = {};  ///< Headers by which loops are found.
  int resubmissions = 0;  ///< How often this mail was submitted again on the way here.
  int levels_before = 0;  ///< Levels that the passes before this one had, all together.
  std::set<std::string, std::less<>> shown_accounts = {};  ///< Accounts that have a node already.
};

/// A local(8) service at work on one recipient: it begins with nothing reached yet, since each
/// recipient of a message is delivered on its own.
struct Agent {
  /// \param name   of the master.cf service that it runs as
  /// \param next   the nexthop of the request that it was handed
  /// \param times  how often one local(8) service handed this recipient to another before
  Agent(Pass& of, const std::string& name, std::string next, int times);

  Pass& pass;
  std::string service;
  Configuration& configuration;  ///< With the `-o` of the service.
  std::string nexthop;
  int hand_overs;
  DuplicateFilter seen;

  Run& run() const { return pass.run; }
  Trace& trace() const { return pass.run.trace; }
  Configuration& local() const { return configuration; }
  World& world() const { return pass.run.world(); }
  /// Whether a recipient or an include file at this level is one too many.
  bool is_too_deep(int level) const;
};

}  // namespace lastmile
