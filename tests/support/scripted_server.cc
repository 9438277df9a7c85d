// SPDX-License-Identifier: Apache-2.0
#include "tests/support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <map>

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

using Place = ServerScript::Place;

/// The client has gone, or the script says that the server hangs up.
struct HangUp {};

/// Serves one connection. Runs in the child process.
class Conversation {
 public:
  Conversation(int socket, int record, const ServerScript& script)
      : socket_(socket), record_(record), script_(script) {}

  void run() {
    try {
      note("(connect)\r\n");
      reply(Place::banner, script_.banner);
      while (true) {
        serve(read_line());
      }
    } catch (const HangUp&) {
    }
    ::close(socket_);
  }

 private:
  void serve(const std::string& command) {
    const std::string verb = command.substr(0, 4);
    if (verb == "LHLO" || verb == "EHLO" || verb == "HELO") {
      const bool is_right = (verb == "LHLO") != script_.speaks_smtp;
      reply(Place::lhlo, is_right ? script_.lhlo : "500 5.5.1 what");
    } else if (verb == "MAIL") {
      accepted_.clear();
      replies_ = 0;
      reply(Place::mail, script_.mail);
    } else if (verb == "RCPT") {
      serve_rcpt(command);
    } else if (verb == "DATA") {
      serve_data();
    } else if (verb == "RSET") {
      reply(Place::rset, script_.rset);
    } else if (verb == "QUIT") {
      reply(Place::quit, "221 2.0.0 bye");
      throw HangUp{};
    } else {
      send("500 5.5.1 what\r\n");
    }
  }

  void serve_rcpt(const std::string& command) {
    const std::string answer =
        script_.mail[0] == '2' ? chosen(script_.rcpt, command, "250 2.1.5 ok") : "503 5.5.1 no";
    if (answer[0] == '2') {
      accepted_.push_back(command);
    }
    misbehave_after(Place::rcpt, replies_++);
    send(answer + "\r\n");
  }

  void serve_data() {
    if (accepted_.empty()) {
      reply(Place::data, "503 5.5.1 no valid recipients");
      return;
    }
    reply(Place::data, script_.data);
    if (script_.data[0] != '3') {
      return;
    }
    read_content();
    send(script_.before_finals);
    const std::size_t wanted = script_.speaks_smtp ? 1 : accepted_.size();
    for (std::size_t i = 0; i < std::min(wanted, script_.final_replies); ++i) {
      misbehave_after(Place::final_reply, i);
      // What comes behind the last one is sent with it: nobody can see the one without the other.
      send(chosen(script_.final_reply, accepted_[i], "250 2.0.0 saved " + std::to_string(i)) +
           "\r\n" + (i + 1 == wanted ? script_.after_finals : ""));
    }
  }

  void read_content() {
    std::size_t octets = 0;
    std::string line;
    const bool breaks = script_.hangs_at == Place::body || script_.closes_at == Place::body;
    while ((line = read_line()) != ".") {
      octets += line.size() + 2;
      if (breaks && octets > script_.body_octets) {
        send(script_.body_reply);
        misbehave(Place::body);
      }
    }
  }

  static std::string chosen(const ServerScript::PerRecipient& replies, const std::string& command,
                            const std::string& otherwise) {
    for (const auto& [word, reply] : replies) {
      if (command.find(word) != std::string::npos) {
        return reply;
      }
    }
    return otherwise;
  }

  void reply(Place place, const std::string& text) {
    misbehave(place);
    send(text + "\r\n");
  }

  void misbehave_after(Place place, std::size_t replies) {
    if (replies >= script_.replies_before) {
      misbehave(place);
    }
  }

  void misbehave(Place place) {
    if (place == script_.closes_at) {
      throw HangUp{};
    }
    if (place == script_.drips_at) {
      pollfd entry{socket_, POLLRDHUP, 0};
      do {
        send("2");
      } while (::poll(&entry, 1, 5) == 0);
      throw HangUp{};
    }
    if (place == script_.hangs_at) {
      // Until the client gives up; nothing is read meanwhile.
      pollfd entry{socket_, POLLRDHUP, 0};
      ::poll(&entry, 1, -1);
      throw HangUp{};
    }
  }

  std::string read_line() {
    std::size_t newline = 0;
    while ((newline = input_.find('\n')) == std::string::npos) {
      fill();
    }
    std::string line = input_.substr(0, newline);
    input_.erase(0, newline + 1);
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    return line;
  }

  void fill() {
    std::array<char, 65536> buffer{};
    const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      throw HangUp{};
    }
    input_.append(buffer.data(), static_cast<std::size_t>(count));
    note({buffer.data(), static_cast<std::size_t>(count)});
  }

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count < 0) {
        throw HangUp{};
      }
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void note(std::string_view text) const {
    if (::write(record_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw HangUp{};
    }
  }

  int socket_;
  int record_;
  const ServerScript& script_;
  std::string input_;
  std::vector<std::string> accepted_;
  std::size_t replies_ = 0;
};

