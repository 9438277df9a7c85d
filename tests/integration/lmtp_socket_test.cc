// SPDX-License-Identifier: Apache-2.0
// `lastmile lmtp --listen`, and on a socket that a service manager has opened.

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/mail_site.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"

namespace lastmile::test {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

/// A socket on a port of the loopback address that the kernel has chosen.
struct InetListener {
  InetListener() {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(listen(socket, 8) == 0);
    REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  }
  InetListener(const InetListener&) = delete;
  InetListener& operator=(const InetListener&) = delete;
  ~InetListener() { (void)close(socket); }

  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
};

/// Somebody who speaks with the server.
class Client {
 public:
  explicit Client(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = address_of(path);
    begin_with(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  explicit Client(const sockaddr_in& address)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    begin_with(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { (void)close(socket_); }

  bool is_welcome() const { return is_welcome_; }

  void say(const std::string& text) const {
    (void)send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }

  /// Waits for a reply in which `part` stands. \return false: the connection ended before that
  bool hears(const std::string& part) {
    while (heard_.find(part) == std::string::npos) {
      std::string bytes(4096, '\0');
      pollfd input = {socket_, POLLIN, 0};
      const ssize_t count =
          poll(&input, 1, 20'000) == 1 ? recv(socket_, bytes.data(), bytes.size(), 0) : -1;
      if (count <= 0) {
        return false;
      }
      heard_.append(bytes, 0, static_cast<std::size_t>(count));
    }
    heard_.erase(0, heard_.find(part) + part.size());
    return true;
  }

  void begin(const std::string& recipient) {
    say("LHLO me\r\nMAIL FROM:<sender@remote.example>\r\nRCPT TO:<" + recipient +
        "@example.com>\r\nDATA\r\n");
    REQUIRE(hears("354 "));
  }
  bool deliver(const std::string& recipient) {
    begin(recipient);
    say("Subject: served\r\n\r\nHello\r\n.\r\n");
    return hears("250 2.0.0 ");
  }

 private:
  void begin_with(const sockaddr* address, socklen_t size) {
    REQUIRE(connect(socket_, address, size) == 0);
    is_welcome_ = hears("220 ");
  }

  int socket_;
  std::string heard_ = {};
  bool is_welcome_ = false;
};

/// The processes that `parent` has started.
std::vector<pid_t> children_of(pid_t parent) {
  std::ifstream list("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) +
                     "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; list >> child;) {
    children.push_back(child);
  }
  return children;
}

/// A line of /proc/PID/status: "Uid", "Groups", "CapEff", "NoNewPrivs".
std::string status_line(pid_t process, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) {
      return line.substr(name.size() + 1);
    }
  }
  return {};
}

struct Site {
  MailSite mail{"home_mailbox = Maildir/\nlastmile_ledger = @DIR@/state/ledger.sqlite\n",
                "",
                {"alice", "bob"}};
  std::string path = mail.directory().path("lmtp");

  ProcessSpec server() const {
    return {.arguments = {lastmile_program(), "-C", mail.directory().path("etc"), "lmtp",
                          "--listen", "unix:" + path + ",mode=0660"}};
  }
  int copies_of(const std::string& user) const {
    return count_of(mail.maildir_of(user), "Subject: served");
  }
};

TEST_CASE("lmtp --listen: clients beside each other, and a configuration that changes") {
  const Site site;
  ServerProcess server(site.server());
  REQUIRE(server.wait_for_socket(site.path));
  Client first(site.path);
  Client second(site.path);
  first.begin("alice");
  CHECK(second.deliver("bob"));
  first.say("Subject: served\r\n\r\n.\r\n");
  CHECK(first.hears("250 2.0.0 "));
  CHECK(site.copies_of("alice") == 1);
  CHECK(site.copies_of("bob") == 1);
  // The next message goes by what the files say then.
  site.mail.directory().write("aliases", "carol bob\n");
  first.say("RSET\r\n");
  CHECK(first.deliver("carol"));
  CHECK(site.copies_of("bob") == 2);
}

TEST_CASE("lmtp --listen: who reads the network has no rights, and takes nobody with it") {
  if (geteuid() != 0) {
    WARN("skipped: only root has rights to give up");
    return;
  }
  const Site site;
  ServerProcess server(site.server());
  REQUIRE(server.wait_for_socket(site.path));
  Client first(site.path);
  first.begin("alice");
  // The last: another may still serve the connection that waited for the socket.
  const auto desks = children_of(server.pid());
  REQUIRE_FALSE(desks.empty());
  const pid_t desk = desks.back();
  const auto workers = children_of(desk);
  REQUIRE(workers.size() == 1);
  const pid_t worker = workers.front();
  const Identity owner = identity_of("postfix").value_or(unprivileged_identity());
  const std::string uid = std::to_string(owner.uid);
  CHECK(status_line(worker, "Uid") == '\t' + uid + '\t' + uid + '\t' + uid + '\t' + uid);
  CHECK(status_line(worker, "CapPrm") == "\t0000000000000000");
  CHECK(status_line(worker, "NoNewPrivs") == "\t1");
  CHECK(status_line(desk, "Uid").starts_with("\t0\t"));
  // The process that delivers has no descriptor of the connection, but for that of its worker.
  std::size_t sockets = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(desk) + "/fd")) {
    std::error_code ignored;
    sockets +=
        std::filesystem::read_symlink(entry, ignored).string().starts_with("socket:") ? 1 : 0;
  }
  CHECK(sockets == 1);

