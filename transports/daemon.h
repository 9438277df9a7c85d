// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace lastmile {

/// The programs of Postfix that read parameters, and lastmile itself.
enum class Daemon : std::uint8_t {
  every,  ///< Not a program: what each of them reads. \see src/global/mail_params.c
  smtpd,
  cleanup,
  trivial_rewrite,
  qmgr,
  local,
  virtual_mailbox,  ///< virtual(8)
  pipe,
  smtp,  ///< Also as lmtp(8).
  lastmile,
};

/// A set of programs.
class Daemons {
 public:
  constexpr Daemons() = default;
  constexpr Daemons(std::initializer_list<Daemon> daemons) {
    for (const Daemon daemon : daemons) {
      bits_ |= bit(daemon);
    }
  }

  friend constexpr bool operator==(const Daemons&, const Daemons&) = default;
  constexpr bool contains(Daemon daemon) const { return (bits_ & bit(daemon)) != 0; }
  constexpr bool meets(Daemons others) const { return (bits_ & others.bits_) != 0; }

 private:
  static constexpr std::uint32_t bit(Daemon daemon) {
    return std::uint32_t{1} << static_cast<std::uint32_t>(daemon);
  }

  std::uint32_t bits_ = 0;
};

/// The daemon behind a service of master.cf, by the program of its line; Daemon::every, which
/// stands for what all daemons have in common, for one that is not told apart here.
constexpr Daemon daemon_of(std::string_view program) {
  struct Row {
    std::string_view program = {};
    Daemon daemon = Daemon::every;
  };
  constexpr Row kRows[] = {
      {"smtpd", Daemon::smtpd},
      {"cleanup", Daemon::cleanup},
      {"trivial-rewrite", Daemon::trivial_rewrite},
      {"qmgr", Daemon::qmgr},
      {"local", Daemon::local},
      {"virtual", Daemon::virtual_mailbox},
      {"pipe", Daemon::pipe},
      {"smtp", Daemon::smtp},
      {"lmtp", Daemon::smtp},
  };
  for (const Row& row : kRows) {
    if (row.program == program) {
      return row.daemon;
    }
  }
  return Daemon::every;
}

}  // namespace lastmile
