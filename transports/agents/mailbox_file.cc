// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/mailbox_file.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "aliases/path.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

constexpr int kOpenFlags = O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_nlink == b.st_nlink &&
         a.st_mode == b.st_mode;
}

}  // namespace

StoredBy MailboxFile::stored_by() const {
  return request_.kind == MailboxRequest::Kind::virtual_mailbox ? StoredBy::virtual_mailbox
                                                                : StoredBy::local;
}

EnhancedStatus MailboxFile::unusable() const {
  return unusable_mailbox(stored_by());
}

StoreFailure MailboxFile::failed(std::string text, int error) const {
  return {status_of_errno(error, unusable()), std::move(text) + ": " + error_text(error), error};
}

StoreFailure MailboxFile::unsafe(std::string text) const {
  return {unusable(), std::move(text), 0};
}

MailboxFile::MailboxFile(MailboxRequest request, const SystemCalls& system)
    : request_(std::move(request)),
      system_(system),
      dot_lock_(request_.path, system, request_.held_lock),
      file_(system, -1),
      reader_(system, -1) {}

std::optional<StoreFailure> MailboxFile::open(std::vector<std::string>& warnings) {
  // The lock file first, as all who take both do: in another order two could wait for each other.
  if (auto failure = take_dot_lock(warnings)) {
    return failure;
  }
  if (auto failure = open_or_create(warnings)) {
    return failure;
  }
  if (auto failure = lock_and_check(warnings)) {
    return failure;
  }
  if (auto failure = check_kind(warnings)) {
    return failure;
  }
  if (has_system_lock()) {
    (void)cut_off_part(warnings);
  }
  return std::nullopt;
}

std::optional<StoreFailure> MailboxFile::take_dot_lock(std::vector<std::string>& warnings) {
  struct stat target = {};
  const bool may_be_mailbox =
      system_.stat(request_.path.c_str(), &target) != 0 || S_ISREG(target.st_mode);
  if (!request_.lock.dotlock || !may_be_mailbox) {
    return std::nullopt;
  }
  const int error = dot_lock_.acquire(request_.lock);
  if (error == 0) {
    return std::nullopt;
  }
  StoreFailure failure = failed("unable to create lock file " + dot_lock_.path(), error);
  if (error == EEXIST) {
    failure.code = "4.2.0"_dsn;
    return failure;
  }
  if (request_.kind == MailboxRequest::Kind::file) {
    // Who may append to a file need not be able to create another one beside it.
    warnings.push_back(failure.text);
    return std::nullopt;
  }
  return failure;
}

std::optional<StoreFailure> MailboxFile::open_or_create(std::vector<std::string>& warnings) {
  // Twice, for a file that somebody creates in between.
  for (int round = 0;; ++round) {
    file_ = OutputFile(system_, system_.open(request_.path.c_str(), kOpenFlags, 0));
    if (file_.is_open()) {
      return check_existing();
    }
    if (errno == EINTR) {
      continue;
    }
    if (errno != ENOENT || round > 0) {
      return failed("cannot open file", errno);
    }
    auto failure = create(warnings);
    if (!failure || failure->error != EEXIST) {
      return failure;
    }
  }
}

std::optional<StoreFailure> MailboxFile::create(std::vector<std::string>& warnings) {
  std::optional<StoreFailure> failure;
  if (!request_.give_to_owner || !create_unnamed(failure, warnings)) {
    failure = create_named(warnings);
  }
  if (failure) {
    return failure;
  }
  const std::string directory = parent_directory(request_.path);
  if (const int error = sync_directory(system_, directory); error != 0) {
    // An empty mailbox stays, which the next attempt finds.
    return StoreFailure{status_of_errno(error, "4.3.0"_dsn),
                        "cannot sync " + directory + ": " + error_text(error), error};
  }
  return std::nullopt;
}

