// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace lastmile::test {

/// A way for a message to go, and what can be seen of it at its end.
struct Way {
  std::string_view name = {};
  std::string_view recipient = {};  ///< Without its domain, which is example.com.
  std::string_view parameters =
      {};  ///< Lines of main.cf; DIR stands for the directory of the site.
  /// Places where exactly one copy has to arrive: "mbox NAME", "maildir NAME", "files NAME".
  std::vector<std::string_view> places = {};
  mode_t spool_mode = 0755;
  /// With a ledger: at how many calls, at most, the death of a process may cost a second copy.
  /// \see docs/reliability.md, The windows
  int window = 0;
};

/// All ways that the matrix goes.
const std::vector<Way>& all_ways();

/// What came of a message.
struct Copies {
  int fewest = 0;   ///< Whole copies at the place that has the fewest,
  int most = 0;     ///< and at the one that has the most.
  int reports = 0;  ///< What the sender was told of, because it failed for good.
  int torn = 0;     ///< What a reader would take for a message, and is none.
};

/// A host for one way, which can be laid out anew for each message.
class FaultSite {
 public:
  enum class WithLedger { no, yes };

  /// \param program  the lastmile program
  FaultSite(const Way& way, WithLedger ledger, std::string program);
  FaultSite(const FaultSite&) = delete;
  FaultSite& operator=(const FaultSite&) = delete;
  ~FaultSite();

  /// Removes all mail and all that deliveries have left.
  void lay_out() const;
  Copies copies() const;

  /// Where everything of the site lies.
  const std::string& directory() const { return directory_.path(); }
  std::vector<std::string> command() const;
  std::string message() const { return directory_.path("message"); }
  std::string output() const { return directory_.path("output"); }
  std::string printed() const { return directory_.read("output"); }

 private:
  void write_configuration(WithLedger ledger) const;
  void start_server();
  Copies copies_at(std::string_view place) const;
  std::string in_place(std::string_view text) const;

  TemporaryDirectory directory_;
  const Way& way_;
  std::string program_;
  pid_t server_ = -1;
};

}  // namespace lastmile::test
