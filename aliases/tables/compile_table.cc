// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/compile_table.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <system_error>
#include <utility>

#include "aliases/alias_file.h"
#include "aliases/logical_lines.h"
#include "aliases/tables/index_builder.h"
#include "aliases/tables/key_rules.h"
#include "aliases/tables/map_types.h"
#include "aliases/tables/text_table.h"
#include "aliases/text.h"
#include "aliases/world/run_as.h"

namespace lastmile {
namespace {

Error system_error(const std::string& doing) {
  return unavailable(doing + ": " + std::generic_category().message(errno));
}

/// The open text of a table.
class Source {
 public:
  static Result<Source> open(const std::string& path) {
    Source source(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (source.descriptor_ < 0 || fstat(source.descriptor_, &source.attributes_) != 0) {
      return system_error("open " + path);
    }
    if (!S_ISREG(source.attributes_.st_mode)) {
      return unavailable("open " + path + ": not a regular file");
    }
    return source;
  }
  Source(Source&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), attributes_(other.attributes_) {}
  Source& operator=(Source&&) = delete;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  ~Source() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }

  /// Whose rights the index is made with.
  Rights rights() const {
    Rights rights{geteuid(), getegid(), {}, "the invoking user"};
    if (rights.uid == 0 && attributes_.st_uid != 0) {
      rights = {attributes_.st_uid, attributes_.st_gid, {}, "the owner of the table's text"};
    }
    return rights;
  }

  mode_t index_mode() const {
    return S_IRUSR | S_IWUSR | (attributes_.st_mode & (S_IRGRP | S_IROTH));
  }

  /// Calls `visit` for each logical line, and holds a piece of the text at a time.
  /// \return what `visit` returned as an error; unavailable when the text cannot be read
  Result<Ok> for_each_line(const std::function<Result<Ok>(const LineReader::Line&)>& visit) const {
    std::string held;
    int number = 1;
    for (bool is_ended = false; !is_ended;) {
      const std::size_t before = held.size();
      if (auto more = read_more(held); !more) {
        return more;
      }
      is_ended = held.size() == before;
      const std::size_t whole = is_ended ? held.size() : whole_lines(held, before);
      LineReader lines(std::string_view(held).substr(0, whole), 0, number);
      while (const auto line = lines.next()) {
        if (auto visited = visit(*line); !visited) {
          return visited;
        }
      }
      number = lines.next_number();
      held.erase(0, whole);
    }
    return Ok{};
  }

 private:
  explicit Source(int descriptor) : descriptor_(descriptor) {}

  /// Appends what comes next; nothing at the end.
  Result<Ok> read_more(std::string& text) const {
    constexpr std::size_t kPiece = std::size_t{256} * 1024;
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    ssize_t count = 0;
    do {
      count = ::read(descriptor_, text.data() + before, kPiece);
    } while (count < 0 && errno == EINTR);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return count < 0 ? Result<Ok>(system_error("read")) : Result<Ok>(Ok{});
  }

