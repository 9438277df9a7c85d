// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/maildir_agent.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "aliases/path.h"
#include "transports/agents/file_output.h"
#include "transports/agents/message_writer.h"
#include "transports/errno_status.h"
#include "transports/virtual_rules.h"

namespace lastmile {
namespace {

constexpr mode_t kDirectoryMode = 0700;

std::string hexadecimal(std::uintmax_t number) {
  std::array<char, 20> text = {};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, 16);
  return {text.data(), end.ptr};
}

std::string node_name() {
  utsname host = {};
  return ::uname(&host) == 0 ? std::string(static_cast<const char*>(host.nodename)) : "localhost";
}

/// One delivery, as the user, in this process.
class Delivery {
 public:
  /// \param size_limit  octets of the file; 0: none
  Delivery(const Maildir& maildir, const AgentContext& context, std::int64_t size_limit)
      : path_(maildir.path),
        stored_by_(maildir.stored_by),
        system_(context.system),
        size_limit_(size_limit) {}

  AgentReport run(const SpooledMessage& message, std::string_view prepended);

 private:
  struct Failure {
    EnhancedStatus code = {};
    std::string text = {};
  };

  int open_temporary();
  std::optional<Failure> store(const SpooledMessage& message, std::string_view prepended);
  std::optional<Failure> write(const SpooledMessage& message, std::string_view prepended);
  int write_within_limit(std::span<const std::string_view> pieces);
  std::optional<Failure> publish();
  int link();
  bool was_linked() const;
  int make_directory(const std::string& path);
  int make_one_directory(const std::string& path);
  Failure create_failure(const std::string& name, int error);

