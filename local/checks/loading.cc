// SPDX-License-Identifier: Apache-2.0
#include "local/checks/loading.h"

#include <optional>
#include <string_view>

#include "aliases/text.h"
#include "transports/configuration_files.h"

namespace lastmile {
namespace {

/// Faults in the lines of one host. More than these are one fault: it is no configuration.
constexpr std::size_t kMostBrokenLines = 1000;

/// `content` with the logical lines that begin at `numbers` as comments. Numbers of lines stay.
std::string without_lines(std::string_view content, const std::set<int>& numbers) {
  std::string text;
  text.reserve(content.size());
  bool inside = false;
  for (int number = 1; !content.empty(); ++number) {
    const std::size_t end = content.find('\n');
    const std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    const std::string_view visible = trim(line);
    const bool continues = !visible.empty() && (is_space(line.front()) || visible.front() == '#');
    inside = numbers.contains(number) || (inside && (continues || visible.empty()));
    text.append(inside ? "#" : line).append(end == std::string_view::npos ? "" : "\n");
  }
  return text;
}

}  // namespace

bool MendedWorld::leave_out(const SourcePos& source) {
  return source.line > 0 && left_out_.emplace(*source.file, source.line).second;
}

Result<std::optional<FileView>> MendedWorld::read_file(const std::string& path, const Rights& as,
                                                       Symlinks symlinks, std::size_t max_bytes) {
  auto file = ForwardingWorld::read_file(path, as, symlinks, max_bytes);
  std::set<int> numbers;
  for (const auto& [name, line] : left_out_) {
    if (name == path) {
      numbers.insert(line);
    }
  }
  if (!numbers.empty() && file && *file) {
    (**file).content = without_lines((**file).content, numbers);
  }
  return file;
}

Result<LoadedHost> load_host(World& world, const std::string& config_directory,
                             const std::vector<std::string>& overrides) {
  LoadedHost host;
  host.world = std::make_unique<MendedWorld>(world);
  host.as_written = &world;
  for (;;) {
    auto settings = load_settings(*host.world, config_directory, overrides, LoadFaults::keep);
    if (settings) {
      host.settings = *std::move(settings);
      return host;
    }
    Error error = std::move(settings).error();
    if (!error.source || host.broken_lines.size() == kMostBrokenLines ||
        !host.world->leave_out(*error.source)) {
      return error;
    }
    host.broken_lines.push_back(std::move(error));
  }
}

}  // namespace lastmile
