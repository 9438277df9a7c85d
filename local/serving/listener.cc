// SPDX-License-Identifier: Apache-2.0
#include "local/serving/listener.h"

#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "aliases/overloaded.h"
#include "local/serving/connection.h"
#include "local/serving/frame_stream.h"
#include "local/serving/service_manager.h"
#include "transports/agents/lmtp_options.h"
#include "transports/network_list.h"

namespace lastmile {

namespace {

using Clock = std::chrono::steady_clock;
using Sockets = Result<std::vector<ListeningSocket>>;

constexpr int kBacklog = 128;
/// How long the end waits for transactions that are running: longer than a table server may take.
constexpr std::chrono::seconds kPatience(60);
/// Collectors ask every 15 s or more seldom.
constexpr std::chrono::milliseconds kMetricsInterval(5000);

// A signal handler has no other way to tell.
std::atomic<bool> must_end_listening = false;

extern "C" void note_end_of_listening(int /*signal*/) {
  must_end_listening = true;
}
extern "C" void note_wake_up(int /*signal*/) {}

Error call_failed(const std::string& where, const char* call) {
  return unavailable(where + ": " + call + ": " + std::generic_category().message(errno));
}

// ---- opening

/// Removes a socket that nobody listens on: what a server left that was killed.
void remove_stale_socket(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) {
    return;
  }
  const bool is_stale =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno == ECONNREFUSED;
  (void)::close(probe);
  struct stat attributes = {};
  if (is_stale && ::lstat(address.sun_path, &attributes) == 0 && S_ISSOCK(attributes.st_mode)) {
    (void)::unlink(address.sun_path);
  }
}

/// Nobody can connect before owner and mode are what they should be.
Result<Ok> bind_with_rights(int socket, const sockaddr_un& address,
                            const UnixListenAddress& wanted) {
  gid_t group = static_cast<gid_t>(-1);
  if (!wanted.group.empty()) {
    const ::group* const found = ::getgrnam(wanted.group.c_str());
    if (found == nullptr) {
      return misconfigured("unix:" + wanted.path + ": no such group \"" + wanted.group + '"');
    }
    group = found->gr_gid;
  }
  const std::string name = "unix:" + wanted.path;
  const mode_t before = ::umask(0777);
  const int bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  (void)::umask(before);
  errno = error;
  if (bound != 0) {
    return call_failed(name, "bind");
  }
  if (::lchown(address.sun_path, static_cast<uid_t>(-1), group) != 0) {
    return call_failed(name, "chown");
  }
  if (::chmod(address.sun_path, wanted.mode) != 0) {
    return call_failed(name, "chmod");
  }
  return ::listen(socket, kBacklog) == 0 ? Result<Ok>(Ok{}) : call_failed(name, "listen");
}

Sockets open_unix(const UnixListenAddress& wanted) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (wanted.path.size() >= sizeof address.sun_path) {
    return misconfigured("unix:" + wanted.path + ": a socket's path has " +
                         std::to_string(sizeof address.sun_path - 1) + " octets at most");
  }
  std::memcpy(address.sun_path, wanted.path.c_str(), wanted.path.size());
  remove_stale_socket(address);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) {
    return call_failed("unix:" + wanted.path, "socket");
  }
  if (auto bound = bind_with_rights(socket, address, wanted); !bound) {
    (void)::close(socket);
    return std::move(bound).error();
  }
  return std::vector<ListeningSocket>{{socket, wanted.path}};
}

Result<int> open_inet_address(const addrinfo& address, const std::string& name) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) {
    return call_failed(name, "socket");
  }
  const int on = 1;
  (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ai_family == AF_INET6) {
    (void)::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  const bool listens =
      ::bind(socket, address.ai_addr, address.ai_addrlen) == 0 && ::listen(socket, kBacklog) == 0;
  if (listens) {
    return socket;
  }
  Error error = call_failed(name, "bind");
  (void)::close(socket);
  return error;
}

Sockets open_inet(const InetListenAddress& wanted) {
  const std::string name = "inet:" + wanted.host + ':' + wanted.port;
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = wanted.host == "*" ? AI_PASSIVE : 0;
  const bool has_no_name = wanted.host.empty() || wanted.host == "*";
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(has_no_name ? nullptr : wanted.host.c_str(), wanted.port.c_str(),
                                   &hints, &found);
  if (status != 0) {
    return unavailable(name + ": " + ::gai_strerror(status));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, ::freeaddrinfo);
  std::vector<ListeningSocket> sockets;
  Error last = unavailable(name + ": no address");
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    auto socket = open_inet_address(*each, name);
    if (socket) {
      sockets.push_back({*socket, {}});
    } else {
      last = std::move(socket).error();
    }
  }
  // A host without IPv6 has one of the two loopback addresses.
  return sockets.empty() ? Sockets(std::move(last)) : Sockets(std::move(sockets));
}

