// SPDX-License-Identifier: Apache-2.0
#include "aliases/macro.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

std::optional<std::string> value_of(std::string_view name) {
  if (name == "one") {
    return "value";
  }
  if (name == "two") {
    return "2";
  }
  if (name == "empty") {
    return "";
  }
  if (name == "dollar") {
    return "$one";
  }
  return std::nullopt;
}

std::string expanded(std::string_view text) {
  const auto expansion = expand_macros(text, value_of);
  return expansion ? expansion->text : "error: " + expansion.error().text;
}

TEST_CASE("names and conditions are expanded as postconf -x does") {
  struct Row {
    const char* text;
    const char* expanded;
  };
  const Row rows[] = {
      {"", ""},
      {"plain {text} ?:", "plain {text} ?:"},
      {"$one $(one) $one-x ${one} ${ one }", "value value value-x value value"},
      {"$$one $$$$", "$one $$"},
      {"$one?", "value?"},
      {"$nothing.", "."},
      {"$dollar", "$one"},
      {"${one?x:y}", "x:y"},
      {"${one? x}", " x"},
      {"${one:x}", ""},
      {"${empty:x}${nothing:y}", "xy"},
      {"${one?{ a }:{ b }}", " a "},
      {"${one ? {a} : {b} }", "a"},
      {"${empty?{a} : b}", " b"},
      {"${one?:x}", ":x"},
      {"${one?}${one:}${one?{}}", ""},
      {"${one?${two?{z}}}", "z"},
      {"${empty?{x}:${one}}", "value"},
      {"$(one ? {a} : {b})", "a"},
      {"$(one?(a))", "(a)"},
      {"${one?(})}", "()}"},
      {"${one?{$$}}", "$"},
      {"${nothing?{x}:{y}}", "y"},
      {"${empty?$-}${empty?{$-}}", ""},  // What is not used is not read.
      // Comparisons
      {"${{a} == {a}}|${{a} == {b}}", "true|"},
      {"${{a}=={a}?{t}:{f}}", "t"},
      {"${{ a } == {a} ? {t} : {f}}", "f"},
      {"${{$two} == {2} ? {$one} : {f}}", "value"},
      {"${{a} == {a} ? t : f}", " t : f"},
      {"${{a} == {b} : f}", " f"},
      {"${{1}!={2}}${{1}<={1}}${{2}>{1}}${{1}>={2}:n}", "truetruetruen"},
      {"${{010} == {10} ? {t} : {f}}", "t"},
      {"${{9} < {10} ? {t} : {f}}", "t"},
      {"${{9a} < {10} ? {t} : {f}}", "f"},
      {"${{} < {1} ? {t} : {f}}", "t"},
      {"${{-1} < {1} ? {t} : {f}}", "t"},
      {"${{99999999999999999999} > {99999999999999999998} ? {t} : {f}}", "t"},
      {"${{3.6} <level {3.10} ? {t} : {f}}", "t"},
      {"${{3.6} < {3.10} ? {t} : {f}}", "f"},
      {"${{3.6} ==level{3.6.0} ? {t} : {f}}", "t"},
      {"${{1.2.3} >=level {1.2.4} ? {t} : {f}}", "f"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(expanded(row.text) == row.expanded);
  }
}

TEST_CASE("bad macro syntax is malformed") {
  struct Row {
    const char* text;
    const char* error;
  };
  const Row rows[] = {
      {"$", "empty macro name: \"$\""},
      {"x $-", "empty macro name: \"$-\""},
      {"${}", "empty macro name: \"${}\""},
      {"${one", "truncated macro reference: \"${one\""},
      {"$(one}", "truncated macro reference: \"$(one}\""},
      {"${one?{a}", "truncated macro reference: \"${one?{a}\""},
      {"${on-e}", "macro name syntax error at \"-e\""},
      {"${$one}", "macro name syntax error at \"$one\""},
      {"${one{text}}", "macro name syntax error at \"{text}\""},
      {"${one?{a}b}", "\":\" expected at \"b\""},
      {"${one?{a}?{b}}", "\":\" expected at \"?{b}\""},
      {"${one:{b} x}", "unexpected text at \"x\""},
      {"${one?{$-}}", "empty macro name: \"$-\""},
      {"$(one?{a)", "unbalanced {} at \"{a\""},
      {"${{a}}", "comparison operator expected at \"\""},
      {"${{a} = {a}}", "comparison operator expected at \"= {a}\""},
      {"${{a} <> {b}}", "comparison operator expected at \"<> {b}\""},
      {"${{a} == b}", "\"{\" expected at \"b\""},
      {"${{a} == {b} && {c}}", "\"?\" or \":\" expected at \"&& {c}\""},
      {"${{1} <levelx {2}}", "unknown operator suffix: \"levelx\""},
      {"${{1} ==level {x}}", "malformed compatibility level: \"x\""},
      {"${{1.} ==level {1}}", "malformed compatibility level: \"1.\""},
      {"${{1.2.3.4} ==level {1}}", "malformed compatibility level: \"1.2.3.4\""},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(expanded(row.text) == std::string("error: ") + row.error);
    CHECK(expand_macros(row.text, value_of).error().kind == Error::Kind::malformed);
  }
}

TEST_CASE("a name without a value is told from one that is merely tested") {
  const auto undefined = [](std::string_view text) {
    return expand_macros(text, value_of)->undefined_name;
  };
  CHECK(undefined("$nothing"));
  CHECK(undefined("${one?$nothing}"));
  CHECK(undefined("${{$nothing} == {x}}"));
  CHECK_FALSE(undefined("${nothing?x}${nothing:y}"));
  CHECK_FALSE(undefined("$empty"));
  CHECK_FALSE(undefined("${empty?$nothing}"));
}

TEST_CASE("the names whose values were used are told") {
  const auto used = [](std::string_view text) {
    const auto expansion = expand_macros(text, value_of);
    std::string names;
    for (const std::string& name : expansion->used) {
      names += name + ' ';
    }
    return names;
  };
  CHECK(used("$one ${two?x} $empty $nothing") == "one empty ");
  CHECK(used("${two?$one}") == "one ");
  CHECK(used("${{$one} == {2}}") == "one ");
  CHECK(used("${one?x}").empty());
}

TEST_CASE("the depth of nesting is bounded") {
  const auto repeated = [](const char* text, int count) {
    std::string result;
    for (int i = 0; i < count; ++i) {
      result.append(text);
    }
    return result;
  };
  const auto nested = [&](int depth) {
    return repeated("${one?{", depth).append("x").append(repeated("}}", depth));
  };
  CHECK(expanded(nested(50)) == "x");
  CHECK(expanded(nested(1000)).starts_with("error: unreasonable nesting of macros"));
  const std::string comparison =
      repeated("${{", 500).append("a").append(repeated("} == {a}}", 500));
  CHECK(expanded(comparison).starts_with("error: unreasonable nesting of macros"));
}

}  // namespace
}  // namespace lastmile