  Client second(site.path);
  REQUIRE(kill(worker, SIGKILL) == 0);
  CHECK_FALSE(first.hears("never"));
  CHECK(second.deliver("bob"));
  CHECK(Client(site.path).deliver("bob"));
  CHECK(site.copies_of("alice") == 0);
}

TEST_CASE("lmtp --listen: SIGTERM ends behind the running transactions") {
  const Site site;
  BackgroundProcess server(site.server());
  // A socket has its name before anybody listens on it.
  for (int i = 0; i < 2000 && !accepts_connections(site.path); ++i) {
    (void)poll(nullptr, 0, 10);
  }
  Client busy(site.path);
  Client idle(site.path);
  busy.begin("alice");
  REQUIRE(kill(server.pid(), SIGTERM) == 0);
  CHECK(idle.hears("421 4.3.2 "));
  busy.say("Subject: served\r\n\r\n.\r\n");
  CHECK(busy.hears("250 2.0.0 "));
  CHECK(busy.hears("421 4.3.2 "));
  CHECK(server.wait() == 0);
  CHECK(site.copies_of("alice") == 1);
  CHECK_FALSE(std::filesystem::exists(site.path));
}

TEST_CASE("lmtp: more connections than may be are turned away") {
  const Site site;
  site.mail.directory().write("etc/lastmile.cf", "lastmile_lmtp_connection_limit = 1\n");
  ServerProcess server(site.server());
  REQUIRE(server.wait_for_socket(site.path));
  // The connection that waited for the socket may still be the one that is served.
  auto first = std::make_unique<Client>(site.path);
  for (int i = 0; i < 500 && !first->is_welcome(); ++i) {
    (void)poll(nullptr, 0, 10);
    first = std::make_unique<Client>(site.path);
  }
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(site.path);
  REQUIRE(connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  std::string reply(100, '\0');
  reply.resize(
      static_cast<std::size_t>(std::max<ssize_t>(0, recv(socket, reply.data(), reply.size(), 0))));
  (void)close(socket);
  CHECK(reply == "421 4.3.2 too many connections, try again later\r\n");
  CHECK(first->deliver("alice"));
}

TEST_CASE("lmtp: a socket that a service manager has opened, which is told when it is ready") {
  const Site site;
  const std::string notify = site.mail.directory().path("notify");
  const int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_un notify_address = address_of(notify);
  REQUIRE(bind(manager, reinterpret_cast<const sockaddr*>(&notify_address),
               sizeof notify_address) == 0);
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(site.path);
  REQUIRE(bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listening, 8) == 0);
  ServerProcess server(
      {.arguments = {"/bin/sh", "-c", "NOTIFY_SOCKET=" + notify + " exec \"$@\"", "sh",
                     lastmile_program(), "-C", site.mail.directory().path("etc"), "lmtp"},
       .listening_socket = listening});
  std::string state(100, '\0');
  pollfd input = {manager, POLLIN, 0};
  REQUIRE(poll(&input, 1, 20'000) == 1);
  state.resize(
      static_cast<std::size_t>(std::max<ssize_t>(0, recv(manager, state.data(), state.size(), 0))));
  CHECK(state == "READY=1");
  CHECK(Client(site.path).deliver("alice"));
  (void)close(listening);
  (void)close(manager);
}

/// A server on `listener`, with what it may tell a manager.
ProcessSpec activated(const Site& site, int listener, const std::string& environment = {}) {
  return {.arguments = {"/bin/sh", "-c", environment + " exec \"$@\"", "sh", lastmile_program(),
                        "-C", site.mail.directory().path("etc"), "lmtp"},
          .listening_socket = listener};
}

TEST_CASE("lmtp: an inet socket, and whose client may say who its own client was") {
  struct Row {
    std::string hosts;
    bool is_trusted;
  };
  const Row rows[] = {{"", false}, {"192.0.2.0/24", false}, {"127.0.0.0/8", true}};
  for (const Row& row : rows) {
    CAPTURE(row.hosts);
    const Site site;
    site.mail.directory().write("etc/lastmile.cf",
                                "lastmile_lmtp_authorized_xclient_hosts = " + row.hosts + "\n");
    const InetListener listener;
    ServerProcess server(activated(site, listener.socket));
    Client client(listener.address);
    client.say("LHLO me\r\n");
    CHECK(client.hears("CHUNKING"));
    client.say("XFORWARD IDENT=Q1\r\n");
    CHECK(client.hears(row.is_trusted ? "250 2.0.0" : "550 5.7.0"));
    CHECK(client.deliver("alice"));
    CHECK(site.copies_of("alice") == 1);
  }
}

TEST_CASE("lmtp: who goes without a word behind the replies has read them") {
  const Site site;
  const InetListener listener;
  ServerProcess by_inet(activated(site, listener.socket));
  ServerProcess by_unix(site.server());
  REQUIRE(by_unix.wait_for_socket(site.path));
  // Each is a message of its own then, however alike they are. The server may take a moment to see
  // that the client is gone.
  for (int i = 0; i < 200 && site.copies_of("alice") < 2; ++i) {
    CHECK(Client(site.path).deliver("alice"));
  }
  CHECK(site.copies_of("alice") == 2);
  for (int i = 0; i < 200 && site.copies_of("bob") < 2; ++i) {
    CHECK(Client(listener.address).deliver("bob"));
  }
  CHECK(site.copies_of("bob") == 2);
}

TEST_CASE("lmtp: what leads to the server's own socket is for the MTA alone") {
  for (const std::string parameter : {"local_transport", "mailbox_transport"}) {
    CAPTURE(parameter);
    const Site site;
    site.mail.directory().write("etc/lastmile.cf", parameter + " = lmtp:unix:" + site.path + "\n");
    ServerProcess server(site.server());
    REQUIRE(server.wait_for_socket(site.path));
    CHECK(Client(site.path).deliver("alice"));
    CHECK(site.copies_of("alice") == 1);
  }
}

TEST_CASE("lmtp: a watchdog is told, and what was done is counted") {
  const Site site;
  const std::string metrics = site.mail.directory().path("metrics");
  site.mail.directory().write("etc/lastmile.cf", "lastmile_metrics = " + metrics + "\n");
  const std::string notify = site.mail.directory().path("notify");
  const int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_un notify_address = address_of(notify);
  REQUIRE(bind(manager, reinterpret_cast<const sockaddr*>(&notify_address),
               sizeof notify_address) == 0);
  const InetListener listener;
  BackgroundProcess server(
      activated(site, listener.socket, "WATCHDOG_USEC=100000 NOTIFY_SOCKET=" + notify));
  std::string told;
  for (int i = 0; i < 100 && told.find("READY=1WATCHDOG=1WATCHDOG=1") == std::string::npos; ++i) {
    pollfd input = {manager, POLLIN, 0};
    REQUIRE(poll(&input, 1, 20'000) == 1);
    std::string state(100, '\0');
    const ssize_t size = recv(manager, state.data(), state.size(), 0);
    told.append(state, 0, static_cast<std::size_t>(std::max<ssize_t>(0, size)));
  }
  CHECK_THAT(told, Catch::StartsWith("READY=1WATCHDOG=1WATCHDOG=1"));
  {
    Client client(listener.address);
    CHECK(client.deliver("alice"));
    client.say("RSET\r\nMAIL FROM:<>\r\nRCPT TO:<nosuch@example.com>\r\nQUIT\r\n");
    CHECK(client.hears("550 5.1.1"));
    CHECK(client.hears("221 "));
  }
  REQUIRE(kill(server.pid(), SIGTERM) == 0);
  CHECK(server.wait() == 0);
  const std::string counted = site.mail.directory().read("metrics");
  for (const std::string line :
       {"lastmile_connections_total{result=\"served\"} 1\n", "lastmile_open_connections 0\n",
        "lastmile_messages_total 1\n",
        "lastmile_recipients_total{agent=\"local\",status=\"sent\"} 1\n",
        "lastmile_recipients_total{agent=\"local\",status=\"bounced\"} 1\n",
        "lastmile_ledger_hits_total 0\n"}) {
    CHECK_THAT(counted, Catch::Contains(line));
  }
  CHECK(counted.ends_with("# EOF\n"));
  (void)close(manager);
}

}  // namespace
}  // namespace lastmile::test
