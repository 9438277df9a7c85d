// SPDX-License-Identifier: Apache-2.0
#include "local/questions/map_page.h"

#include <cstdint>
#include <ostream>
#include <set>
#include <sstream>
#include <streambuf>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "local/formats/json.h"
#include "local/questions/destination_query.h"
#include "local/questions/map_page_text.h"

namespace lastmile {

namespace {

/// What is written into a script element: no octet of it can end that element. In JSON these stand
/// in strings alone.
class ScriptBuffer final : public std::streambuf {
 public:
  explicit ScriptBuffer(std::ostream& out) : out_(out) {}

 protected:
  int_type overflow(int_type octet) override {
    if (octet != traits_type::eof()) {
      const char one = traits_type::to_char_type(octet);
      xsputn(&one, 1);
    }
    return traits_type::not_eof(octet);
  }

  std::streamsize xsputn(const char* text, std::streamsize size) override {
    for (std::streamsize i = 0; i < size; ++i) {
      switch (text[i]) {
        case '<':
          out_ << "\\u003c";
          break;
        case '>':
          out_ << "\\u003e";
          break;
        case '&':
          out_ << "\\u0026";
          break;
        default:
          out_.put(text[i]);
      }
    }
    return size;
  }

 private:
  std::ostream& out_;
};

/// Each text once, by a number.
class SharedTexts {
 public:
  std::uint32_t index_of(const std::string& text) {
    const auto [at, is_new] = indices_.try_emplace(text, static_cast<std::uint32_t>(texts_.size()));
    if (is_new) {
      texts_.push_back(&at->first);  // Stays where it is.
    }
    return at->second;
  }

  void write(JsonWriter& json) const {
    json.begin_array();
    for (const std::string* const text : texts_) {
      json.text(*text);
    }
    json.end_array();
  }

 private:
  std::unordered_map<std::string, std::uint32_t> indices_ = {};
  std::vector<const std::string*> texts_ = {};
};

/// Columns of numbers instead of an object for each address.
class PageReport final : public MapReport {
 public:
  PageReport(std::ostream& out, Commands commands) : out_(out), commands_(commands) {}

  void add(const KnownAddress& known, const Trace& trace, const Outcome& full) override {
    const Outcome outcome = with_commands(full, commands_);
    Row row;
    row.address = texts_.index_of(to_external(known.address));
    row.mark = texts_.index_of(is_wildcard(known) ? "any name"
                                                  : std::string(name_of(known.marks.first())));
    row.reply = texts_.index_of(outcome.reply ? outcome.reply->codes() : "");
    row.fate = static_cast<std::uint32_t>(outcome.fate());
    const auto leaves = trace.leaves();
    for (std::size_t i = 0; i < leaves.size() && i < outcome.landings.size(); ++i) {
      const std::uint32_t goal = texts_.index_of(written_form(outcome.landings[i]));
      row.goals.push_back(goal);
      add_way(way_to(trace, leaves[i]), goal);
    }
    rows_.push_back(std::move(row));
  }

  Result<Ok> end(const Coverage& coverage) override {
    std::ostringstream told;
    print_coverage(told, coverage);
    out_ << kPageHead;
    {
      ScriptBuffer buffer(out_);
      std::ostream script(&buffer);
      JsonWriter json(script);
      write_data(json, told.str());
    }
    out_ << kPageTail;
    return Ok{};
  }

 private:
  struct Row {
    std::uint32_t address = 0;
    std::uint32_t mark = 0;
    std::uint32_t reply = 0;
    std::uint32_t fate = 0;
    std::vector<std::uint32_t> goals = {};
  };
  using Edge = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;

  void add_way(const std::vector<WayStep>& way, std::uint32_t goal_of_all) {
    std::uint32_t from = texts_.index_of(way.front().address);
    for (std::size_t i = 1; i < way.size(); ++i) {
      const WayStep& step = way[i];
      const std::uint32_t to = step.address.empty() ? goal_of_all : texts_.index_of(step.address);
      const std::uint32_t source = texts_.index_of(step.source ? to_string(*step.source) : "");
      edges_.emplace(from, to, texts_.index_of(step.step), source);
      from = to;
    }
  }

  template <class Items, class Member>
  static void write_column(JsonWriter& json, std::string_view name, const Items& items,
                           Member member) {
    json.key(name);
    json.begin_array();
    for (const auto& item : items) {
      json.number(static_cast<std::int64_t>(member(item)));
    }
    json.end_array();
  }

  void write_data(JsonWriter& json, const std::string& told) {
    json.begin_object();
    json.member("version", 1);
    json.member("coverage", told);
    json.key("texts");
    texts_.write(json);
    write_column(json, "address", rows_, [](const Row& row) { return row.address; });
    write_column(json, "mark", rows_, [](const Row& row) { return row.mark; });
    write_column(json, "reply", rows_, [](const Row& row) { return row.reply; });
    write_column(json, "fate", rows_, [](const Row& row) { return row.fate; });
    json.key("goals");
    json.begin_array();
    for (const Row& row : rows_) {
      json.begin_array();
      for (const std::uint32_t goal : row.goals) {
        json.number(goal);
      }
      json.end_array();
    }
    json.end_array();
    write_column(json, "from", edges_, [](const Edge& edge) { return std::get<0>(edge); });
    write_column(json, "to", edges_, [](const Edge& edge) { return std::get<1>(edge); });
    write_column(json, "step", edges_, [](const Edge& edge) { return std::get<2>(edge); });
    write_column(json, "source", edges_, [](const Edge& edge) { return std::get<3>(edge); });
    json.end_object();
    json.end_line();
  }

  std::ostream& out_;
  Commands commands_;
  SharedTexts texts_ = {};
  std::vector<Row> rows_ = {};
  std::set<Edge> edges_ = {};
};

}  // namespace

std::unique_ptr<MapReport> make_map_page(std::ostream& out, Commands commands) {
  return std::make_unique<PageReport>(out, commands);
}

}  // namespace lastmile
