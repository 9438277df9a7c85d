// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/biff.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "transports/agents/file_output.h"
#include "transports/errno_status.h"

namespace lastmile {

std::optional<std::string> send_biff(std::string_view login, std::int64_t offset,
                                     std::uint16_t port) {
  const OutputFile socket(real_system(), ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in comsat = {};
  comsat.sin_family = AF_INET;
  comsat.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  comsat.sin_port = htons(port);
  std::string notice(login);
  notice.append("@").append(std::to_string(offset)).push_back('\0');
  if (!socket.is_open() ||
      ::sendto(socket.get(), notice.data(), notice.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&comsat), sizeof(comsat)) < 0) {
    return "cannot notify biff: " + error_text(errno);
  }
  return std::nullopt;
}

}  // namespace lastmile
