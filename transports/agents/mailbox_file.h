#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transports/agents/file_output.h"
#include "transports/agents/mailbox_lock.h"
#include "transports/agents/message_writer.h"

namespace lastmile {

/// Why something could not be stored: what the status will say, and the errno behind it.
struct StoreFailure {
  EnhancedStatus code = {};
  std::string text = {};
  int error = 0;  ///< 0: no system call failed.
};

/// "/var/mail" for "/var/mail/alice".
std::string parent_directory(const std::string& path);

/// Which file is appended to, and what is asked of it.
struct MailboxRequest {
  enum class Kind { mailbox, file };  ///< The file of an account; a /file/name.
  Kind kind = Kind::mailbox;
  std::string path = {};
  uid_t owner = 0;  ///< Of the mailbox.
  gid_t group = 0;
  bool give_to_owner = false;  ///< When it is created: for a spool where only root may create.
  bool strict_ownership = true;
  std::int64_t size_limit = 0;  ///< Octets that the file may have; 0: no limit.
  LockPolicy lock = {};
};

/// An mbox file, or what stands at the name of one, open and locked for one message.
///
/// A message is appended whole and synced, or the file is cut back to what it was. Only when the
/// process is killed, or the machine stops, between the first write and the last can a part of a
/// message stay at its end; the dot-lock of that process then stays, too.
class MailboxFile {
 public:
  MailboxFile(MailboxRequest request, const SystemCalls& system);

  /// Locks, opens or creates, and checks the file, in the order of Postfix.
  /// \param warnings  gets what does not stop the delivery
  std::optional<StoreFailure> open(std::vector<std::string>& warnings);

  /// Appends a message.
  /// \return nothing when the message is stored for good
  std::optional<StoreFailure> append(const SpooledMessage& message, std::string_view prepended);

  /// Cuts the file back to what it was before append(); for the death of a child that appended.
  void roll_back();

  /// What the file was long before append().
  std::int64_t length_before() const { return status_.st_size; }

  /// Closes the file and removes the dot-lock.
  void close(std::vector<std::string>& warnings);

 private:
  std::optional<StoreFailure> take_dot_lock(std::vector<std::string>& warnings);
  std::optional<StoreFailure> open_or_create(std::vector<std::string>& warnings);
  std::optional<StoreFailure> create(std::vector<std::string>& warnings);
  std::optional<StoreFailure> check_existing();
  bool is_link_of_root(const struct stat& link) const;
  std::optional<StoreFailure> lock_and_check(std::vector<std::string>& warnings);
  std::optional<StoreFailure> check_kind(std::vector<std::string>& warnings) const;
  int write(std::span<const std::string_view> pieces);
  bool is_regular() const { return S_ISREG(status_.st_mode); }

  MailboxRequest request_;
  const SystemCalls& system_;
  DotLock dot_lock_;
  OutputFile file_;
  struct stat status_ = {};   ///< Of the open file, once it is locked.
  std::int64_t written_ = 0;  ///< Octets of this message.
};

}  // namespace lastmile
