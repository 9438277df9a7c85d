// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastmile::lmtp {

/// How well a session is protected when somebody logs in.
enum class Protection { none, encrypted, verified };

/// What a SASL library does for one login: it answers the challenges of a server. What it says is
/// encoded as on the wire (base64). \see RFC 4954 section 4
class Login {
 public:
  Login() = default;
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;
  virtual ~Login() = default;

  struct Answer {
    std::string mechanism = {};  ///< The one that was chosen, by begin().
    std::string response = {};   ///< Secret; empty: none yet, or an empty one.
    std::string problem = {};    ///< Not empty: there is no answer, and this is why.
    bool is_local = false;       ///< The problem is that who is to log in cannot be found out.
  };
  /// Those of the offered mechanisms that may be used with this server.
  virtual std::vector<std::string> usable(const std::vector<std::string>& offered) = 0;
  /// Chooses one of them, for a session that is protected like this.
  virtual Answer begin(const std::vector<std::string>& mechanisms, Protection protection) = 0;
  virtual Answer answer(std::string_view challenge) = 0;
};

}  // namespace lastmile::lmtp
