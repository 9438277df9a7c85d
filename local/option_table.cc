// SPDX-License-Identifier: Apache-2.0
#include "local/option_table.h"

#include <algorithm>
#include <array>

#include "aliases/text.h"

namespace lastmile {

namespace {

constexpr std::string_view kStageHelp =
    "full: what smtpd would answer, rewriting, virtual aliases, transports, then local delivery; "
    "local: what an MTA that has routed the message hands over; "
    "smtp: full, and what smtpd would refuse is refused";

constexpr std::array kRows = {
    // Everywhere
    OptionRow{"config-directory", "cC", "DIR", "/etc/postfix", "where main.cf and master.cf are",
              Repeat::last_wins, kEveryCommand},
    OptionRow{"root", "", "DIR", "",
              "a tree: look up every path below DIR, accounts in DIR/etc/passwd", Repeat::last_wins,
              kEveryCommand},
    OptionRow{"site", "", "FILE", "", "take everything from a site file", Repeat::last_wins,
              kEveryCommand},
    OptionRow{"override", "o", "NAME=VALUE", "", "override a parameter of main.cf or lastmile.cf",
              Repeat::cumulative, kEveryCommand},
    OptionRow{"postfix", "", "VERSION", "", "the release of Postfix whose rules hold, such as 3.10",
              Repeat::last_wins, kEveryCommand},
    OptionRow{"color", "", "auto|always|never", "auto",
              "auto: on a terminal, unless NO_COLOR is set", Repeat::last_wins, kEveryCommand},
    OptionRow{"verbose", "v", "", "",
              "say more: of trace, verify, lookup, check and config, which take it behind the "
              "command as well",
              Repeat::cumulative, "lastmile trace verify lookup check config"},
    OptionRow{"help", "h", "", "", "print this text", Repeat::cumulative,
              "lastmile trace deliver lmtp site alias table lookup verify who map diff check "
              "explain probe"},
    OptionRow{"version", "V", "", "", "version and built-in components", Repeat::cumulative,
              kBeforeCommand},
    // postconf's -h is another one.
    OptionRow{"help", "", "", "", "print this text", Repeat::cumulative, "config"},

    // trace, deliver
    OptionRow{"sender", "f", "ADDRESS", "", "the envelope sender; empty or <>: the null sender",
              Repeat::never, "trace deliver verify who map diff check site probe"},
    OptionRow{"stage", "", "full|local|smtp", "full", kStageHelp, Repeat::never,
              "trace verify who map diff check"},
    OptionRow{"stage", "", "full|local|smtp", "local", kStageHelp, Repeat::never, "deliver"},
    OptionRow{"as-delivered", "", "", "",
              "what `lastmile deliver` would do by itself: the same as --stage local",
              Repeat::never, "trace"},
    OptionRow{"via", "", "SERVICE", "",
              "where mail comes in: a service of master.cf, such as submission, pickup or "
              "127.0.0.1:10025, or a port (the smtpd at port 25)",
              Repeat::never, "trace deliver"},
    OptionRow{"client", "", "ADDRESS[,NAME]", "",
              "who brings the mail to smtpd, whose answer may depend on it (some stranger)",
              Repeat::never, "trace"},
    OptionRow{"helo", "", "NAME", "", "how the client greets (its name, else [ADDRESS])",
              Repeat::never, "trace"},
    OptionRow{"sasl", "", "USER", "", "as whom the client has logged in", Repeat::never, "trace"},
    OptionRow{"tls", "", "", "", "the client has encrypted the session", Repeat::never, "trace"},
    OptionRow{"format", "", "tree|json|tsv|dot|svg|expect|html", "tree",
              "the form in which traces are shown", Repeat::never, "trace"},
    OptionRow{"message", "", "FILE", "",
              "a file with the message: its Delivered-To: lines tell where it has been",
              Repeat::never, "trace"},

    // verify
    OptionRow{"format", "", "pretty|tap|junit|json", "pretty", "the form of the report",
              Repeat::never, "verify"},
    OptionRow{"junit", "", "FILE", "", "write a JUnit file as well", Repeat::never, "verify"},
    OptionRow{"only", "", "GLOB", "", "report the cases of these addresses alone", Repeat::never,
              "verify"},
    OptionRow{"fail-fast", "", "", "", "end at the first failure", Repeat::never, "verify"},
    OptionRow{"accept", "", "", "", "make each FILE agree with what is, and print the difference",
              Repeat::never, "verify"},
    OptionRow{"all", "", "", "", "with --accept: a case for each known address that has none",
              Repeat::never, "verify"},
    OptionRow{"dry-run", "", "", "", "with --accept: print the difference, and write nothing",
              Repeat::never, "verify"},
    OptionRow{"force", "", "", "", "with --accept: also where CI is set in the environment",
              Repeat::never, "verify"},

    // who, map, diff, check: about every known address
    OptionRow{"all-domains", "", "", "",
              "ask for each name at every local domain, also where they land alike", Repeat::never,
              "who map diff check site"},
    OptionRow{"addresses", "", "FILE", "", "more addresses, one a line", Repeat::cumulative,
              "who map diff check site"},
    OptionRow{"from-log", "", "FILE", "", "the recipients of a mail log as well",
              Repeat::cumulative, "who map diff check site"},
    OptionRow{"map", "", "FILE", "",
              "ask a map that `map --format sqlite` has made, and not the host", Repeat::never,
              "who"},
    OptionRow{"direct", "", "", "", "only who leads there in one step", Repeat::never, "who"},
    OptionRow{"format", "", "tree|tsv|json|dot|html|sqlite", "tree", "the form of the map",
              Repeat::never, "map"},
    OptionRow{"output", "O", "FILE", "", "write a file, which is there whole or not at all",
              Repeat::never, "map"},
    OptionRow{"redact", "", "", "", "of commands, the program and the number of arguments alone",
              Repeat::never, "map"},
    OptionRow{"with-commands", "", "", "", "commands as they are, in the page as well",
              Repeat::never, "map trace"},
    OptionRow{"fail-on", "", "bounce", "", "status 2 when an address does not land", Repeat::never,
              "map"},
    OptionRow{"b-o", "", "NAME=VALUE", "", "override a parameter in B alone", Repeat::cumulative,
              "diff"},
    OptionRow{"format", "", "text|json|markdown", "text", "the form of the report", Repeat::never,
              "diff"},
    OptionRow{"ignore", "", "CHANGE", "",
              "lost, gained, moved, partly, refused, accepted, sender or undecided",
              Repeat::cumulative, "diff"},
    OptionRow{"limit", "", "N", "50", "groups of each change that are shown", Repeat::never,
              "diff"},
    OptionRow{"summary", "", "", "", "the counts alone", Repeat::never, "diff"},
    OptionRow{"only", "", "GLOB", "", "compare these addresses alone", Repeat::never, "diff"},
    OptionRow{"list", "", "", "", "name all addresses of a group", Repeat::never, "diff"},
    OptionRow{"all-addresses", "", "", "",
              "compare what RCPT says of each known address with where it ends", Repeat::never,
              "check"},

    // deliver
    OptionRow{"recipient", "r", "ADDRESS", "", "a recipient", Repeat::cumulative, "deliver"},
    OptionRow{"destination-user", "d", "USER", "", "a recipient: a user's name", Repeat::cumulative,
              "deliver"},
    OptionRow{"original-recipient", "a", "ADDRESS", "",
              "the recipient as it came into the mail system", Repeat::never, "deliver"},
    OptionRow{"mailbox", "m", "NAME", "", "accepted for INBOX alone", Repeat::never, "deliver"},
    OptionRow{"reject", "e", "", "", "report failures by the exit status alone, never by a message",
              Repeat::never, "deliver"},
    OptionRow{
        "queue-id", "", "ID", "",
        "the MTA's name for this message, by which the ledger (lastmile_ledger) knows a retry",
        Repeat::never, "deliver"},
    OptionRow{"null-sender", "", "NAME", "",
              "this sender stands for <>: MAILER-DAEMON, where the MTA says so", Repeat::never,
              "deliver"},
    OptionRow{"envid", "", "ID", "", "the sender's name for this message (DSN ENVID)",
              Repeat::never, "deliver"},
    OptionRow{"notify", "", "WORDS", "", "NEVER, or a list of SUCCESS, FAILURE, DELAY (DSN NOTIFY)",
              Repeat::never, "deliver"},
    OptionRow{"orcpt", "", "TYPE;ADDRESS", "",
              "the original recipient that the sender gave (DSN ORCPT)", Repeat::never, "deliver"},
    OptionRow{"ret", "", "FULL|HDRS", "", "what a report returns (DSN RET)", Repeat::never,
              "deliver"},
    OptionRow{"client-hostname", "", "NAME", "",
              "the client that brought the message, for commands", Repeat::never, "deliver"},
    OptionRow{"client-address", "", "ADDRESS", "", "its address", Repeat::never, "deliver"},
    OptionRow{"client-port", "", "PORT", "", "its TCP port", Repeat::never, "deliver"},
    OptionRow{"client-helo", "", "NAME", "", "how it greeted", Repeat::never, "deliver"},
    OptionRow{"client-protocol", "", "NAME", "", "the protocol it spoke", Repeat::never, "deliver"},
    OptionRow{"sasl-method", "", "NAME", "", "how it authenticated", Repeat::never, "deliver"},
    OptionRow{"sasl-username", "", "NAME", "", "as whom it authenticated", Repeat::never,
              "deliver"},
    OptionRow{"sasl-sender", "", "ADDRESS", "", "for whom it said to submit (AUTH= of MAIL FROM)",
              Repeat::never, "deliver"},
    OptionRow{"dry-run", "", "", "", "say what would be done, and do nothing", Repeat::never,
              "deliver"},
    OptionRow{"exit-style", "", "sysexits|qmail", "sysexits", "which codes the exit status has",
              Repeat::never, "deliver"},

    // lmtp
    OptionRow{"listen", "", "ADDRESS", "",
              "serve connections: unix:PATH[,mode=0660][,group=NAME] or inet:[HOST:]PORT; without "
              "it standard input and output, or the sockets that systemd has opened",
              Repeat::cumulative, "lmtp"},

    // lookup
    OptionRow{"steps", "", "", "",
              "take each key for an address, and show the keys by which it is looked up",
              Repeat::never, "lookup"},
    OptionRow{
        "for", "", "PARAMETER", "",
        "--steps as Postfix asks the tables of this parameter, such as transport_maps; without "
        "TYPE:TABLE those that it names",
        Repeat::never, "lookup"},

    // alias, table
    OptionRow{
        "into", "", "DIR", "",
        "compile the tables of the tree DIR: texts and indexes are below it, as its main.cf is",
        Repeat::never, "alias table"},

    // check
    OptionRow{"list", "", "", "",
              "name the rules; with --all-addresses, all addresses of a finding", Repeat::never,
              "check"},
    OptionRow{"explain", "", "RULE", "", "what a rule is about: the fault, the harm, the cure",
              Repeat::never, "check"},
    OptionRow{"only", "", "RULES", "", "these rules alone; '*' stands for any text",
              Repeat::cumulative, "check"},
    OptionRow{"fail-on", "", "error|warning|notice|never", "error",
              "the least finding for which the exit status is 2", Repeat::never, "check"},
    OptionRow{"format", "", "text|json|sarif|github|tap|junit", "text",
              "the form in which findings are shown", Repeat::never, "check"},

    // explain
    OptionRow{"grep", "", "ADDRESS", "", "of a log, only the messages in which this address occurs",
              Repeat::never, "explain"},
    OptionRow{"all", "", "", "", "of a log, what went well, too", Repeat::never, "explain"},

    // probe
    OptionRow{"recipients", "", "N", "3", "so many known recipients of each server", Repeat::never,
              "probe"},
    OptionRow{"timeout", "", "SECONDS", "5", "how long each step may take", Repeat::never, "probe"},
    OptionRow{"record", "", "FILE", "", "write the answers as JSON, for check --probe FILE",
              Repeat::never, "probe"},
    OptionRow{"probe", "", "FILE", "", "with the answers of servers that probe --record has kept",
              Repeat::never, "check"},

    // config: the letters of postconf(1)
    OptionRow{"", "n", "", "", "only what main.cf, lastmile.cf or -o sets", Repeat::never,
              "config"},
    OptionRow{"", "d", "", "", "the built-in defaults", Repeat::never, "config"},
    OptionRow{"releases", "", "", "", "what has changed between releases of Postfix, in Markdown",
              Repeat::never, "config"},
    OptionRow{"", "x", "", "", "with $name expanded", Repeat::never, "config"},
    OptionRow{"", "h", "", "", "the values alone", Repeat::never, "config"},

    OptionRow{"service", "", "NAME", "",
              "the parameters of this service of master.cf, with its -o: NAME or NAME/TYPE",
              Repeat::never, "config"},

    // JSON
    OptionRow{"json", "j", "", "", "the same as --format json", Repeat::never,
              "trace verify map diff"},
    OptionRow{"json", "j", "", "", "JSON Lines, and a summary at the end", Repeat::never,
              "who explain probe"},
    OptionRow{"json", "j", "", "", "print one line of JSON for each final status", Repeat::never,
              "deliver"},
    OptionRow{"json", "j", "", "", "one JSON object for each key", Repeat::never, "lookup"},
    OptionRow{"json", "j", "", "", "the same as --format json", Repeat::never, "check"},
    OptionRow{"json", "j", "", "", "one JSON object for each parameter", Repeat::never, "config"},
    OptionRow{"json", "j", "", "", "JSON Lines", Repeat::never, "site"},
};

}  // namespace

std::span<const OptionRow> option_rows() {
  return kRows;
}

bool is_global(const OptionRow& row) {
  return row.commands == kEveryCommand;
}

bool takes(std::string_view command, const OptionRow& row) {
  bool is_among = is_global(row);
  for (std::string_view rest = row.commands; !is_among && !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    is_among = rest.substr(0, end) == command;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return is_among;
}

bool takes_option(std::string_view command, std::string_view name) {
  return std::any_of(kRows.begin(), kRows.end(),
                     [&](const OptionRow& row) { return row.name == name && takes(command, row); });
}

std::string_view key_of(const OptionRow& row) {
  return row.name.empty() ? row.letters.substr(0, 1) : row.name;
}

}  // namespace lastmile