std::optional<StoreFailure> MailboxFile::create_named(std::vector<std::string>& warnings) {
  const std::string& path = request_.path;
  file_ = OutputFile(system_, system_.open(path.c_str(), kOpenFlags | O_CREAT | O_EXCL, 0600));
  if (!file_.is_open()) {
    return failed("cannot create file exclusively", errno);
  }
  auto failure = request_.give_to_owner ? give_to_owner(warnings) : std::nullopt;
  if (failure) {
    // It was made by this process alone, under its dot-lock, where only root can make names: left
    // behind, it would be a mailbox that is not owned by its recipient.
    (void)system_.unlink(path.c_str());
  }
  return failure;
}

/// Gives the file to its owner before it has a name: whoever is killed in between leaves nothing
/// behind that would be in the way of the next delivery. Not every file system can do that.
bool MailboxFile::create_unnamed(std::optional<StoreFailure>& failure,
                                 std::vector<std::string>& warnings) {
  const std::string directory = parent_directory(request_.path);
  file_ = OutputFile(system_, system_.open(directory.c_str(), kOpenFlags | O_TMPFILE, 0600));
  if (!file_.is_open()) {
    return false;
  }
  failure = give_to_owner(warnings);
  if (failure || system_.link_open_file(file_.get(), request_.path.c_str()) == 0) {
    return true;
  }
  const int error = errno;
  if (error == EEXIST) {
    failure = failed("cannot create file exclusively", error);
  }
  return error == EEXIST;
}

std::optional<StoreFailure> MailboxFile::give_to_owner(std::vector<std::string>& warnings) {
  if (system_.fchown(file_.get(), request_.owner, request_.group) == 0) {
    return std::nullopt;
  }
  const int error = errno;
  warnings.push_back(request_.path + ": cannot change file ownership: " + error_text(error));
  return failed("cannot change file ownership", error);
}

/// Whether the file is one that was made for its owner, and whose maker was killed before it could
/// give it away: where a file cannot be made without a name, in a directory where only root makes
/// names. It is given away then.
bool MailboxFile::was_left_by_its_maker() {
  if (!request_.give_to_owner || status_.st_uid != 0 || status_.st_size != 0 ||
      (status_.st_mode & ALLPERMS) != (S_IRUSR | S_IWUSR)) {
    return false;
  }
  const std::string directory = parent_directory(request_.path);
  const OutputFile unnamed(system_,
                           system_.open(directory.c_str(), O_WRONLY | O_CLOEXEC | O_TMPFILE, 0600));
  return !unnamed.is_open() && system_.fchown(file_.get(), request_.owner, request_.group) == 0;
}

std::optional<StoreFailure> MailboxFile::check_existing() {
  struct stat opened = {};
  struct stat named = {};
  if (system_.fstat(file_.get(), &opened) != 0) {
    return failed("cannot open file", errno);
  }
  // Its other name may be that of a file which was never meant to be a mailbox.
  if (opened.st_nlink != 1) {
    return unsafe("file has " + std::to_string(opened.st_nlink) + " hard links");
  }
  if (S_ISDIR(opened.st_mode)) {
    return unsafe("file is a directory");
  }
  if (system_.lstat(request_.path.c_str(), &named) != 0) {
    return failed("file status changed unexpectedly", errno);
  }
  if (S_ISLNK(named.st_mode)) {
    // Administrators move mail spools; nobody else may send the mail of others elsewhere.
    return is_link_of_root(named) ? std::nullopt : std::optional(unsafe("file is a symbolic link"));
  }
  return is_same_file(opened, named) ? std::nullopt
                                     : std::optional(unsafe("file status changed unexpectedly"));
}

