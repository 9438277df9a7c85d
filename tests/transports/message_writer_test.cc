// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/message_writer.h"

#include <cerrno>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"

namespace lastmile {
namespace {

/// Feeds a text to an encoder in chunks of `size` octets, as write_message() does.
std::string encode(std::string_view text, MessageFormat format, std::size_t size) {
  MessageEncoder encoder(format, "HEAD\n", text.empty() || text.ends_with('\n'));
  std::string output;
  std::size_t offset = 0;
  bool last = false;
  while (!last) {
    const auto chunk = text.substr(offset, size);
    last = offset + chunk.size() >= text.size();
    std::vector<std::string_view> pieces;
    offset += encoder.encode(
        chunk, last ? MessageEncoder::Chunk::last : MessageEncoder::Chunk::more_follows, pieces);
    for (const auto piece : pieces) {
      output += piece;
    }
  }
  return output;
}

std::string written(const SpooledMessage& message, std::string_view prepended,
                    MessageFormat format) {
  std::string output;
  const auto failure =
      write_message(message, prepended, format, [&](std::span<const std::string_view> pieces) {
        for (const auto piece : pieces) {
          output += piece;
        }
        return 0;
      });
  REQUIRE_FALSE(failure);
  return output;
}

}  // namespace

TEST_CASE("an mbox has its From lines quoted, wherever chunks end") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", "HEAD\n\n"},
      {"Subject: x\n", "HEAD\nSubject: x\n\n"},
      {"Subject: x\n\nFrom here\n>From there\nfrom small\nFrom\nFrom:\n Fro",
       "HEAD\nSubject: x\n\n>From here\n>From there\nfrom small\nFrom\nFrom:\n Fro\n\n"},
      {"From the start\n\nFrom a\nFrom b\nFrom ",
       "HEAD\n>From the start\n\n>From a\n>From b\n>From \n\n"},
      {"a From b\nxFrom c\n", "HEAD\na From b\nxFrom c\n\n"},
      {"no newline", "HEAD\nno newline\n\n"},
      {"\n\n", "HEAD\n\n\n\n"},
      {"cr\r\nFrom x\r\n", "HEAD\ncr\r\n>From x\r\n\n"},
      {std::string_view("nul\0\nFrom x\n\xff\n", 14),
       std::string_view("HEAD\nnul\0\n>From x\n\xff\n\n", 21)},
  };
  for (const auto& [text, expected] : rows) {
    for (std::size_t size = 5; size <= text.size() + 5; ++size) {
      CAPTURE(text, size);
      CHECK(encode(text, MessageFormat::mbox, size) == expected);
    }
  }
}

TEST_CASE("other formats keep the content and end its last line") {
  const std::string_view text = "Subject: x\n\nFrom here\nlast";
  for (const auto format :
       {MessageFormat::maildir, MessageFormat::command, MessageFormat::submission}) {
    for (std::size_t size = 5; size <= text.size(); ++size) {
      CHECK(encode(text, format, size) == "HEAD\nSubject: x\n\nFrom here\nlast\n");
    }
    CHECK(encode("whole\n", format, 100) == "HEAD\nwhole\n");
  }
}

TEST_CASE("the lines before the content depend on the format") {
  Job job = test::job_for(test::somebody());
  Settings settings = test::delivery_settings();
  const AgentContext context = test::context_of(settings);
  CHECK(prepended_lines(MessageFormat::mbox, job, context) == test::mbox_head());
  CHECK(prepended_lines(MessageFormat::command, job, context) == test::mbox_head());
  CHECK(prepended_lines(MessageFormat::maildir, job, context) == test::maildir_head());
  CHECK(prepended_lines(MessageFormat::submission, job, context) ==
        "Delivered-To: list@example.com\n");

  settings.enable_original_recipient.value = false;
  CHECK(prepended_lines(MessageFormat::maildir, job, context) ==
        test::replaced(test::maildir_head(), "X-Original-To: list\n", ""));
  settings.enable_original_recipient.value = true;

  job.envelope.sender = {};
  job.delivered_to.clear();
  job.recipients[0].original.clear();
  CHECK(prepended_lines(MessageFormat::mbox, job, context) ==
        "From MAILER-DAEMON  Sat Nov 21 02:56:11 2026\nReturn-Path: <>\n");
  CHECK(prepended_lines(MessageFormat::submission, job, context).empty());

  job.envelope.sender = {"john doe", "example.test"};
  CHECK(prepended_lines(MessageFormat::mbox, job, context) ==
        "From \"john doe\"@example.test  Sat Nov 21 02:56:11 2026\n"
        "Return-Path: <\"john doe\"@example.test>\n");
}

TEST_CASE("an address cannot begin a line of its own") {
  Job job = test::job_for(test::somebody());
  job.envelope.sender = {"a\nBcc: x", "y"};
  job.delivered_to = "a\r\nFrom x";
  job.recipients[0].original = std::string("a\0b\n", 4);
  const Settings settings = test::delivery_settings();
  const auto lines = prepended_lines(MessageFormat::maildir, job, test::context_of(settings));
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
  CHECK(lines.find('\r') == std::string::npos);
  CHECK(lines.find('\0') == std::string::npos);
}

TEST_CASE("a large message comes through as a small one does") {
  std::string text = "Subject: big\n\n";
  std::string quoted = text;
  for (int i = 0; text.size() < 3 * kMessageChunk; ++i) {
    const std::string line = std::string(static_cast<std::size_t>(i % 97), 'x') + "\nFrom me\n";
    text += line;
    quoted += test::replaced(line, "\nFrom me\n", "\n>From me\n");
  }
  const auto message = test::message_of(text);
  CHECK(written(message, "", MessageFormat::maildir) == text);
  CHECK(written(message, "", MessageFormat::mbox) == quoted + "\n");
}

TEST_CASE("a sink that cannot take more ends the copy with its errno") {
  const auto message = test::message_of("Subject: x\n");
  const auto failure = write_message(message, "", MessageFormat::mbox,
                                     [](std::span<const std::string_view>) { return EFBIG; });
  REQUIRE(failure);
  CHECK(failure->side == CopyFailure::Side::writing);
  CHECK(failure->error == EFBIG);
  CHECK(failure->text == "error writing message: File too large");
}

TEST_CASE("a small message is handed over at once") {
  const auto message = test::message_of("Subject: x\n\nbody");
  int calls = 0;
  REQUIRE_FALSE(
      write_message(message, "HEAD\n", MessageFormat::mbox, [&](std::span<const std::string_view>) {
        ++calls;
        return 0;
      }));
  CHECK(calls == 1);
}

}  // namespace lastmile
