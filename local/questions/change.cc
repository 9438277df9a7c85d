// SPDX-License-Identifier: Apache-2.0
#include "local/questions/change.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

namespace lastmile {

namespace {

using Destinations = std::set<std::tuple<std::string, std::string, std::string, std::string>>;

Destinations destinations_of(const Outcome& outcome) {
  Destinations all;
  for (const Landing& landing : outcome.landings) {
    const LeafText& words = landing.words;
    all.emplace(words.kind, words.dsn.empty() ? words.target + ' ' + words.via : words.dsn,
                words.recipient, words.user);
  }
  return all;
}

std::set<std::string> senders_of(const Outcome& outcome) {
  std::set<std::string> senders;
  for (const Landing& landing : outcome.landings) {
    senders.insert(landing.words.sender);
  }
  return senders;
}

std::string class_of_reply(const Outcome& outcome) {
  return outcome.reply ? outcome.reply->code : "";
}

/// `text` with USER where the name of the address stands.
std::string generalised(std::string text, const std::string& address) {
  constexpr std::string_view kUser = "USER";
  std::string name = address.substr(0, address.rfind('@'));
  for (const std::string& part : {name, name.substr(0, name.find('+'))}) {
    for (std::size_t at = text.find(part); !part.empty() && at != std::string::npos;
         at = text.find(part, at + kUser.size())) {
      const bool begins = at == 0 || !std::isalnum(static_cast<unsigned char>(text[at - 1]));
      const std::size_t end = at + part.size();
      const bool ends = end == text.size() || !std::isalnum(static_cast<unsigned char>(text[end]));
      if (begins && ends) {
        text.replace(at, part.size(), kUser);
      }
    }
  }
  return text;
}

std::string lands_text(const Outcome& outcome) {
  constexpr std::size_t kMostShown = 4;
  std::string text;
  std::size_t shown = 0;
  for (const Landing& landing : outcome.landings) {
    if (++shown > kMostShown) {
      return text + " and " + std::to_string(outcome.landings.size() - kMostShown) + " more";
    }
    text.append(text.empty() ? "" : ", ").append(written_form(landing));
  }
  if (outcome.landings.empty()) {
    text = "nowhere";
  }
  return outcome.reply && !outcome.reply->code.starts_with('2')
             ? "RCPT " + outcome.reply->codes() + ", " + text
             : text;
}

/// Whether something is not seen, so that no release could tell.
bool is_unknown(const Outcome& outcome) {
  return std::ranges::any_of(
      outcome.landings, [](const Landing& landing) { return landing.words.kind == "unknown"; });
}

bool may_land(const Outcome& outcome) {
  return outcome.fate() == Fate::lands || outcome.fate() == Fate::partly;
}

/// Every word that a person may read, in order.
std::multiset<std::string> texts_of(const Outcome& outcome) {
  std::multiset<std::string> texts;
  for (const Landing& landing : outcome.landings) {
    texts.insert(landing.words.kind + ' ' + landing.words.text);
  }
  if (outcome.reply) {
    texts.insert(outcome.reply->codes() + ' ' + outcome.reply->text);
  }
  return texts;
}

}  // namespace

std::optional<Change> compare_releases(const Outcome& a, const Outcome& b) {
  const auto change = compare(a, b);
  if (!change) {
    return texts_of(a) == texts_of(b) ? change : Change::text;
  }
  if (*change != Change::undecided || is_unknown(a) || is_unknown(b)) {
    return change;
  }
  // Both sides are asked of one host: what one of them puts off is an answer of that release.
  if (may_land(a) == may_land(b)) {
    return Change::text;
  }
  return may_land(a) ? Change::lost : Change::gained;
}

std::string_view name_of(Change change) {
  constexpr std::string_view kNames[kChanges] = {
      "lost", "gained", "moved", "partly", "refused", "accepted", "sender", "undecided", "text"};
  return kNames[static_cast<std::size_t>(change)];
}

std::string_view sign_of(Change change) {
  constexpr std::string_view kSigns[kChanges] = {"-", "+", "~", "±", "!", "!", "s", "?", "t"};
  return kSigns[static_cast<std::size_t>(change)];
}

std::optional<Change> compare(const Outcome& a, const Outcome& b) {
  const auto was = destinations_of(a);
  const auto is = destinations_of(b);
  const bool reply_differs = class_of_reply(a) != class_of_reply(b);
  const bool sender_differs = senders_of(a) != senders_of(b);
  if (was == is && !reply_differs && !sender_differs) {
    return std::nullopt;
  }
  const Fate before = a.fate();
  const Fate after = b.fate();
  if (before == Fate::undecided || after == Fate::undecided) {
    return Change::undecided;
  }
  // What smtpd refuses does not come in, wherever it would land.
  const auto lands = [](const Outcome& outcome, Fate fate) {
    return (fate == Fate::lands || fate == Fate::partly) &&
           !(outcome.reply && outcome.reply->is_refusal());
  };
  const bool landed = before == Fate::lands || before == Fate::partly;
  const bool will_land = after == Fate::lands || after == Fate::partly;
  if (landed && !will_land) {
    return Change::lost;
  }
  if (!landed && will_land) {
    return Change::gained;
  }
  if (was != is && landed) {
    std::vector<Destinations::value_type> common;
    std::ranges::set_intersection(was, is, std::back_inserter(common));
    return common.empty() ? Change::moved : Change::partly;
  }
  if (reply_differs) {
    return lands(a, before) || (a.reply && !a.reply->is_refusal()) ? Change::refused
                                                                   : Change::accepted;
  }
  return was != is ? Change::moved : Change::sender;
}

std::optional<SourcePos> cause_of(const Outcome& outcome) {
  for (const Landing& landing : outcome.landings) {
    if (landing.source) {
      return landing.source;
    }
  }
  return outcome.reply_source;
}

SideText side_text(const Outcome& outcome) {
  const auto cause = cause_of(outcome);
  return {lands_text(outcome), cause ? to_string(*cause) : ""};
}

void Changes::add(Change change, const KnownAddress& known, const Outcome& a, const Outcome& b) {
  const auto at = static_cast<std::size_t>(change);
  ++counts_[at];
  const SideText was = side_text(a);
  const SideText is = side_text(b);
  const std::string address = to_external(known.address);
  Key key = {{generalised(was.lands, address), was.cause},
             {generalised(is.lands, address), is.cause}};
  ChangeGroup& group = groups_[at][key];
  if (group.count++ == 0) {
    group.a = was;
    group.b = is;
  } else if (group.count == 2) {
    group.a = key.first;
    group.b = key.second;
  }
  if (group.examples.size() < most_examples_) {
    group.examples.push_back(shown_form(known));
  }
}

std::size_t Changes::all() const {
  return std::accumulate(std::begin(counts_), std::end(counts_), std::size_t{0});
}

std::vector<ChangeGroup> Changes::groups(Change change) const {
  std::vector<ChangeGroup> all;
  for (const auto& [key, group] : groups_[static_cast<std::size_t>(change)]) {
    all.push_back(group);
  }
  std::ranges::stable_sort(all, [](const ChangeGroup& left, const ChangeGroup& right) {
    return left.count > right.count;
  });
  return all;
}

}  // namespace lastmile
