// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/mailbox_agent.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <utility>

#include "aliases/path.h"
#include "aliases/text.h"
#include "transports/agents/mailbox_file.h"
#include "transports/errno_status.h"
#include "transports/mailbox_rules.h"
#include "transports/virtual_rules.h"

namespace lastmile {
namespace {

/// A HeldLock that this process and its children share.
class SharedLock {
 public:
  SharedLock()
      : memory_(::mmap(nullptr, sizeof(HeldLock), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
        lock_(memory_ == MAP_FAILED ? nullptr : new (memory_) HeldLock) {}
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;
  ~SharedLock() {
    if (lock_ != nullptr) {
      // Unmapping what was mapped cannot fail.
      (void)::munmap(memory_, sizeof(HeldLock));
    }
  }

  /// \return nullptr when there was no memory: a lock that is left must then become stale
  HeldLock* get() const { return lock_; }

 private:
  void* memory_;
  HeldLock* lock_;
};

/// Who opens, locks and creates a mailbox.
enum class Opener { user, user_with_spool_group, root };

struct Opening {
  Opener opener = Opener::user;
  gid_t spool_group = 0;
};

Opening opening_of(const Mailbox& mailbox, const SystemCalls& system) {
  struct stat directory = {};
  // The parameter's directory, not the one that the path is in: an account named `../x` gets no
  // other rights by its name than those next to it.
  const std::string spool = mailbox.spool.empty() ? parent_directory(mailbox.path) : mailbox.spool;
  if (!mailbox.in_spool || system.stat(spool.c_str(), &directory) != 0 ||
      (directory.st_mode & S_IWOTH) != 0) {
    return {};
  }
  if ((directory.st_mode & S_IWGRP) != 0) {
    return {Opener::user_with_spool_group, directory.st_gid};
  }
  return {Opener::root, 0};
}

AgentReport report_of(const std::optional<StoreFailure>& failure, const std::string& prefix,
                      const std::string& success, std::vector<std::string> warnings) {
  return {failure ? status_with(failure->code, prefix + failure->text)
                  : status_with("2.0.0"_dsn, success),
          std::move(warnings)};
}

/// What both kinds of delivery share.
struct Append {
  MailboxRequest request = {};
  std::string prefix = {};   ///< Of the text of a failure.
  std::string success = {};  ///< The text of a success.
  std::string prepended = {};
  std::string biff_login = {};  ///< Who is told of new mail; empty: nobody.
  std::uint16_t biff_port = 0;
  std::chrono::milliseconds limit = {};  ///< Of all of it.
  /// An ordinary user tries what the mode of the spool would have another do: a refusal is then no
  /// word on the message.
  bool lacks_root = false;
};

void tell_biff(const Append& append, const MailboxFile& file, std::vector<std::string>& warnings) {
  if (append.biff_login.empty()) {
    return;
  }
  if (auto warning = send_biff(append.biff_login, file.length_before(), append.biff_port)) {
    warnings.push_back(*std::move(warning));
  }
}

/// All of it with the rights of this process.
AgentReport append_here(const Append& append, const SpooledMessage& message,
                        const SystemCalls& system) {
  std::vector<std::string> warnings;
  MailboxFile file(append.request, system);
  auto failure = file.open(warnings);
  if (failure && append.lacks_root && (failure->error == EACCES || failure->error == EPERM)) {
    failure->code = "4.3.0"_dsn;
    failure->text += " (the mode of " + parent_directory(append.request.path) +
                     " asks for the rights of root, which this process has not)";
  }
  if (!failure) {
    failure = file.append(message, append.prepended);
  }
  file.close(warnings);
  if (!failure) {
    tell_biff(append, file, warnings);
  }
  return report_of(failure, append.prefix, append.success, std::move(warnings));
}

AgentReport mend_here(const Append& append, const SystemCalls& system) {
  std::vector<std::string> warnings;
  MailboxFile file(append.request, system);
  file.mend(warnings);
  file.close(warnings);
  return report_of(std::nullopt, append.prefix, append.success, std::move(warnings));
}

/// All of it with the rights of somebody. When the process that does it dies, another one mends
/// what it has left.
AgentReport append_as(const Rights& rights, Append append, const SpooledMessage& message,
                      const SystemCalls& system) {
  const SharedLock shared;
  append.request.held_lock = shared.get();
  AgentReport report = perform_as(
      rights, [&] { return append_here(append, message, system); }, append.limit);
  if (report.status.perhaps_delivered) {
    const AgentReport mended = perform_as(
        rights, [&] { return mend_here(append, system); }, append.limit);
    report.warnings.insert(report.warnings.end(), mended.warnings.begin(), mended.warnings.end());
  }
  return report;
}

/// Opens as root, writes as the user.
AgentReport append_opened_by_root(const Append& append, const Job& job,
                                  const SpooledMessage& message, const SystemCalls& system) {
  std::vector<std::string> warnings;
  MailboxFile file(append.request, system);
  if (const auto failure = file.open(warnings)) {
    file.close(warnings);
    return report_of(failure, append.prefix, append.success, std::move(warnings));
  }
  // The child dies with this process, which has the locks: without them, another process would take
  // what the child is still writing for what was left.
  AgentReport report = perform_as(
      job.rights,
      [&] {
        return report_of(file.append(message, append.prepended), append.prefix, append.success, {});
      },
      append.limit);
  if (report.status.outcome != DeliveryStatus::Outcome::delivered) {
    // The child has done so unless it was killed, and doing so again changes nothing.
    file.roll_back();
  }
  file.close(warnings);
  if (report.status.outcome == DeliveryStatus::Outcome::delivered) {
    tell_biff(append, file, warnings);
  }
  report.warnings.insert(report.warnings.end(), warnings.begin(), warnings.end());
  return report;
}

MailboxRequest request_for(const std::string& path, const Job& job, const Settings& settings) {
  MailboxRequest request;
  request.path = path;
  request.owner = job.rights.uid;
  request.group = job.rights.gid;
  request.strict_ownership = settings.strict_mailbox_ownership.value;
  request.size_limit = settings.mailbox_size_limit.value;
  request.lock = lock_policy(settings);
  return request;
}

/// virtual(8) has a limit and locks of its own, and tells nobody of new mail.
AgentReport deliver_to_virtual_mailbox(const Mailbox& mailbox, const Job& job,
                                       const SpooledMessage& message, const AgentContext& context) {
  if (const auto failure = context.settings.failure_of(Daemon::virtual_mailbox)) {
    return {status_with("4.3.0"_dsn, "unknown mail transport error"), {failure->message()}};
  }
  Append append;
  append.limit = storing_limit(context.settings);
  append.request = request_for(mailbox.path, job, context.settings);
  append.request.kind = MailboxRequest::Kind::virtual_mailbox;
  append.request.size_limit = context.settings.virtual_mailbox_limit.value;
  append.request.lock = lock_policy(context.settings, context.settings.virtual_mailbox_lock.value);
  append.prefix = mailbox_failure_prefix(mailbox, job.recipients.front().address, context.settings);
  append.success = "delivered to mailbox";
  append.prepended = prepended_lines(MessageFormat::mbox, job, context);
  return append_as(job.rights, std::move(append), message, context.system);
}

}  // namespace

AgentReport deliver_to_mailbox(const Mailbox& mailbox, const Job& job,
                               const SpooledMessage& message, const AgentContext& context) {
  if (mailbox.stored_by == StoredBy::virtual_mailbox) {
    return deliver_to_virtual_mailbox(mailbox, job, message, context);
  }
  Append append;
  append.limit = storing_limit(context.settings);
  append.request = request_for(mailbox.path, job, context.settings);
  LM_CHECK(!job.recipients.empty());
  append.prefix = mailbox_failure_prefix(mailbox, job.recipients.front().address, context.settings);
  append.success = "delivered to mailbox";
  if (context.settings.biff.value) {
    append.biff_login = job.rights.name;
    append.biff_port = context.biff_port;
  }
  append.prepended = prepended_lines(MessageFormat::mbox, job, context);

  const Opening opening = opening_of(mailbox, context.system);
  append.lacks_root = opening.opener != Opener::user && !is_root();
  if (opening.opener == Opener::root && !append.lacks_root) {
    // What root makes for root keeps the group that the directory gives it.
    append.request.give_to_owner = job.rights.uid != 0;
    return append_opened_by_root(append, job, message, context.system);
  }
  Rights rights = job.rights;
  if (opening.opener == Opener::user_with_spool_group && !append.lacks_root) {
    // Postfix goes back to the user's own group before it writes; on a file that is open already
    // the group of the writer has no say.
    rights.gid = opening.spool_group;
  }
  return append_as(rights, std::move(append), message, context.system);
}

AgentReport deliver_to_file(const File& file, const Job& job, const SpooledMessage& message,
                            const AgentContext& context) {
  if (auto refusal = refuse_root(job.rights, "the file " + file.path)) {
    return *std::move(refusal);
  }
  Append append;
  append.limit = storing_limit(context.settings);
  append.request = request_for(file.path, job, context.settings);
  append.request.kind = MailboxRequest::Kind::file;
  append.prefix = file_failure_prefix(file);
  append.success = "delivered to file: " + file.path;
  append.prepended = prepended_lines(MessageFormat::mbox, job, context);
  return append_as(job.rights, std::move(append), message, context.system);
}

}  // namespace lastmile