bool MailboxFile::is_link_of_root(const struct stat& link) const {
  struct stat parent = {};
  return link.st_uid == 0 && system_.stat(parent_directory(request_.path).c_str(), &parent) == 0 &&
         parent.st_uid == 0 && (parent.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::optional<StoreFailure> MailboxFile::lock_and_check(std::vector<std::string>& warnings) {
  if (system_.fstat(file_.get(), &status_) != 0) {
    return failed("cannot open file", errno);
  }
  if (!is_regular()) {
    return std::nullopt;
  }
  if (const int error = lock_open_file(file_.get(), request_.lock, system_); error != 0) {
    return failed("unable to lock for exclusive access", error);
  }
  // Again, now that nobody else appends: the length, and whether the file still has its name.
  if (system_.fstat(file_.get(), &status_) != 0) {
    return failed("cannot open file", errno);
  }
  if (status_.st_nlink != 1) {
    warnings.push_back(request_.path + ": file status changed unexpectedly");
    return StoreFailure{"4.2.0"_dsn, "target file status changed unexpectedly", 0};
  }
  return std::nullopt;
}

std::optional<StoreFailure> MailboxFile::check_kind(std::vector<std::string>& warnings) {
  constexpr mode_t kAnyExecute = S_IXUSR | S_IXGRP | S_IXOTH;
  if (request_.kind == MailboxRequest::Kind::file) {
    return is_regular() && (status_.st_mode & kAnyExecute) != 0
               ? std::optional(StoreFailure{"5.7.1"_dsn, "file is executable", 0})
               : std::nullopt;
  }
  const auto refuse = [&warnings](MailboxRefusal refusal) {
    if (!refusal.warning.empty()) {
      warnings.push_back(std::move(refusal.warning));
    }
    return StoreFailure{refusal.code, std::move(refusal.text), 0};
  };
  if (!is_regular()) {
    return refuse(not_a_regular_file(stored_by(), request_.path));
  }
  if (request_.strict_ownership && status_.st_uid != request_.owner && !was_left_by_its_maker()) {
    return refuse(not_owned_by_recipient(request_.path));
  }
  return std::nullopt;
}

std::optional<StoreFailure> MailboxFile::append(const SpooledMessage& message,
                                                std::string_view prepended) {
  auto failure = leave_note(message, prepended);
  if (!failure) {
    failure =
        write_message(message, prepended, MessageFormat::mbox,
                      [this](std::span<const std::string_view> pieces) { return write(pieces); });
  }
  if (!failure) {
    failure = finish();
  }
  if (failure && is_regular()) {
    roll_back();
  }
  // What is synced is stored, whatever close(2) may say; only a pipe or a device has its last word
  // there.
  if (!failure && !is_regular()) {
    if (const int error = file_.close(); error != 0) {
      return StoreFailure{status_of_errno(error, "5.3.0"_dsn),
                          "error writing message: " + error_text(error), error};
    }
  }
  if (!failure) {
    return std::nullopt;
  }
  // The message is spooled anew for each attempt, so a spool that cannot be read defers. (Postfix
  // would find the same unreadable queue file again, and bounces.)
  if (failure->side == CopyFailure::Side::reading) {
    return StoreFailure{"4.3.0"_dsn, failure->text, failure->error};
  }
  return StoreFailure{over_limit_ ? "5.2.2"_dsn : status_of_errno(failure->error, "5.3.0"_dsn),
                      failure->text, failure->error};
}

std::optional<CopyFailure> MailboxFile::leave_note(const SpooledMessage& message,
                                                   std::string_view prepended) {
  // Without any lock, the note might take the place of another process's, or be taken for one.
  if (!is_regular() || !(has_system_lock() || dot_lock_.is_held())) {
    return std::nullopt;
  }
  std::int64_t full_length = 0;
  const auto count = [&](std::span<const std::string_view> pieces) {
    for (const std::string_view piece : pieces) {
      full_length += static_cast<std::int64_t>(piece.size());
    }
    return 0;
  };
  if (auto failure = write_message(message, prepended, MessageFormat::mbox, count)) {
    return failure;
  }
  // Without a note the message is stored all the same: many file systems take none.
  is_noted_ = put_note(system_, file_.get(), note_of(status_.st_size, full_length, prepended)) == 0;
  return std::nullopt;
}

bool MailboxFile::cut_off_part(std::vector<std::string>& warnings) {
  const auto note = read_note(system_, file_.get());
  if (!note || !is_part(*note, status_.st_size)) {
    return true;
  }
  const std::string octets = std::to_string(status_.st_size - note->old_length) +
                             " octets behind octet " + std::to_string(note->old_length);
  if (!is_part_of(*note)) {
    warnings.push_back(request_.path + ": a process died while it appended a message; its " +
                       octets + " are left, because they may hold something else");
    return true;
  }
  if (const int error = cut_back(note->old_length); error != 0) {
    warnings.push_back(request_.path + ": cannot remove a part of a message, " + octets + ": " +
                       error_text(error));
    return false;
  }
  warnings.push_back(request_.path + ": removed a part of a message, " + octets +
                     ", left by a process that died");
  status_.st_size = note->old_length;
  return true;
}

bool MailboxFile::is_part_of(const AppendNote& note) {
  // By name, because a descriptor that may write need not be able to read; then it is the same file
  // or it is not read.
  constexpr int kReadFlags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  reader_ = OutputFile(system_, system_.open(request_.path.c_str(), kReadFlags, 0));
  struct stat read = {};
  if (!reader_.is_open() || system_.fstat(reader_.get(), &read) != 0 ||
      !is_same_file(read, status_)) {
    return false;
  }
  constexpr std::size_t kPiece = std::size_t{64} * 1024;
  std::string piece(kPiece, '\0');
  TailJudge judge(note.first_line);
  for (off_t offset = note.old_length; offset < status_.st_size && judge.is_ours();) {
    const ssize_t count = system_.pread(reader_.get(), piece.data(), piece.size(), offset);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return false;
    }
    judge.feed({piece.data(), static_cast<std::size_t>(count)});
    offset += count;
  }
  return judge.is_ours();
}

std::optional<CopyFailure> MailboxFile::finish() {
  if (!is_regular()) {
    return std::nullopt;
  }
  const auto failed_with = [](int error) {
    return CopyFailure{CopyFailure::Side::writing, error,
                       "error writing message: " + error_text(error)};
  };
  if (system_.fsync(file_.get()) != 0) {
    return failed_with(errno);
  }
  // Only now: a machine that stops before has kept the note, or nothing of the message.
  if (const int error = is_noted_ ? remove_note(system_, file_.get()) : 0; error != 0) {
    // A note that stays might one day be taken at its word, when its message has been shortened.
    return CopyFailure{CopyFailure::Side::reading, error,
                       "cannot remove the note of an append: " + error_text(error)};
  }
  return std::nullopt;
}

int MailboxFile::write(std::span<const std::string_view> pieces) {
  for (const std::string_view piece : pieces) {
    written_ += static_cast<std::int64_t>(piece.size());
  }
  // As if by RLIMIT_FSIZE, under which a Postfix process writes.
  if (is_regular() && request_.size_limit > 0 && status_.st_size + written_ > request_.size_limit) {
    over_limit_ = true;
    return EFBIG;
  }
  return write_all(system_, file_.get(), pieces);
}

int MailboxFile::cut_back(std::int64_t length) {
  int result = 0;
  do {
    result = system_.ftruncate(file_.get(), length);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

void MailboxFile::roll_back() {
  struct stat now = {};
  // A mail reader that knows no lock may have made it shorter: nothing is ever made longer.
  const bool is_longer = system_.fstat(file_.get(), &now) != 0 || now.st_size > status_.st_size;
  // Nothing is left to try after a failure, which the status tells already. The note stays then,
  // for the next delivery to try again.
  if (!is_longer || cut_back(status_.st_size) == 0) {
    (void)remove_note(system_, file_.get());
  }
}

void MailboxFile::mend(std::vector<std::string>& warnings) {
  request_.lock.attempts = 1;
  const bool adopted = dot_lock_.adopt();
  if (take_dot_lock(warnings)) {
    return;
  }
  file_ = OutputFile(system_, system_.open(request_.path.c_str(), kOpenFlags, 0));
  if (!file_.is_open() || check_existing() || lock_and_check(warnings) || check_kind(warnings) ||
      !is_regular()) {
    return;
  }
  if ((has_system_lock() || adopted) && cut_off_part(warnings)) {
    (void)remove_note(system_, file_.get());
  }
}

void MailboxFile::close(std::vector<std::string>& warnings) {
  (void)file_.close();
  (void)reader_.close();
  if (const int error = dot_lock_.release(); error != 0) {
    warnings.push_back("remove " + dot_lock_.path() + ": " + error_text(error));
  }
}

}  // namespace lastmile
