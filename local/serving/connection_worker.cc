// SPDX-License-Identifier: Apache-2.0
#include "local/serving/connection_worker.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "aliases/overloaded.h"
#include "local/serving/boundary.h"
#include "local/serving/frame_stream.h"

namespace lastmile {

namespace {

using Clock = std::chrono::steady_clock;
using Awaiting = ServerSession::Awaiting;
using Unread = ServerSession::Unread;

/// The slowest that content may come, as smtpd_min_data_rate of Postfix has it.
constexpr std::size_t kOctetsPerSecond = 500;
/// Written at once to what is no socket: so much a pipe takes without waiting when it takes any.
constexpr std::size_t kPipeWrite = 4096;

/// Whether the other end of a socket has taken all that was written, as far as the system tells:
/// with a UNIX-domain socket the program, with TCP the system there, which breaks the connection
/// off when the program closes it without having read that. A pipe does not tell.
bool has_taken_all(int out) {
  int unread = 0;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(out, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0 &&
         ::ioctl(out, SIOCOUTQ, &unread) == 0 && unread == 0;
}

/// How long a client has for what it is at.
class Patience {
 public:
  explicit Patience(std::chrono::seconds timeout) : timeout_(timeout) { begin(); }

  void begin() {
    deadline_ = Clock::now() + timeout_;
    read_deadline_ = deadline_;
  }
  /// Content came: there is more time for the rest, and none for standing still.
  void extend(std::size_t octets) {
    deadline_ += std::chrono::milliseconds(octets * 1000 / kOctetsPerSecond);
    read_deadline_ = Clock::now() + timeout_;
  }
  /// For poll(2).
  int milliseconds_left() const {
    const auto left = std::min(deadline_, read_deadline_) - Clock::now();
    const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
    return static_cast<int>(std::clamp<long long>(count + 1, 0, 3'600'000));
  }
  bool is_over() const { return Clock::now() >= std::min(deadline_, read_deadline_); }

 private:
  std::chrono::seconds timeout_;
  Clock::time_point deadline_ = {};
  Clock::time_point read_deadline_ = {};
};

class Speaker {
 public:
  explicit Speaker(const WorkerTask& task)
      : task_(task), session_(task.options), patience_(task.timeout) {}

  void run() {
    while (pass_events_on() && !is_done()) {
      begin_new_step();
      if (!wait()) {
        return;
      }
    }
  }

 private:
  bool is_done() const {
    return session_.awaiting() == Awaiting::nothing && session_.output().empty();
  }

  /// \return false: who delivers is gone
  bool pass_events_on() {
    std::string bytes;
    while (auto event = session_.next_event()) {
      bytes += encode(*event);
    }
    return bytes.empty() || write_whole(task_.desk, bytes).ok();
  }

  /// A deadline holds for a whole command, however it drips, and not for our own work.
  void begin_new_step() {
    const std::pair now(session_.awaiting(), session_.steps_done());
    if (now != step_) {
      step_ = now;
      patience_.begin();
    }
  }

  /// \return false: the session cannot go on
  bool wait() {
    const Awaiting awaiting = session_.awaiting();
    const bool reads = awaiting == Awaiting::command || awaiting == Awaiting::content;
    const bool writes = !session_.output().empty();
    std::array<pollfd, 3> fds = {{{task_.desk, POLLIN, 0},
                                  {reads ? task_.in : -1, POLLIN, 0},
                                  {writes ? task_.out : -1, POLLOUT, 0}}};
    const bool is_timed = reads || writes;
    const int ready = ::poll(fds.data(), fds.size(), is_timed ? patience_.milliseconds_left() : -1);
    if (ready < 0) {
      return errno == EINTR;
    }
    if (ready == 0) {
      return overrun();
    }
    if (fds[0].revents != 0 && !take_answers()) {
      return false;
    }
    if (fds[2].revents != 0 && !write_output()) {
      return client_is_gone();
    }
    if (fds[1].revents != 0) {
      return read_input(awaiting);
    }
    return true;
  }

  bool overrun() {
    if (!patience_.is_over()) {
      return true;
    }
    if (is_overdue_) {
      return false;
    }
    is_overdue_ = true;
    session_.deadline_passed();
    patience_.begin();
    return true;
  }

  bool read_input(Awaiting awaiting) {
    // Asked before it is read: a close that leaves something unread is an error that is told once.
    const bool took_all =
        awaiting == Awaiting::command && session_.output().empty() && has_taken_all(task_.out);
    std::string bytes;
    if (read_into(task_.in, bytes) == ReadEnd::end) {
      return client_is_gone(took_all ? Unread::nothing : Unread::perhaps);
    }
    if (awaiting == Awaiting::content) {
      patience_.extend(bytes.size());
    }
    session_.received(bytes);
    return true;
  }

  /// What was asked for before goes on to who delivers.
  bool client_is_gone(Unread unread = Unread::perhaps) {
    session_.client_gone(unread);
    (void)pass_events_on();
    return false;
  }

  bool write_output() {
    const std::string_view output = session_.output();
    ssize_t count = ::send(task_.out, output.data(), output.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == ENOTSOCK) {
      count = ::write(task_.out, output.data(), std::min(output.size(), kPipeWrite));
    }
    if (count < 0) {
      return errno == EINTR || errno == EAGAIN;
    }
    session_.sent(static_cast<std::size_t>(count));
    return true;
  }

  /// \return false: who delivers is gone, or out of order
  bool take_answers() {
    if (read_into(task_.desk, answers_) == ReadEnd::end) {
      return false;
    }
    for (;;) {
      auto message = take_boundary_message(answers_);
      if (!message || !*message) {
        return message.ok();
      }
      auto answer = decode_answer(**message);
      if (!answer) {
        return false;
      }
      take(*std::move(answer));
    }
  }

  void take(ServerAnswer answer) {
    std::visit(Overloaded{[&](const RecipientAnswer& it) { session_.answer_recipient(it.reply); },
                          [&](MessageAnswer& it) {
                            replies_.push_back(std::move(it.reply));
                            if (it.is_last) {
                              session_.answer_message(std::exchange(replies_, {}));
                            }
                          },
                          [&](const ShutDown&) { session_.shut_down(); }},
               answer);
  }

  const WorkerTask& task_;
  ServerSession session_;
  Patience patience_;
  std::pair<Awaiting, std::size_t> step_ = {Awaiting::answer, 0};
  bool is_overdue_ = false;
  std::string answers_ = {};  ///< Octets of who delivers that are no whole message yet.
  std::vector<ServerReply> replies_ = {};
};

}  // namespace

void speak_with_client(const WorkerTask& task) {
  Speaker(task).run();
}

}  // namespace lastmile
