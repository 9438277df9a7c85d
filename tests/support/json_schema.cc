// SPDX-License-Identifier: Apache-2.0
#include "tests/support/json_schema.h"

#include <algorithm>
#include <cmath>
#include <regex>
#include <string_view>

namespace lastmile::test {

namespace {

using Kind = Json::Kind;

bool equal(const Json& left, const Json& right) {
  return left.kind == right.kind && left.boolean == right.boolean && left.number == right.number &&
         left.string == right.string && left.items.empty() && right.items.empty() &&
         left.members.empty() && right.members.empty();
}

bool has_type(const Json& value, std::string_view type) {
  return (type == "object" && value.kind == Kind::object) ||
         (type == "array" && value.kind == Kind::array) ||
         (type == "string" && value.kind == Kind::string) ||
         (type == "boolean" && value.kind == Kind::boolean) ||
         (type == "null" && value.kind == Kind::null) ||
         (type == "number" && value.kind == Kind::number) ||
         (type == "integer" && value.kind == Kind::number &&
          std::floor(value.number) == value.number);
}

class Validator {
 public:
  explicit Validator(const Json& root) : root_(root) {}

  /// The first fault of `value`, which stands at `path`.
  std::string check(const Json& value, const Json& schema, const std::string& path) const {
    for (const auto& member : schema.members) {
      std::string fault = keyword(value, schema, member.name, member.value, path);
      if (!fault.empty()) {
        return fault;
      }
    }
    return "";
  }

 private:
  std::string keyword(const Json& value, const Json& schema, const std::string& name,
                      const Json& rule, const std::string& path) const {
    if (name == "$schema" || name == "$defs" || name == "title" || name == "description") {
      return "";
    }
    if (name == "$ref") {
      return reference(value, rule.string, path);
    }
    if (name == "properties") {
      return properties(value, rule, path);
    }
    if (name == "additionalProperties") {
      return rule.boolean ? "" : no_others(value, schema, path);
    }
    if (name == "required") {
      return required(value, rule, path);
    }
    if (name == "items") {
      return items(value, rule, path);
    }
    return scalar(value, name, rule, path);
  }

  static std::string scalar(const Json& value, const std::string& name, const Json& rule,
                            const std::string& path) {
    bool good = false;
    if (name == "type") {
      good = has_type(value, rule.string);
    } else if (name == "const") {
      good = equal(value, rule);
    } else if (name == "enum") {
      good = std::any_of(rule.items.begin(), rule.items.end(),
                         [&](const Json& item) { return equal(value, item); });
    } else if (name == "minimum") {
      good = value.kind != Kind::number || value.number >= rule.number;
    } else if (name == "pattern") {
      good = value.kind != Kind::string ||
             std::regex_search(value.string, std::regex(rule.string, std::regex::ECMAScript));
    } else {
      return path + ": the validator does not know the keyword " + name;
    }
    return good ? "" : path + ": violates \"" + name + '"';
  }

  std::string reference(const Json& value, const std::string& target,
                        const std::string& path) const {
    constexpr std::string_view kPrefix = "#/$defs/";
    const Json* const definitions = root_.find("$defs");
    if (!target.starts_with(kPrefix) || definitions == nullptr) {
      return path + ": cannot follow " + target;
    }
    const Json* const definition = definitions->find(target.substr(kPrefix.size()));
    return definition == nullptr ? path + ": cannot follow " + target
                                 : check(value, *definition, path);
  }

  std::string properties(const Json& value, const Json& rules, const std::string& path) const {
    for (const auto& member : value.members) {
      const Json* const rule = rules.find(member.name);
      std::string fault =
          rule == nullptr ? "" : check(member.value, *rule, path + '/' + member.name);
      if (!fault.empty()) {
        return fault;
      }
    }
    return "";
  }

  static std::string no_others(const Json& value, const Json& schema, const std::string& path) {
    const Json* const known = schema.find("properties");
    for (const auto& member : value.members) {
      if (known == nullptr || known->find(member.name) == nullptr) {
        return path + ": unknown member \"" + member.name + '"';
      }
    }
    return "";
  }

  static std::string required(const Json& value, const Json& names, const std::string& path) {
    for (const Json& name : names.items) {
      if (value.kind == Kind::object && value.find(name.string) == nullptr) {
        return path + ": no member \"" + name.string + '"';
      }
    }
    return "";
  }

  std::string items(const Json& value, const Json& rule, const std::string& path) const {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      std::string fault = check(value.items[i], rule, path + '/' + std::to_string(i));
      if (!fault.empty()) {
        return fault;
      }
    }
    return "";
  }

  const Json& root_;
};

}  // namespace

std::string validate(const Json& value, const Json& schema) {
  return Validator(schema).check(value, schema, "");
}

}  // namespace lastmile::test
