// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/spooled_message.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "aliases/text.h"
#include "aliases/world/temporary_file.h"
#include "transports/agents/file_output.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

/// Octets up to which a message stays in memory: most mail is smaller, and a file costs more than
/// all else that a delivery does.
constexpr std::size_t kMaxInMemory = std::size_t{64} * 1024;

Error spool_error(std::string_view doing, int error) {
  return unavailable(std::string(doing) + ": " + error_text(error));
}

int open_spool_file(const std::string& directory, const SystemCalls& system) {
  const int file = system.open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
    return file;
  }
  return open_and_unlink(directory);
}

bool has_high_octet(std::string_view bytes) {
  unsigned char all = 0;
  for (const char c : bytes) {
    all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  }
  return all >= 0x80;
}

/// Counts in blocks that one octet can count, of which a processor adds many at a time.
std::size_t count_newlines(std::string_view bytes) {
  constexpr std::size_t kBlock = std::numeric_limits<unsigned char>::max();
  std::size_t total = 0;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kBlock))) {
    unsigned char newlines = 0;
    for (const char c : bytes.substr(0, kBlock)) {
      newlines = static_cast<unsigned char>(newlines + (c == '\n' ? 1 : 0));
    }
    total += newlines;
  }
  return total;
}

/// read(2) that is not ended by a signal.
ssize_t read_some(int descriptor, std::span<char> buffer) {
  ssize_t count = 0;
  do {
    count = ::read(descriptor, buffer.data(), buffer.size());
  } while (count < 0 && errno == EINTR);
  return count;
}

}  // namespace

SpooledMessage::SpooledMessage(SpooledMessage&& other) noexcept {
  *this = std::move(other);
}

SpooledMessage& SpooledMessage::operator=(SpooledMessage&& other) noexcept {
  std::swap(system_, other.system_);
  std::swap(file_, other.file_);
  memory_.swap(other.memory_);
  begin_ = other.begin_;
  end_ = other.end_;
  newlines_ = other.newlines_;
  serial_ = other.serial_;
  eight_bit_ = other.eight_bit_;
  ends_with_newline_ = other.ends_with_newline_;
  delivered_to_.swap(other.delivered_to_);
  std::swap(received_headers_, other.received_headers_);
  return *this;
}

SpooledMessage::~SpooledMessage() {
  if (file_ >= 0) {
    // Nothing was promised about this file, so there is nothing that could be lost.
    (void)::close(file_);
  }
}

bool SpooledMessage::has_been_at(std::string_view address) const {
  return std::find(delivered_to_.begin(), delivered_to_.end(), fold_case(address)) !=
         delivered_to_.end();
}

Result<SpooledMessage> SpooledMessage::spool(int descriptor, ContentRules rules,
                                             const SystemCalls& system) {
  MessageSpooler spooler(system, rules);
  // What is not filled is not touched: most messages are short.
  const auto buffer = std::make_unique_for_overwrite<char[]>(kMessageChunk);
  for (;;) {
    const ssize_t count = read_some(descriptor, {buffer.get(), kMessageChunk});
    if (count < 0) {
      return spool_error("error reading message", errno);
    }
    if (count == 0) {
      return std::move(spooler).finish();
    }
    if (auto done = spooler.append({buffer.get(), static_cast<std::size_t>(count)}); !done) {
      return std::move(done).error();
    }
  }
}

Result<SpooledMessage> SpooledMessage::from_text(std::string_view text, const SystemCalls& system) {
  MessageSpooler spooler(system);
  if (auto done = spooler.append(text); !done) {
    return std::move(done).error();
  }
  return std::move(spooler).finish();
}

Result<std::string> SpooledMessage::beginning(std::size_t max_octets) const {
  std::string text(std::min(max_octets, size()), '\0');
  for (std::size_t offset = 0; offset < text.size();) {
    const auto got = read(offset, std::span(text).subspan(offset));
    if (!got) {
      return got.error();
    }
    if (*got == 0) {
      text.resize(offset);
    }
    offset += *got;
  }
  return text;
}

Result<std::size_t> SpooledMessage::read(std::size_t offset, std::span<char> buffer) const {
  const std::size_t wanted = std::min(buffer.size(), size() - std::min(offset, size()));
  if (file_ < 0) {
    std::copy_n(memory_.data() + begin_ + std::min(offset, size()), wanted, buffer.data());
    return wanted;
  }
  std::size_t done = 0;
  while (done < wanted) {
    const ssize_t count = system_->pread(file_, buffer.data() + done, wanted - done,
                                         static_cast<off_t>(begin_ + offset + done));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      // The file has no name and nobody else writes to it: an early end is a fault of the disk.
      return spool_error("error reading message", count < 0 ? errno : EIO);
    }
    done += static_cast<std::size_t>(count);
  }
  return done;
}

MessageSpooler::MessageSpooler(const SystemCalls& system, ContentRules rules)
    : carriage_returns_(rules.carriage_returns), headers_(rules.loops) {
  static std::uint64_t last_serial = 0;
  message_.system_ = &system;
  message_.serial_ = ++last_serial;
}

Result<Ok> MessageSpooler::append(std::string_view bytes) {
  return keep(carriage_returns_.feed(bytes));
}

Result<Ok> MessageSpooler::keep(std::string_view bytes) {
  if (bytes.empty()) {
    return Ok{};
  }
  headers_.feed(bytes);
  message_.eight_bit_ = message_.eight_bit_ || has_high_octet(bytes);
  message_.newlines_ += count_newlines(bytes);
  message_.ends_with_newline_ = bytes.back() == '\n';
  message_.end_ += bytes.size();
  if (message_.file_ < 0 && message_.end_ <= kMaxInMemory) {
    message_.memory_.append(bytes);
    return Ok{};
  }
  if (message_.file_ < 0) {
    if (auto moved = move_to_file(); !moved) {
      return moved;
    }
  }
  const int error = write_all(*message_.system_, message_.file_, {{bytes}});
  return error == 0 ? Result<Ok>(Ok{}) : spool_error("error spooling message", error);
}

Result<Ok> MessageSpooler::move_to_file() {
  const std::string directory = temporary_directory();
  message_.file_ = open_spool_file(directory, *message_.system_);
  if (message_.file_ < 0) {
    return spool_error("cannot make a spool file in " + directory, errno);
  }
  const std::string memory = std::exchange(message_.memory_, {});
  const int error = write_all(*message_.system_, message_.file_, {{memory}});
  return error == 0 ? Result<Ok>(Ok{}) : spool_error("error spooling message", error);
}

Result<SpooledMessage> MessageSpooler::finish() && {
  if (auto kept = keep(carriage_returns_.end()); !kept) {
    return std::move(kept).error();
  }
  headers_.end();
  message_.begin_ = headers_.content_begin();
  message_.received_headers_ = headers_.received();
  message_.delivered_to_.assign(headers_.delivered_to().begin(), headers_.delivered_to().end());
  // A last line without newline was counted as a line, not as a newline.
  message_.newlines_ -= std::min(message_.newlines_, headers_.lines_before_content());
  message_.ends_with_newline_ = message_.ends_with_newline_ && message_.size() > 0;
  return std::move(message_);
}

}  // namespace lastmile
