// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"

namespace lastmile {

/// A mail address in internal form: no quotes, no escapes, case as written.
/// The empty Address is the null sender `<>`.
struct Address {
  std::string local_part = {};
  std::string domain = {};  ///< Without '@'. Empty when the address is not qualified.

  bool is_null() const { return local_part.empty() && domain.empty(); }
  friend auto operator<=>(const Address&, const Address&) = default;
};

/// The longest text that parse_address() reads, in octets.
inline constexpr std::size_t kLongestAddress = std::size_t{64} * 1024;

/// Reads one address in external form, such as `"john doe"@example.com`.
///
/// Reads as leniently as Postfix does: `alice.@example.com`, `a..b@x` and 8-bit octets are fine;
/// angle brackets, a phrase before them and comments are dropped. As in Postfix, which takes the
/// internal form apart, the domain begins after the rightmost '@', even if that one was quoted:
/// `"a@b"@c` is local part `a@b`, but `"a@b"` alone is `a` at domain `b`.
///
/// \return the address, the null address when there is none in the text; malformed, with the offset
///         of the first bad octet, for a second address, a NUL octet, or more than 64 KiB
/// \see RFC 5322 section 3.4.1; Postfix reads more leniently, the differences are tests
Result<Address> parse_address(std::string_view external);

/// Whether the text is one address that is the same in external and internal form, as nearly every
/// one is: split_address() is enough to read it.
bool is_plain_address(std::string_view text);

/// Whether the text is one address and nothing else: no comment, no phrase, no angle brackets.
bool is_bare_address(std::string_view external);

/// Takes an address in internal form apart at its rightmost '@': `a@b@c` is local part `a@b`. When
/// nothing follows it, the '@' stays in the local part: `alice@` is not the address `alice`.
Address split_address(std::string_view internal);

/// `local@domain`, or the local part alone when there is no domain. Nothing is quoted.
std::string to_internal(const Address& address);

/// The octets of a source route, `@relay,@relay:`, at the beginning of an address in internal form;
/// 0 when there is none. \see RFC 5321 appendix C
std::size_t source_route_size(std::string_view internal);

/// Writes `address` in external form, quoting the local part only where RFC 5322 demands it. A
/// source route and the '@' of an address without a domain stay outside the quotes.
std::string to_external(const Address& address);

/// A local part taken apart at the recipient delimiter.
struct SplitLocalPart {
  std::string_view user = {};  ///< Views into the argument of split_extension().
  std::optional<std::string_view> extension = {};  ///< Empty but present in "alice+".
  char delimiter = '\0';                           ///< '\0' when nothing was split.
};

/// The parameters that decide where an address extension begins.
struct ExtensionRules {
  std::string recipient_delimiter = {};  ///< A set of octets; empty: nothing is ever split.
  bool owner_request_special = true;
  std::string double_bounce_sender = "double-bounce";
};

/// Splits `alice+lists` at the first octet that is in the recipient delimiter.
///
/// Left whole: postmaster, mailer-daemon and the double-bounce sender; owner-x and x-request when
/// '-' is a delimiter and owner_request_special is on; a name with nothing before the delimiter.
///
/// \param local_part  internal form
/// \return views that live as long as `local_part` does
/// \see postconf(5): recipient_delimiter, owner_request_special
SplitLocalPart split_extension(std::string_view local_part, const ExtensionRules& rules);

/// The same for a recipient of local delivery. An extension with a '/' in it could name another
/// directory: it counts as absent, and `local_part` loses it.
/// \return views into `local_part`
/// \see local(8), "address with illegal extension"
SplitLocalPart split_recipient(std::string& local_part, const ExtensionRules& rules);

}  // namespace lastmile
