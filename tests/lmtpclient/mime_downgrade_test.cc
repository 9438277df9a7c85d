// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/mime_downgrade.h"

#include "tests/support/catch.h"
#include "tests/support/cut_bytes.h"

namespace lastmile::lmtp {
namespace {

std::string convert(const std::vector<std::string_view>& pieces) {
  MimeDowngrader downgrader;
  std::string result;
  for (const std::string_view piece : pieces) {
    downgrader.append(piece, result);
  }
  downgrader.finish(result);
  return result;
}

std::string digits(int count) {
  std::string result;
  for (int i = 1; i <= count; ++i) {
    result += static_cast<char>('0' + i % 10);
  }
  return result;
}

// What Postfix 3.7 sent to a server without 8BITMIME, but for the rows that say otherwise.
TEST_CASE("8-bit entities become quoted-printable, however the content is cut") {
  struct Row {
    std::string content;
    std::string expected;
  };
  const std::string eight = "Content-Transfer-Encoding: 8bit\n";
  const std::string quoted = "Content-Transfer-Encoding: quoted-printable\n";
  const Row rows[] = {
      {"Subject: x\n" + eight +
           "X: y\n\nGr\xc3\xbc\xc3\x9f"
           "e\n",
       "Subject: x\nX: y\n" + quoted + "\nGr=C3=BC=C3=9Fe\n"},
      // The declaration counts, not the octets.
      {eight + "\nonly ascii = here \n", quoted + "\nonly ascii =3D here=20\n"},
      {"Subject: x\n\n\xc3\xbc = 8 bit\n", "Subject: x\n\n\xc3\xbc = 8 bit\n"},
      {"Content-Transfer-Encoding: 7bit\n\na=\n", "Content-Transfer-Encoding: 7bit\n\na=\n"},
      {"content-transfer-encoding : (c) BINARY (d)\n\na=\n", quoted + "\na=3D\n"},
      {"Content-Transfer-Encoding:\n 8bit\n\na=\n", quoted + "\na=3D\n"},
      {"Content-Transfer-Encoding: 8bits\n\na=\n", "Content-Transfer-Encoding: 8bits\n\na=\n"},
      // Lines.
      {eight + "\nno end = ", quoted + "\nno end =3D=20\n"},
      {eight + "\nt \ntab\t\na\tb c\n.\nFrom x\n", quoted + "\nt=20\ntab=09\na\tb c\n.\nFrom x\n"},
      {eight + "\na\r\nb\rc \r\n", quoted + "\na\nb=0Dc=20\n"},
      {eight + "\n" + digits(73) + "\n", quoted + "\n" + digits(73) + "\n"},
      {eight + "\n" + digits(74) + "\n", quoted + "\n" + digits(73) + "=\n4\n"},
      {eight + "\n" + digits(72) + " \n", quoted + "\n" + digits(72) + "=20\n"},
      {eight + "\n" + digits(73) + " \n", quoted + "\n" + digits(73) + "=\n=20\n"},
      {eight + "\n" + digits(72) + "\xc3\xbc\n", quoted + "\n" + digits(72) + "=C3=\n=BC\n"},
      // Parts.
      {"Content-Type: multipart/mixed; boundary=\"b1\"\n\npre \xc3\xbc\n--b1\n"
       "Content-Type: text/plain\n" +
           eight + "X-After: y\n\n\xc3\xbc\n--b1\n\n=\xc3\xbc\n--b1\n" + eight +
           "\na=b\n--b1--\npost \xc3\xbc\n",
       "Content-Type: multipart/mixed; boundary=\"b1\"\n\npre \xc3\xbc\n--b1\n"
       "Content-Type: text/plain\nX-After: y\n" +
           quoted + "\n=C3=BC\n--b1\n\n=\xc3\xbc\n--b1\n" + quoted +
           "\na=3Db\n--b1--\npost \xc3\xbc\n"},
      {"Content-Type: message/rfc822\n" + eight + "\nSubject: in\n" + eight +
           "Content-Type: multipart/x; boundary=b\n\n--b\n" + eight +
           "Content-Type: image/png\n\n=\n--b--\n",
       "Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nSubject: in\n"
       "Content-Type: multipart/x; boundary=b\nContent-Transfer-Encoding: 7bit\n\n--b\n"
       "Content-Type: image/png\n" +
           quoted + "\n=3D\n--b--\n"},
      {"Content-Type: message/rfc822\n" + eight + "\nSubject: in\n\n\xc3\xbc=\n",
       "Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nSubject: "
       "in\n\n\xc3\xbc=\n"},
      {"Content-Type: message/partial\n" + eight + "\n\xc3\xbc=\n",
       "Content-Type: message/partial\n" + quoted + "\n=C3=BC=3D\n"},
      // By the standard: a part that is not closed ends with what is around it.
      {"Content-Type: multipart/x; boundary=a\n\n--a\nContent-Type: multipart/x; "
       "boundary=(c)\"b\\\"\"\n\n--b\"\n" +
           eight + "\n=\n--a\n\n=\n",
       "Content-Type: multipart/x; boundary=a\n\n--a\nContent-Type: multipart/x; "
       "boundary=(c)\"b\\\"\"\n\n--b\"\n" +
           quoted + "\n=3D\n--a\n\n=\n"},
      // By the standard: a part without a body, one without headers.
      {"Content-Type: multipart/x; boundary=a\n\n--a\n" + eight + "--a\n\nx=\n",
       "Content-Type: multipart/x; boundary=a\n\n--a\n--a\n\nx=\n"},
      {eight, quoted},
      {"", ""},
      {"\n", "\n"},
      {"\n\nx=", "\n\nx=\n"},
  };
  for (const Row& row : rows) {
    INFO(row.content);
    for (const auto& pieces : all_cuts(row.content)) {
      CHECK(convert(pieces) == row.expected);
    }
  }
}

TEST_CASE("lines without end do not fill the memory, and are still encoded") {
  MimeDowngrader downgrader;
  std::string result;
  downgrader.append("Content-Transfer-Encoding: 8bit\n\n", result);
  std::size_t octets = 0;
  for (int i = 0; i < 100; ++i) {
    result.clear();
    downgrader.append(std::string(10000, '\xfc'), result);
    octets += result.size();
  }
  result.clear();
  downgrader.finish(result);
  octets += result.size();
  CHECK(octets > 3000000);
  CHECK(result.size() < 20000);
}

TEST_CASE("nesting has an end") {
  std::string content;
  for (int i = 0; i < 300; ++i) {
    const std::string boundary = "b" + std::to_string(i) + "x";
    content.append("Content-Type: multipart/mixed; boundary=").append(boundary);
    content.append("\n\n--").append(boundary).append("\n");
  }
  CHECK(convert({content}) == content);
}

}  // namespace
}  // namespace lastmile::lmtp