  std::string path_;
  StoredBy stored_by_;
  const SystemCalls& system_;
  std::int64_t size_limit_;
  timespec start_ = {};
  std::string node_ = {};
  std::string temporary_ = {};
  std::string permanent_ = {};
  OutputFile file_ = OutputFile(real_system(), -1);
  std::int64_t written_ = 0;
  bool over_limit_ = false;
  std::vector<std::string> warnings_ = {};
};

/// Makes a directory and what is missing above it. \return 0 or an errno
int Delivery::make_directory(const std::string& path) {
  const int error = make_one_directory(path);
  const auto slash = path.rfind('/');
  if (error != ENOENT || slash == std::string::npos || slash == 0) {
    return error;
  }
  if (const int above = make_directory(path.substr(0, slash)); above != 0) {
    return above;
  }
  // Once more and no more: a symbolic link to nothing is there, and yet nothing can be made below.
  return make_one_directory(path);
}

int Delivery::make_one_directory(const std::string& path) {
  if (system_.mkdir(path.c_str(), kDirectoryMode) != 0) {
    return errno == EEXIST ? 0 : errno;
  }
  // Its name must outlive a power failure as the message below it does.
  return sync_directory(system_, parent_directory(path));
}

/// \return 0 or an errno
int Delivery::open_temporary() {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY;
  bool made_directories = false;
  for (;;) {
    file_ = OutputFile(system_, system_.open(temporary_.c_str(), kFlags, 0600));
    if (file_.is_open()) {
      return 0;
    }
    if (errno == EINTR) {
      continue;
    }
    if (errno != ENOENT || std::exchange(made_directories, true)) {
      return errno;
    }
    if (const int error = make_directory(path_ + "tmp"); error != 0) {
      return error;
    }
  }
}

Delivery::Failure Delivery::create_failure(const std::string& name, int error) {
  // virtual(8) tries again what local(8) gives up.
  const auto otherwise = stored_by_ == StoredBy::virtual_mailbox ? "4.2.0"_dsn : "5.2.0"_dsn;
  Failure failure = {status_of_errno(error, otherwise),
                     "create maildir file " + name + ": " + error_text(error)};
  if (error == EEXIST) {
    // The name holds the second: the next attempt has another.
    failure.code = "4.2.0"_dsn;
  }
  if (error == EACCES) {
    warnings_.push_back("maildir access problem for UID/GID=" + std::to_string(::geteuid()) + '/' +
                        std::to_string(::getegid()) + ": " + failure.text);
    warnings_.emplace_back("perhaps you need to create the maildirs in advance");
  }
  return failure;
}

int Delivery::write_within_limit(std::span<const std::string_view> pieces) {
  for (const std::string_view piece : pieces) {
    written_ += static_cast<std::int64_t>(piece.size());
  }
  over_limit_ = size_limit_ > 0 && written_ > size_limit_;
  return over_limit_ ? EFBIG : write_all(system_, file_.get(), pieces);
}

/// Writes and syncs the file below tmp.
std::optional<Delivery::Failure> Delivery::write(const SpooledMessage& message,
                                                 std::string_view prepended) {
  const auto failure = write_message(message, prepended, MessageFormat::maildir,
                                     [this](auto pieces) { return write_within_limit(pieces); });
  if (failure && failure->side == CopyFailure::Side::reading) {
    // The message is spooled anew for each attempt.
    return Failure{"4.3.0"_dsn, failure->text};
  }
  int error = failure ? failure->error : 0;
  if (error == 0 && system_.fsync(file_.get()) != 0) {
    error = errno;
  }
  if (error == 0) {
    return std::nullopt;
  }
  return Failure{over_limit_ ? "5.2.2"_dsn : status_of_errno(error, "5.3.0"_dsn),
                 "error writing message: " + error_text(error)};
}

/// Whether link(2) did its work although its answer was lost, as can happen over NFS.
bool Delivery::was_linked() const {
  struct stat from = {};
  struct stat to = {};
  return system_.stat(temporary_.c_str(), &from) == 0 &&
         system_.stat(permanent_.c_str(), &to) == 0 && from.st_dev == to.st_dev &&
         from.st_ino == to.st_ino;
}

/// \return 0 or an errno
int Delivery::link() {
  if (system_.link(temporary_.c_str(), permanent_.c_str()) == 0) {
    return 0;
  }
  const int error = errno;
  return was_linked() ? 0 : error;
}

/// Gives the file its name below new.
std::optional<Delivery::Failure> Delivery::publish() {
  struct stat status = {};
  if (system_.fstat(file_.get(), &status) != 0) {
    return create_failure(temporary_, errno);
  }
  permanent_ = path_ + "new/" + permanent_name(start_, status, node_);
  int error = link();
  if (error == ENOENT) {
    error = make_directory(path_ + "cur");
    error = error == 0 ? make_directory(path_ + "new") : error;
    error = error == 0 ? link() : error;
  }
  if (error != 0) {
    return create_failure(permanent_, error);
  }
  if (error = sync_directory(system_, path_ + "new"); error != 0) {
    // The name may be lost with the power: then it must not be there at all.
    (void)system_.unlink(permanent_.c_str());
    return Failure{status_of_errno(error, "4.3.0"_dsn),
                   "cannot sync " + path_ + "new: " + error_text(error)};
  }
  return std::nullopt;
}

std::optional<Delivery::Failure> Delivery::store(const SpooledMessage& message,
                                                 std::string_view prepended) {
  if (const int error = open_temporary(); error != 0) {
    return create_failure(temporary_, error);
  }
  auto failure = write(message, prepended);
  if (!failure) {
    failure = publish();
  }
  if (system_.unlink(temporary_.c_str()) != 0) {
    warnings_.push_back("remove " + temporary_ + ": " + error_text(errno));
  }
  return failure;
}

AgentReport Delivery::run(const SpooledMessage& message, std::string_view prepended) {
  start_ = system_.now();
  node_ = node_name();
  temporary_ = path_ + "tmp/" + temporary_name(start_, ::getpid(), node_);
  const auto failure = store(message, prepended);
  return {failure ? status_with(failure->code, "maildir delivery failed: " + failure->text)
                  : status_with("2.0.0"_dsn, "delivered to maildir"),
          std::move(warnings_)};
}

}  // namespace

std::string temporary_name(const timespec& now, pid_t process, std::string_view node) {
  return std::to_string(now.tv_sec) + ".P" + std::to_string(process) + '.' + std::string(node);
}

std::string permanent_name(const timespec& now, const struct stat& file, std::string_view node) {
  return std::to_string(now.tv_sec) + ".V" + hexadecimal(file.st_dev) + 'I' +
         hexadecimal(file.st_ino) + 'M' + std::to_string(now.tv_nsec / 1000) + '.' +
         std::string(node);
}

AgentReport deliver_to_maildir(const Maildir& maildir, const Job& job,
                               const SpooledMessage& message, const AgentContext& context) {
  LM_CHECK(maildir.path.ends_with('/'));
  std::int64_t size_limit = context.settings.mailbox_size_limit.value;
  if (maildir.stored_by == StoredBy::virtual_mailbox) {
    if (const auto failure = context.settings.failure_of(Daemon::virtual_mailbox)) {
      return {status_with("4.3.0"_dsn, "unknown mail transport error"), {failure->message()}};
    }
    size_limit = context.settings.virtual_mailbox_limit.value;
  }
  const auto prepended = prepended_lines(MessageFormat::maildir, job, context);
  return perform_as(
      job.rights, [&] { return Delivery(maildir, context, size_limit).run(message, prepended); },
      storing_limit(context.settings));
}

}  // namespace lastmile