  int descriptor_;
  struct stat attributes_ = {};
};

/// Has the lines of a text that count in `records`.
/// \param warnings  gets what is wrong with the others, in the order of the text
Result<Ok> read_aliases(const Source& source, const std::string& name, const TablePolicy& policy,
                        IndexRecords& records, std::vector<Error>& warnings) {
  const AliasReader reader({}, name, policy);
  return source.for_each_line([&](const LineReader::Line& line) -> Result<Ok> {
    auto entry = reader.read(line);
    if (!entry) {
      warnings.push_back(std::move(entry).error());
      return Ok{};
    }
    return records.add(entry->key, entry->value, line.number);
  });
}

Result<Ok> read_pairs(const Source& source, const std::string& name, const TablePolicy& policy,
                      IndexRecords& records, std::vector<Error>& warnings) {
  std::string buffer;
  return source.for_each_line([&](const LineReader::Line& line) -> Result<Ok> {
    if (!check_pair_line(line, name, policy.utf8, warnings)) {
      return Ok{};
    }
    const auto pair = split_key_value(line.text);
    return records.add(stored_key(pair->key, policy, buffer), pair->value, line.number);
  });
}

/// What is wrong with lines, and the lines whose key was there before, in the order of the text.
std::vector<std::string> messages_of(std::vector<Error> warnings, const std::string& name,
                                     IndexRecords&& records) {
  for (const auto& [key, line] : std::move(records).duplicates()) {
    warnings.push_back(line_warning(name, line, "duplicate entry: \"" + printable(key) + '"'));
  }
  std::stable_sort(warnings.begin(), warnings.end(), [](const Error& left, const Error& right) {
    return left.source->line < right.source->line;
  });
  std::vector<std::string> messages;
  messages.reserve(warnings.size());
  for (const Error& warning : warnings) {
    messages.push_back(warning.message());
  }
  return messages;
}

/// What the owner of the text may do: read, understand, write. `report` gets the rest.
Result<Ok> compile(const Source& source, const TableSpec& spec, SourceSyntax syntax,
                   const IndexFormat& format, const TablePolicy& policy, CompiledTable& report) {
  IndexRecords records(format);
  std::vector<Error> warnings;
  const bool are_aliases = syntax == SourceSyntax::aliases;
  Result<Ok> done = Ok{};
  if (are_aliases) {
    // A line that has this key is one whose key was there before.
    done = records.add(kMarkOfAliases, kMarkOfAliases, 0);
  }
  if (done) {
    done = are_aliases ? read_aliases(source, spec.name, policy, records, warnings)
                       : read_pairs(source, spec.name, policy, records, warnings);
  }
  if (!done) {
    return std::move(done).error().during(spec.name);
  }
  const std::size_t added = records.count() - (are_aliases ? 1 : 0);
  if (auto built = build_index(spec, format, records, source.index_mode()); !built) {
    return built;
  }
  const std::size_t wrong = warnings.size();
  report.warnings = messages_of(std::move(warnings), spec.name, std::move(records));
  report.entries = added - (report.warnings.size() - wrong);
  return Ok{};
}

/// A report on its way out of the process that has the rights: the problem, the number, and the
/// warnings, a line each.
std::string in_lines(const Result<Ok>& built, const CompiledTable& report) {
  std::string lines = (built ? "" : printable(built.error().message())) + '\n' +
                      std::to_string(report.entries) + '\n';
  for (const std::string& warning : report.warnings) {
    lines += printable(warning) + '\n';
  }
  return lines;
}

Result<CompiledTable> from_lines(std::string_view lines, std::string path) {
  std::vector<std::string> read;
  for (std::size_t end = 0; (end = lines.find('\n')) != std::string_view::npos;
       lines.remove_prefix(end + 1)) {
    read.emplace_back(lines.substr(0, end));
  }
  if (read.size() < 2) {
    return unavailable(path + ": the process that was to write it did not say what it did");
  }
  if (!read[0].empty()) {
    return unavailable(read[0]);
  }
  CompiledTable report;
  report.path = std::move(path);
  report.entries = std::stoul(read[1]);
  report.warnings.assign(read.begin() + 2, read.end());
  return report;
}

}  // namespace

Result<CompiledTable> compile_table(const TableSpec& spec, SourceSyntax syntax,
                                    const TablePolicy& policy) {
  const MapType* const type = find_map_type(spec.type);
  if (type == nullptr) {
    return unusable_map_type(spec.type);
  }
  if (type->index == nullptr) {
    return misconfigured(to_string(spec) + ": a table of type " + spec.type +
                             " is not compiled (btree, cdb, hash and lmdb are)",
                         std::nullopt);
  }
  const auto source = Source::open(spec.name);
  if (!source) {
    return source.error();
  }
  auto lines = run_as(
      source->rights(),
      [&] {
        CompiledTable report;
        const auto built = compile(*source, spec, syntax, *type->index, policy, report);
        return in_lines(built, report);
      },
      std::chrono::milliseconds(0));
  if (!lines) {
    return std::move(lines).error().during("compiling " + spec.name);
  }
  return from_lines(*lines, spec.name + std::string(type->index->suffix));
}

}  // namespace lastmile
