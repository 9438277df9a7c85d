#include "aliases/tables/compile_table.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "aliases/alias_file.h"
#include "aliases/tables/index_builder.h"
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

  Result<std::string> read() const {
    std::string text;
    std::array<char, 65536> buffer = {};
    for (;;) {
      const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
      if (count == 0) {
        return text;
      }
      if (count < 0 && errno != EINTR) {
        return system_error("read");
      }
      text.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
  }

 private:
  explicit Source(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  struct stat attributes_ = {};
};

/// The entries of an aliases(5) file, each key once; `report` gets the rest.
std::vector<IndexRecord> records_of_aliases(const std::string& text, const std::string& name,
                                            const TablePolicy& policy, CompiledTable& report) {
  AliasFile file = parse_alias_file(text, name, policy);
  for (const Error& warning : file.warnings) {
    report.warnings.push_back(warning.message());
  }
  report.entries = file.entries.size();
  std::vector<IndexRecord> records;
  records.reserve(file.entries.size() + 1);
  for (AliasEntry& entry : file.entries) {
    records.push_back({std::move(entry.key), std::move(entry.value)});
  }
  records.push_back({std::string(kMarkOfAliases), std::string(kMarkOfAliases)});
  return records;
}

/// The same of a `key value` text.
std::vector<IndexRecord> records_of_pairs(std::string text, const std::string& name,
                                          const TablePolicy& policy, CompiledTable& report) {
  TablePolicy of_postmap = policy;
  of_postmap.as_postmap = true;
  TextIndex index(std::move(text), name, of_postmap);
  for (const Error& warning : index.warnings()) {
    report.warnings.push_back(warning.message());
  }
  std::vector<IndexRecord> records;
  index.for_each([&records](std::string_view key, std::string_view value, int /*line*/) {
    records.push_back({std::string(key), std::string(value)});
    return true;
  });
  report.entries = records.size();
  return records;
}

/// What the owner of the text may do: read, understand, write. `report` gets the rest.
Result<Ok> compile(const Source& source, const TableSpec& spec, SourceSyntax syntax,
                   const IndexFormat& format, const TablePolicy& policy, CompiledTable& report) {
  auto text = source.read();
  if (!text) {
    return std::move(text).error().during(spec.name);
  }
  return build_index(spec, format,
                     syntax == SourceSyntax::aliases
                         ? records_of_aliases(*text, spec.name, policy, report)
                         : records_of_pairs(*std::move(text), spec.name, policy, report),
                     source.index_mode());
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