/// Serves connections until `control` is closed on the other side and none is waiting.
void serve_all(int listener, int control, int record, const ServerScript& script) {
  std::array<pollfd, 2> entries{{{listener, POLLIN, 0}, {control, POLLIN, 0}}};
  while (true) {
    if (::poll(entries.data(), entries.size(), -1) < 0) {
      return;
    }
    if (entries[0].revents != 0) {
      const int socket = ::accept(listener, nullptr, nullptr);
      if (socket >= 0) {
        Conversation(socket, record, script).run();
      }
    } else if (entries[1].revents != 0) {
      return;
    }
  }
}

int listen_unix(std::string_view path) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener, 16) == 0);
  return listener;
}

int listen_inet(int& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener, 16) == 0);
  socklen_t length = sizeof address;
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

ServerScript server_script(std::string_view name) {
  using Change = std::function<void(ServerScript&)>;
  const auto closes = [](Place place, std::size_t replies = 0) {
    return [=](ServerScript& s) {
      s.closes_at = place;
      s.replies_before = replies;
    };
  };
  const auto hangs = [](Place place) { return [=](ServerScript& s) { s.hangs_at = place; }; };
  static const std::map<std::string_view, Change> kChanges = {
      {"ok", [](ServerScript&) {}},
      {"pipe", [](ServerScript& s) { s.lhlo = "250-scripted\r\n250-8BITMIME\r\n250 PIPELINING"; }},
      {"greet554", [](ServerScript& s) { s.banner = "554 5.3.2 go away"; }},
      {"greet421", [](ServerScript& s) { s.banner = "421 4.3.2 busy"; }},
      {"lhlo500", [](ServerScript& s) { s.lhlo = "500 5.5.1 no"; }},
      {"close", closes(Place::banner)},
      {"mail4", [](ServerScript& s) { s.mail = "451 4.3.0 mail later"; }},
      {"mail5", [](ServerScript& s) { s.mail = "550 5.7.1 mail no"; }},
      {"mailclose", closes(Place::mail)},
      {"dataclose", closes(Place::data)},
      {"data4", [](ServerScript& s) { s.data = "451 4.3.0 data later"; }},
      {"data5", [](ServerScript& s) { s.data = "554 5.5.1 data no"; }},
      {"data250", [](ServerScript& s) { s.data = "250 2.0.0 what"; }},
      {"midclose", closes(Place::body)},
      {"mid552",
       [](ServerScript& s) {
         s.closes_at = Place::body;
         s.body_reply = "552 5.3.4 too big\r\n";
       }},
      {"dotclose", closes(Place::final_reply)},
      {"dot1close", closes(Place::final_reply, 1)},
      {"dot300",
       [](ServerScript& s) {
         s.final_reply = {{"", "300 hm"}};
       }},
      {"extra", [](ServerScript& s) { s.after_finals = "250 2.0.0 extra\r\n"; }},
      {"single", [](ServerScript& s) { s.final_replies = 1; }},
      {"noise", [](ServerScript& s) { s.before_finals = "DEBUG x\r\n"; }},
      {"bannerhang", hangs(Place::banner)},
      {"lhlohang", hangs(Place::lhlo)},
      {"mailhang", hangs(Place::mail)},
      {"rcpthang", hangs(Place::rcpt)},
      {"datahang", hangs(Place::data)},
      {"bodyhang", hangs(Place::body)},
      {"dothang", hangs(Place::final_reply)},
      {"rsetclose", closes(Place::rset)},
      {"quithang", hangs(Place::quit)},
  };
  const auto found = kChanges.find(name);
  REQUIRE(found != kChanges.end());
  ServerScript script;
  found->second(script);
  return script;
}

ScriptedServer::ScriptedServer(std::string_view listen, const ServerScript& script) {
  const int listener = listen == "inet" ? listen_inet(port_) : listen_unix(listen);
  record_ = ::memfd_create("record", MFD_CLOEXEC);
  REQUIRE(record_ >= 0);
  std::array<int, 2> control{};
  REQUIRE(::pipe(control.data()) == 0);
  child_ = ::fork();
  REQUIRE(child_ >= 0);
  if (child_ == 0) {
    ::close(control[1]);
    serve_all(listener, control[0], record_, script);
    ::_exit(0);
  }
  ::close(listener);
  ::close(control[0]);
  control_ = control[1];
}

ScriptedServer::~ScriptedServer() {
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
  }
  end();
  ::close(record_);
}

void ScriptedServer::end() {
  if (control_ >= 0) {
    ::close(control_);
    control_ = -1;
  }
  while (child_ > 0 && ::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
}

std::string ScriptedServer::stop() {
  end();
  std::string result(static_cast<std::size_t>(::lseek(record_, 0, SEEK_END)), '\0');
  REQUIRE(::pread(record_, result.data(), result.size(), 0) == static_cast<ssize_t>(result.size()));
  return result;
}

}  // namespace lastmile::test
