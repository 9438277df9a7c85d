// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "transports/daemon.h"
#include "transports/settings.h"

namespace lastmile {

// What a parameter of each kind has besides its name: where the Settings keep it, and which values
// make sense. Words that are allowed stand in one text, with blanks between them.

struct BooleanParameter {
  Setting<bool> Settings::*member = nullptr;
};

struct IntegerParameter {
  Setting<long> Settings::*member = nullptr;
  long minimum = 0;
  long maximum = std::numeric_limits<int>::max();
};

/// A number of octets; 0 is no limit.
struct OctetsParameter {
  Setting<std::int64_t> Settings::*member = nullptr;
};

/// A time of at least a second.
struct DurationParameter {
  Setting<std::chrono::seconds> Settings::*member = nullptr;
  char unit = 's';  ///< Of a number without one.
};

struct TextParameter {
  Setting<std::string> Settings::*member = nullptr;
  enum class Content {
    any,
    not_empty,
    not_expanded,  ///< Each delivery expands it.
  };
  Content content = Content::any;
};

/// One of some words.
struct ChoiceParameter {
  Setting<std::string> Settings::*member = nullptr;
  std::string_view allowed = {};
};

struct ListParameter {
  Setting<std::vector<std::string>> Settings::*member = nullptr;
};

/// A list of words of which each must be known.
struct NamesParameter {
  Setting<NameSet> Settings::*member = nullptr;
  std::string_view allowed = {};
};

/// By which keys the tables of a parameter are asked for an address. \see table_keys.h
enum class KeyOrder {
  address,     ///< `user+ext@domain`, ... `@domain`. \see virtual(5)
  transport,   ///< The same with the domain, its parents and `*`. \see transport(5)
  alias,       ///< `user+ext`, `user`, as local(8) asks for them.
  user,        ///< `user`
  local_part,  ///< `user+ext`, as it is.
  domain,      ///< `domain`, and its parents where parent_domain_matches_subdomains says so.
  text,        ///< Something else than an address: the name of an account, a status.
};

/// What the values of a table stand for, which decides what its use forbids. \see TablePolicy
enum class TableValues {
  texts,       ///< Addresses, reasons, or nothing at all.
  transports,  ///< No `$1` in them.
  actions,     ///< They are run, or written to, or say with whose rights: no `$1`, and no table
               ///< that anybody on the network could answer for.
};

/// A list of tables.
struct TablesParameter {
  Setting<std::vector<TableSpec>> Settings::*member = nullptr;
  KeyOrder keys = KeyOrder::address;
  TableValues values = TableValues::texts;
  /// An agent that has folded the key asks for it as it is: an entry in capitals is never found
  /// unless postmap(1) has folded it.
  enum class FoldedBy { table, agent };
  FoldedBy folded_by = FoldedBy::table;
};

/// A list of patterns, files and tables, such as mydestination.
struct MatchListParameter {
  Setting<std::vector<std::string>> Settings::*member = nullptr;
  KeyOrder keys = KeyOrder::domain;
  /// Whether a pattern may stand for what is below it. \see parent_domain_matches_subdomains
  enum class Parents { never, as_configured };
  Parents parents = Parents::never;
};

/// One parameter: what it is, and who reads it.
struct Parameter {
  using Kind = std::variant<BooleanParameter, IntegerParameter, OctetsParameter, DurationParameter,
                            TextParameter, ChoiceParameter, ListParameter, NamesParameter,
                            TablesParameter, MatchListParameter>;

  std::string_view name = {};
  Kind kind = {};
  /// Which programs read it. A value that makes no sense stops these and no other.
  Daemons readers = {};
};

/// Every parameter with a member in Settings, in the order in which they are read: of several
/// mistakes the first is shown. Settings, Configuration, site files, `config` and `lookup --for`
/// know the parameters from here.
std::span<const Parameter> parameter_catalogue();

/// \return null for what has no member
const Parameter* find_parameter(std::string_view name);

/// The row of a member. Each member of one of these types has one.
const Parameter& parameter_of(Setting<std::vector<TableSpec>> Settings::*member);
const Parameter& parameter_of(Setting<std::vector<std::string>> Settings::*member);

/// How the tables of a parameter are asked; nullopt when it names none.
std::optional<KeyOrder> key_order_of(const Parameter& parameter);

}  // namespace lastmile
