// SPDX-License-Identifier: Apache-2.0
#include "local/questions/site_answers.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "aliases/tables/map_types.h"
#include "local/questions/own_domains.h"
#include "local/questions/survey.h"
#include "transports/parameter_catalogue.h"
#include "transports/site_contents.h"
#include "transports/table_keys.h"

namespace lastmile {

namespace {

/// Whether a table, or one in its name, is recorded by its answers.
bool is_recorded_by_answers(const TableSpec& spec) {
  const MapType* const type = find_map_type(spec.type);
  if (type != nullptr && type->recorded == TableRecord::entries && type->index == nullptr) {
    return true;
  }
  const auto inner = inner_tables(spec);
  return inner && std::ranges::any_of(*inner, is_recorded_by_answers);
}

/// The tables of parameters that are recorded by their answers, asked by all keys of an address.
/// A trace asks up to the first answer, and from one sender: this is for whoever asks otherwise.
class KeysOfAddresses {
 public:
  KeysOfAddresses(const Settings& settings, World& world)
      : configuration_(settings, world, TableUse::survey) {
    std::set<std::pair<std::string, std::size_t>> seen;
    for (const TableToExport& named : named_tables(settings, world).tables) {
      if (!named.parameter || !is_recorded_by_answers(named.spec) ||
          !seen.emplace(to_string(named.spec), *named.parameter).second) {
        continue;
      }
      const Parameter& parameter = parameter_catalogue()[*named.parameter];
      TablePolicy policy = listing_policy(configuration_, parameter);
      policy.keep_snapshot = true;
      if (auto table = world.open_table(named.spec, policy)) {
        uses_.push_back({&parameter, *std::move(table)});
      }
    }
  }

  void ask(const Address& address) {
    for (const Use& use : uses_) {
      // Without its own domains a host cannot be asked for any address.
      const auto keys = keys_for(configuration_, *use.parameter, address);
      for (const AddressKey& key : keys ? *keys : std::vector<AddressKey>()) {
        // What a table cannot answer now, it could not in a trace.
        static_cast<void>(use.table->lookup(key.text));
      }
    }
  }

 private:
  struct Use {
    const Parameter* parameter = nullptr;
    std::unique_ptr<Table> table = {};
  };

  Configuration configuration_;
  std::vector<Use> uses_ = {};
};

}  // namespace

Result<Ok> ask_for_site(const Settings& settings, World& world, const SiteQuestions& questions,
                        const std::function<void()>& step, std::vector<std::string>& notes) {
  auto walk = Walk::make(settings, world, questions.walk);
  if (!walk) {
    return std::move(walk).error();
  }
  for (const auto& [what, why] : walk->coverage().not_listed) {
    notes.push_back(what);
    notes.back().append(": ").append(why);
  }
  KeysOfAddresses keys(settings, world);
  std::vector<std::unique_ptr<Survey>> surveys;
  SurveyTerms terms;
  surveys.push_back(std::make_unique<Survey>(settings, world, terms));
  for (const Address& sender : questions.senders) {
    terms.sender = sender;
    surveys.push_back(std::make_unique<Survey>(settings, world, terms));
    keys.ask(sender);
  }
  const auto ask = [&](const Address& address) {
    step();
    for (const auto& survey : surveys) {
      static_cast<void>(survey->trace(address));
    }
    keys.ask(address);
  };
  // A name without a domain gets that of myorigin, whether or not it is one of ours.
  std::vector<Address> bare;
  const std::vector<Address>* const all[] = {&bare, &questions.walk.given, &questions.walk.logged};
  const auto listing = world.for_each_account([&bare](const Account& account) {
    bare.push_back({account.name, ""});
    return true;
  });
  if (!listing) {
    return listing.error();
  }
  for (const auto* const addresses : all) {
    std::ranges::for_each(*addresses, ask);
  }
  return walk->for_each([&ask](const KnownAddress& known) {
    ask(known.address);
    return true;
  });
}

}  // namespace lastmile
