// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "lmtpclient/connection.h"
#include "transports/destination.h"
#include "transports/parameter_reader.h"

namespace lastmile {

/// Reads the parameters of one client by their names behind "lmtp_" or "smtp_".
class ClientParameters {
 public:
  /// `main_cf` must outlive the reader.
  ClientParameters(const MainCf& main_cf, Dialect dialect)
      : reader_(main_cf), prefix_(dialect == Dialect::lmtp ? "lmtp_" : "smtp_") {}

  void time(const std::string& name, std::chrono::milliseconds& value,
            std::chrono::seconds minimum) {
    Setting<std::chrono::seconds> setting;
    reader_.duration(prefix_ + name, setting, 's', minimum);
    value = setting.value;
  }
  void number(const std::string& name, std::size_t& value) {
    Setting<long> setting;
    reader_.integer(prefix_ + name, setting, 0);
    value = static_cast<std::size_t>(setting.value);
  }
  void boolean(const std::string& name, bool& value) {
    Setting<bool> setting;
    reader_.boolean(prefix_ + name, setting);
    value = setting.value;
  }
  std::string text(const std::string& name) {
    Setting<std::string> setting;
    reader_.text(prefix_ + name, setting);
    return std::move(setting.value);
  }
  std::vector<std::string> list(const std::string& name) {
    Setting<std::vector<std::string>> setting;
    reader_.list(prefix_ + name, setting);
    return std::move(setting.value);
  }
  std::vector<TableSpec> tables(const std::string& name) {
    Setting<std::vector<TableSpec>> setting;
    reader_.tables(prefix_ + name, setting);
    return std::move(setting.value);
  }
  lmtp::AddressPreference preference() {
    Setting<std::string> setting;
    reader_.choice(prefix_ + "address_preference", setting, "any ipv4 ipv6");
    return setting.value == "ipv4"   ? lmtp::AddressPreference::ipv4
           : setting.value == "ipv6" ? lmtp::AddressPreference::ipv6
                                     : lmtp::AddressPreference::any;
  }

  /// Parameters that have no prefix.
  ParameterReader& reader() { return reader_; }
  const std::string& prefix() const { return prefix_; }

 private:
  ParameterReader reader_;
  std::string prefix_;
};

}  // namespace lastmile
