// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastmile {

/// What a line, a bounce or a queue says that happened: data, without judgement. Addresses are as
/// they were written.
struct Incident {
  enum class Kind {
    delivery,   ///< What became of one recipient of a message.
    rejection,  ///< What a client was answered, or why cleanup(8) would not have a message.
    warning,    ///< A daemon says that something is wrong.
  };
  Kind kind = Kind::delivery;
  std::string queue_id = {};  ///< Empty for what never had one.
  std::string program = {};   ///< "local"; empty where nobody said it.
  std::string service = {};   ///< "submission", where the log names it.
  std::string to = {};
  std::string orig_to = {};  ///< Empty: the same as `to`, or nobody said it.
  std::string sender = {};
  bool has_sender = false;  ///< `sender` is known, and may be the null sender.
  std::string relay = {};   ///< "local", "mail.example.com[192.0.2.1]:25"
  std::string dsn = {};     ///< "5.1.1"
  std::string status = {};  ///< "sent", "deferred", "bounced", ...; of a warning its word
  std::string text = {};    ///< Why.
  std::string code = {};    ///< Of a reply: "550".
  std::string action = {};  ///< Of a rejection: "reject", "milter-reject", "hold".
  std::string stage = {};   ///< Of a rejection: "RCPT", "header", "END-OF-MESSAGE".
  std::string client = {};  ///< "name[address]"
  std::string helo = {};
  std::string entry = {};  ///< Where the message came in: "pickup", "submission"; empty: not known.
  std::string user = {};   ///< As whom the client had logged in.
  std::string report_id = {};              ///< The queue ID of the bounce that told of it.
  std::string remote_mta = {};             ///< Of a bounce: who gave the reply.
  std::string reporting_mta = {};          ///< Of a bounce: who writes it.
  std::vector<std::string> been = {};      ///< Of the returned message: its Delivered-To: headers.
  std::vector<std::string> children = {};  ///< The messages that it was forwarded as.
  std::size_t count = 1;                   ///< How often the same happened.

  bool is_failure() const {
    return kind != Kind::delivery || (status != "sent" && !status.empty());
  }
};

}  // namespace lastmile
