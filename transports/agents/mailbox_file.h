// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transports/agents/append_note.h"
#include "transports/agents/file_output.h"
#include "transports/agents/mailbox_lock.h"
#include "transports/agents/message_writer.h"
#include "transports/mailbox_rules.h"

namespace lastmile {

/// Why something could not be stored: what the status will say, and the errno behind it.
struct StoreFailure {
  EnhancedStatus code = {};
  std::string text = {};
  int error = 0;  ///< 0: no system call failed.
};

/// Which file is appended to, and what is asked of it.
struct MailboxRequest {
  /// The file of an account; a /file/name; a file of virtual_mailbox_maps.
  enum class Kind { mailbox, file, virtual_mailbox };
  Kind kind = Kind::mailbox;
  std::string path = {};
  uid_t owner = 0;  ///< Of the mailbox.
  gid_t group = 0;
  bool give_to_owner = false;  ///< When it is created: for a spool where only root may create.
  bool strict_ownership = true;
  std::int64_t size_limit = 0;  ///< Octets that the file may have; 0: no limit.
  LockPolicy lock = {};
  HeldLock* held_lock = nullptr;  ///< For who is there when this process dies; nullptr: nobody.
};

/// An mbox file, or what stands at the name of one, open and locked for one message.
///
/// A message is appended whole and synced, or the file is cut back to what it was. When the process
/// is killed, or the machine stops, between the first write and the last, a part of a message is
/// left at its end, and an AppendNote that says so: the next delivery to the file cuts the part
/// off, unless something else has been done to the file and it might be mail. (The dot-lock of that
/// process stays, too, until it is stale.) When its parent lives, that mends the file at once.
///
/// A part is cut off only under a lock of the system, flock(2) or fcntl(2), which its process has
/// lost by dying. A dot-lock that has become stale does not say that.
class MailboxFile {
 public:
  MailboxFile(MailboxRequest request, const SystemCalls& system);

  /// Locks, opens or creates, and checks the file, in the order of Postfix; then cuts off a part of
  /// a message that is left from before.
  /// \param warnings  gets what does not stop the delivery
  std::optional<StoreFailure> open(std::vector<std::string>& warnings);

  /// Appends a message.
  /// \return nothing when the message is stored for good
  std::optional<StoreFailure> append(const SpooledMessage& message, std::string_view prepended);

  /// Cuts the file back to what it was before append(); for the death of a child that appended.
  void roll_back();

  /// Does, instead of open() and append(), what the death of a child that did both asks for: takes
  /// its dot-lock over and cuts off a part of a message. Creates nothing, waits for nobody; where
  /// it cannot be done now, the next delivery does it. close() is to follow.
  void mend(std::vector<std::string>& warnings);

  /// What the file was long before append().
  std::int64_t length_before() const { return status_.st_size; }

  /// Closes the file and removes the dot-lock.
  void close(std::vector<std::string>& warnings);

 private:
  std::optional<StoreFailure> take_dot_lock(std::vector<std::string>& warnings);
  std::optional<StoreFailure> open_or_create(std::vector<std::string>& warnings);
  std::optional<StoreFailure> create(std::vector<std::string>& warnings);
  std::optional<StoreFailure> create_named(std::vector<std::string>& warnings);
  std::optional<StoreFailure> give_to_owner(std::vector<std::string>& warnings);
  /// \return whether the file was made
  bool create_unnamed(std::optional<StoreFailure>& failure, std::vector<std::string>& warnings);
  bool was_left_by_its_maker();
  std::optional<StoreFailure> check_existing();
  bool is_link_of_root(const struct stat& link) const;
  std::optional<StoreFailure> lock_and_check(std::vector<std::string>& warnings);
  std::optional<StoreFailure> check_kind(std::vector<std::string>& warnings);
  std::optional<CopyFailure> leave_note(const SpooledMessage& message, std::string_view prepended);
  /// \return whether none is left that is to be cut off later
  bool cut_off_part(std::vector<std::string>& warnings);
  bool is_part_of(const AppendNote& note);
  std::optional<CopyFailure> finish();
  int cut_back(std::int64_t length);
  /// What failed while opening or creating, with the code of its errno.
  StoreFailure failed(std::string text, int error) const;
  /// What is wrong with the file itself.
  StoreFailure unsafe(std::string text) const;
  StoredBy stored_by() const;
  EnhancedStatus unusable() const;
  int write(std::span<const std::string_view> pieces);
  bool is_regular() const { return S_ISREG(status_.st_mode); }
  /// Once it is open.
  bool has_system_lock() const {
    return is_regular() && (request_.lock.fcntl || request_.lock.flock);
  }

  MailboxRequest request_;
  const SystemCalls& system_;
  DotLock dot_lock_;
  OutputFile file_;
  /// Reads file_, when there is something to be judged. Open as long as file_ is: closing any
  /// descriptor of a file gives up its record locks.
  OutputFile reader_;
  struct stat status_ = {};   ///< Of the open file, once it is locked.
  std::int64_t written_ = 0;  ///< Octets of this message.
  bool is_noted_ = false;
  bool over_limit_ = false;  ///< The size limit was met.
};

}  // namespace lastmile