// ---- serving

class LmtpListener {
 public:
  LmtpListener(std::vector<ListeningSocket> sockets, const MessageDesk::OpenHost& open_host,
               std::ostream& err)
      : sockets_(std::move(sockets)), open_host_(open_host), err_(err) {}

  int run() {
    block_signals();
    if (auto host = open_host_()) {
      metrics_ = (*host)->settings().lastmile_metrics.value;
    }
    write_metrics();
    notify_manager("READY=1");
    while (!must_end_listening) {
      wait();
      reap();
      if (Clock::now() >= next_metrics_) {
        write_metrics();
      }
    }
    notify_manager("STOPPING=1");
    stop_listening();
    end_connections();
    write_metrics();
    return EX_OK;
  }

 private:
  /// They come while the listener waits, and never between two steps.
  void block_signals() {
    struct sigaction action = {};
    action.sa_handler = note_end_of_listening;
    (void)::sigaction(SIGTERM, &action, nullptr);
    (void)::sigaction(SIGINT, &action, nullptr);
    // Each message reads the configuration anew: there is nothing to be read again here.
    action.sa_handler = note_wake_up;
    (void)::sigaction(SIGHUP, &action, nullptr);
    (void)::sigaction(SIGCHLD, &action, nullptr);
    sigset_t blocked = {};
    sigemptyset(&blocked);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
      sigaddset(&blocked, signal);
    }
    (void)::sigprocmask(SIG_BLOCK, &blocked, &unblocked_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
      sigdelset(&unblocked_, signal);
    }
  }

  void wait() {
    std::vector<pollfd> fds;
    for (const ListeningSocket& socket : sockets_) {
      fds.push_back({socket.descriptor, POLLIN, 0});
    }
    const auto watchdog = watchdog_interval();
    const auto interval = next_interval(watchdog);
    timespec limit = {};
    if (interval) {
      limit.tv_sec = interval->count() / 1000;
      limit.tv_nsec = interval->count() % 1000 * 1'000'000;
    }
    const int ready = ::ppoll(fds.data(), fds.size(), interval ? &limit : nullptr, &unblocked_);
    if (watchdog) {
      notify_manager("WATCHDOG=1");
    }
    for (std::size_t i = 0; ready > 0 && i < fds.size(); ++i) {
      if (fds[i].revents != 0) {
        accept_one(fds[i].fd);
      }
    }
  }

  /// How long nothing has to be done if nobody comes; nullopt: for ever.
  std::optional<std::chrono::milliseconds> next_interval(
      std::optional<std::chrono::milliseconds> watchdog) const {
    if (metrics_.empty() || counters_ == nullptr) {
      return watchdog;
    }
    return watchdog ? std::min(*watchdog, kMetricsInterval) : kMetricsInterval;
  }

  /// A file that cannot be written is told once, and stops nothing.
  void write_metrics() {
    next_metrics_ = Clock::now() + kMetricsInterval;
    if (metrics_.empty() || counters_ == nullptr) {
      return;
    }
    const std::string problem =
        replace_metrics_file(metrics_, counters_->to_open_metrics(connections_.size()));
    if (!problem.empty() && problem != told_problem_) {
      err_ << "lastmile lmtp: lastmile_metrics: " << problem << '\n' << std::flush;
    }
    told_problem_ = problem;
  }

  void accept_one(int socket) {
    const int connection = ::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
        // Some of those that are open end soon.
        (void)::poll(nullptr, 0, 100);
      }
      return;
    }
    begin_connection(connection);
    (void)::close(connection);
  }

  void begin_connection(int connection) {
    auto host = open_host_();
    const auto limit = host ? (*host)->settings().lastmile_lmtp_connection_limit.value : 1;
    metrics_ = host ? (*host)->settings().lastmile_metrics.value : metrics_;
    if (connections_.size() >= static_cast<std::size_t>(limit)) {
      if (counters_ != nullptr) {
        counters_->count_turned_away();
      }
      turn_away(connection, "421 4.3.2 too many connections, try again later\r\n");
      return;
    }
    const bool trusted = host && is_trusted_peer(connection, **host);
    const pid_t child = ::fork();
    if (child == 0) {
      host = unavailable("closed");
      for (const ListeningSocket& each : sockets_) {
        (void)::close(each.descriptor);
      }
      (void)std::signal(SIGCHLD, SIG_DFL);
      // The others stay held back until the child has handlers of its own.
      sigset_t own = {};
      sigemptyset(&own);
      sigaddset(&own, SIGCHLD);
      (void)::sigprocmask(SIG_UNBLOCK, &own, nullptr);
      ::_exit(serve_connection({connection, connection, trusted}, open_host_, err_, counters_));
    }
    if (child < 0) {
      turn_away(connection, "421 4.3.0 no process can be had, try again later\r\n");
      return;
    }
    connections_.insert(child);
    if (counters_ != nullptr) {
      counters_->count_connection();
    }
  }

  /// What is said fits into the buffer of a new connection.
  static void turn_away(int connection, std::string_view reply) {
    (void)::send(connection, reply.data(), reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  void reap() {
    int status = 0;
    for (pid_t child = 0; (child = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      connections_.erase(child);
      if (WIFSIGNALED(status)) {
        err_ << "lastmile lmtp: the process of a connection was killed by signal "
             << WTERMSIG(status) << '\n'
             << std::flush;
      }
    }
  }

  void stop_listening() {
    for (const ListeningSocket& socket : sockets_) {
      (void)::close(socket.descriptor);
      if (!socket.path.empty()) {
        (void)::unlink(socket.path.c_str());
      }
    }
  }

  /// Each ends behind its transaction; a client that stands still has its own limit, and those that
  /// are left end by themselves.
  void end_connections() {
    for (const pid_t child : connections_) {
      (void)::kill(child, SIGTERM);
    }
    const auto deadline = Clock::now() + kPatience;
    while (!connections_.empty() && Clock::now() < deadline) {
      const timespec moment = {1, 0};
      (void)::ppoll(nullptr, 0, &moment, &unblocked_);
      reap();
    }
  }

  std::vector<ListeningSocket> sockets_;
  const MessageDesk::OpenHost& open_host_;
  std::ostream& err_;
  std::set<pid_t> connections_ = {};
  Counters* const counters_ = shared_counters();
  std::string metrics_ = {};  ///< The file of the counters; empty: none.
  std::string told_problem_ = {};
  Clock::time_point next_metrics_ = {};
  sigset_t unblocked_ = {};
};

/// Whether the address at the other end is one of lastmile_lmtp_authorized_xclient_hosts. One that
/// cannot be told, and a list that makes no sense, are no.
bool is_authorized_host(int connection, Host& host) {
  const auto& hosts = host.settings().lastmile_lmtp_authorized_xclient_hosts.value;
  sockaddr_storage peer = {};
  socklen_t size = sizeof peer;
  std::array<char, NI_MAXHOST> text = {};
  if (hosts.empty() || ::getpeername(connection, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
      ::getnameinfo(reinterpret_cast<const sockaddr*>(&peer), size, text.data(), text.size(),
                    nullptr, 0, NI_NUMERICHOST) != 0) {
    return false;
  }
  constexpr std::string_view kMapped = "::ffff:";
  std::string_view address = text.data();
  if (address.starts_with(kMapped) && address.find('.') != std::string_view::npos) {
    address.remove_prefix(kMapped.size());
  }
  const auto match = NetworkList(hosts, host.world(), TablePolicy{}, MatchStyle::exact)
                         .contains("unknown", address);
  return match.ok() && *match == Match::yes;
}

}  // namespace

std::string path_of_socket(int socket) {
  sockaddr_un address = {};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      address.sun_family != AF_UNIX || size <= offsetof(sockaddr_un, sun_path)) {
    return {};
  }
  const std::size_t length = size - offsetof(sockaddr_un, sun_path);
  const std::string path(address.sun_path, std::min(length, sizeof address.sun_path));
  return path.substr(0, path.find('\0'));
}

bool is_trusted_peer(int connection, Host& host) {
  const Settings& settings = host.settings();
  sockaddr_storage address = {};
  socklen_t address_size = sizeof address;
  if (::getsockname(connection, reinterpret_cast<sockaddr*>(&address), &address_size) != 0) {
    return errno == ENOTSOCK;
  }
  if (address.ss_family == AF_INET || address.ss_family == AF_INET6) {
    return is_authorized_host(connection, host);
  }
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (address.ss_family != AF_UNIX ||
      ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return false;
  }
  if (peer.uid == 0 || peer.uid == ::geteuid()) {
    return true;
  }
  const auto owner = rights_to_connect(settings);
  return owner.ok() && owner->rights.uid == peer.uid;
}

Sockets open_listening_sockets(const ListenAddress& address) {
  return std::visit(Overloaded{[](const UnixListenAddress& it) { return open_unix(it); },
                               [](const InetListenAddress& it) { return open_inet(it); }},
                    address);
}

int serve_sockets(std::vector<ListeningSocket> sockets, const MessageDesk::OpenHost& open_host,
                  std::ostream& err) {
  return LmtpListener(std::move(sockets), open_host, err).run();
}

}  // namespace lastmile
