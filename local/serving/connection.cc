// SPDX-License-Identifier: Apache-2.0
#include "local/serving/connection.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <system_error>
#include <utility>

#include "aliases/world/run_as.h"
#include "aliases/world/termination.h"
#include "local/serving/boundary.h"
#include "local/serving/connection_worker.h"
#include "local/serving/frame_stream.h"
#include "transports/agents/lmtp_options.h"

namespace lastmile {

namespace {

// A signal handler has no other way to tell.
std::atomic<bool> must_end = false;

extern "C" void note_end(int /*signal*/) {
  must_end = true;
}

void end_behind_transaction(std::initializer_list<int> signals) {
  for (const int signal : signals) {
    struct sigaction action = {};
    action.sa_handler = note_end;
    (void)::sigaction(signal, &action, nullptr);
  }
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
  int get() const { return number_; }
  void reset() {
    if (number_ >= 0) {
      (void)::close(number_);
    }
    number_ = -1;
  }

 private:
  int number_;
};

/// What the child may do with the rights that it has left: nothing but read and write.
void forbid_all_else() {
  const auto forbid = [](auto what) {
    const rlimit none = {0, 0};
    (void)::setrlimit(what, &none);
  };
  forbid(RLIMIT_CORE);
  forbid(RLIMIT_NPROC);
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/// What the child does.
[[noreturn]] void be_the_worker(pid_t parent, const std::optional<Rights>& rights,
                                const WorkerTask& task) noexcept {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    // The parent says when it is time.
    (void)std::signal(signal, SIG_IGN);
  }
  if (rights && give_up_root(*rights)) {
    ::_exit(EX_OSERR);
  }
  forbid_all_else();
  if (!die_with(parent)) {
    ::_exit(EX_OSERR);
  }
  speak_with_client(task);
  ::_exit(EX_OK);
}

ServerOptions options_of(const Settings& settings, bool is_trusted) {
  ServerOptions options;
  options.host_name = settings.myhostname.value;
  options.max_message = static_cast<std::uint64_t>(settings.lastmile_lmtp_message_size_limit.value);
  options.max_line = static_cast<std::size_t>(settings.lastmile_lmtp_line_length_limit.value);
  options.max_recipients = static_cast<std::size_t>(settings.lastmile_lmtp_recipient_limit.value);
  options.max_reply = static_cast<std::size_t>(settings.lastmile_lmtp_reply_limit.value);
  options.max_commands = static_cast<std::size_t>(settings.lastmile_lmtp_command_limit.value);
  options.is_trusted = is_trusted;
  return options;
}

/// Nothing can be served: the client is told, and to be told nothing has to be read of it.
int turn_away(const ServedConnection& connection, const Error& error, std::ostream& err) {
  err << "lastmile lmtp: " << error.message() << '\n' << std::flush;
  (void)write_whole(connection.out, "421 4.3.5 the server cannot be had now, try again later\r\n");
  return EX_TEMPFAIL;
}

/// Lets go of the connection, which is the child's alone. Standard streams are not left free for
/// the next file that is opened.
void let_go_of(const ServedConnection& connection) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int number : {connection.in, connection.out}) {
    if (number <= STDERR_FILENO && null >= 0) {
      (void)::dup2(null, number);
    } else if (number != connection.in || connection.in != connection.out) {
      (void)::close(number);
    }
  }
  if (connection.in == connection.out && connection.in > STDERR_FILENO) {
    (void)::close(connection.in);
  }
  if (null > STDERR_FILENO) {
    (void)::close(null);
  }
}

/// The process that delivers: reads what the worker says, and answers.
class Desk {
 public:
  Desk(int worker, MessageDesk& desk) : worker_(worker), desk_(desk) {}

  /// \return false when the worker says what it must not
  bool run() {
    sigset_t blocked = {};
    sigemptyset(&blocked);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
      sigaddset(&blocked, signal);
    }
    sigset_t waiting = {};
    (void)::sigprocmask(SIG_BLOCK, &blocked, &waiting);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
      sigdelset(&waiting, signal);
    }
    std::string bytes;
    for (;;) {
      pollfd input = {worker_, POLLIN, 0};
      tell_of_end();
      // The signals come here alone, so that what is being delivered is finished.
      const int ready = ::ppoll(&input, 1, nullptr, &waiting);
      if (ready < 0 && errno != EINTR) {
        return false;
      }
      if (ready <= 0) {
        continue;
      }
      if (read_into(worker_, bytes) == ReadEnd::end) {
        return true;
      }
      if (!take_all(bytes)) {
        return false;
      }
    }
  }

 private:
  void tell_of_end() {
    if (must_end && !has_told_) {
      has_told_ = true;
      (void)write_whole(worker_, encode(ServerAnswer(ShutDown{})));
    }
  }

  bool take_all(std::string& bytes) {
    for (;;) {
      auto message = take_boundary_message(bytes);
      if (!message || !*message) {
        return message.ok();
      }
      auto event = decode_event(**message);
      if (!event) {
        return false;
      }
      std::string answers;
      for (const ServerAnswer& answer : desk_.take(*std::move(event))) {
        answers += encode(answer);
      }
      // One who is gone does not read them; what he has asked for before is done all the same.
      (void)write_whole(worker_, answers);
    }
  }

  int worker_;
  MessageDesk& desk_;
  bool has_told_ = false;
};

/// \return the exit status of the child; -1 when it was killed
int reap(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return -1;
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

int serve_connection(const ServedConnection& connection, const MessageDesk::OpenHost& open_host,
                     std::ostream& err, Counters* counters) {
  auto host = open_host();
  if (!host) {
    return turn_away(connection, host.error(), err);
  }
  const Settings& settings = (*host)->settings();
  std::optional<Rights> rights;
  if (::geteuid() == 0) {
    auto connecting = rights_to_connect(settings);
    if (!connecting) {
      return turn_away(connection, connecting.error(), err);
    }
    rights = std::move(connecting->rights);
  }
  std::array<int, 2> ends = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return turn_away(connection,
                     unavailable("socketpair: " + std::generic_category().message(errno)), err);
  }
  Descriptor own(ends[0]);
  Descriptor other(ends[1]);
  const WorkerTask task = {options_of(settings, connection.is_trusted), connection.in,
                           connection.out, other.get(), settings.lastmile_lmtp_timeout.value};
  end_behind_transaction({SIGTERM, SIGINT, SIGHUP});
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    return turn_away(connection, unavailable("fork: " + std::generic_category().message(errno)),
                     err);
  }
  if (child == 0) {
    own.reset();
    be_the_worker(parent, rights, task);
  }
  other.reset();
  let_go_of(connection);
  host->reset();
  MessageDesk desk(open_host, err, counters);
  const bool is_well = Desk(own.get(), desk).run();
  own.reset();
  if (!is_well) {
    err << "lastmile lmtp: the process that speaks with the client is out of order\n" << std::flush;
    (void)::kill(child, SIGKILL);
  }
  return reap(child) == EX_OK && is_well ? EX_OK : EX_TEMPFAIL;
}

}  // namespace lastmile
