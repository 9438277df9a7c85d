// SPDX-License-Identifier: Apache-2.0
#include "tests/local/checks/rule_rows.h"

#include <array>

namespace lastmile::test {
namespace {

// clang-format off
constexpr std::array kRows = {
    RuleRow{"parameter-unknown", R"(== /etc/postfix/main.cf
mailbox_trasport = lmtp:unix:/run/lmtp
)", "did you mean `mailbox_transport`", R"(== /etc/postfix/main.cf
mailbox_transport =
)", ""},
    RuleRow{"parameter-unknown", R"(== /etc/postfix/main.cf
smtp_host_lokup = native
)", "smtp_host_lookup", R"(== /etc/postfix/main.cf
smtp_host_lookup = native
)", ""},
    RuleRow{"parameter-unused", R"(== /etc/postfix/main.cf
corp_domain = example.com
)", "nothing uses it", R"(== /etc/postfix/main.cf
corp_domain = example.com
local_transport = ${corp_domain?local}
)", ""},
    RuleRow{"parameter-duplicate", R"(== /etc/postfix/main.cf
mailbox_size_limit = 0
mailbox_size_limit = 200000000
)", "has no effect", R"(== /etc/postfix/main.cf
mailbox_size_limit = 0
)", ""},
    RuleRow{"parameter-duplicate", R"(== /etc/postfix/main.cf
biff = no
biff = no
)", "says the same", R"(== /etc/postfix/main.cf
biff = no
)", ""},
    RuleRow{"parameter-swallowed", R"(== /etc/postfix/main.cf
proxy_interfaces = 192.0.2.1
  # text
  biff = no
)", "`biff` is not set", R"(== /etc/postfix/main.cf
proxy_interfaces = 192.0.2.1
biff = no
)", ""},
    RuleRow{"parameter-comment-in-value", R"(== /etc/postfix/main.cf
mynetworks = 127.0.0.0/8 # this host
)", "# this host", R"(== /etc/postfix/main.cf
# this host
mynetworks = 127.0.0.0/8
)", ""},
    RuleRow{"parameter-undefined-macro", R"(== /etc/postfix/main.cf
proxy_interfaces = $nosuchparam
)", "$nosuchparam", R"(== /etc/postfix/main.cf
proxy_interfaces = $inet_interfaces
)", ""},
    RuleRow{"parameter-undefined-macro", R"(== /etc/postfix/main.cf
proxy_interfaces = ${nosuchparam}
)", "stands for nothing", R"(== /etc/postfix/main.cf
proxy_interfaces = ${nosuchparam?{x}:{192.0.2.1}}
)", ""},
    RuleRow{"parameter-bad-value", R"(== /etc/postfix/main.cf
owner_request_special = true
)", "every Postfix program ends", R"(== /etc/postfix/main.cf
owner_request_special = yes
)", ""},
    RuleRow{"parameter-bad-value", R"(== /etc/postfix/main.cf
mailbox_delivery_lock = dotlok
)", "local(8) does not start", R"(== /etc/postfix/main.cf
mailbox_delivery_lock = dotlock
)", ""},
    RuleRow{"parameter-bad-value", R"(== /etc/postfix/main.cf
bounce_queue_lifetime = 43200
)", "more than fits", R"(== /etc/postfix/main.cf
bounce_queue_lifetime = 5d
)", ""},
    RuleRow{"parameter-bad-value", R"(== /etc/postfix/main.cf
smtpd_sasl_auth_enable = on
)", "yes or no", R"(== /etc/postfix/main.cf
smtpd_sasl_auth_enable = no
)", ""},
    RuleRow{"parameter-quoted", R"(== /etc/postfix/main.cf
virtual_alias_domains = "quoted.example"
)", "never matches", R"(== /etc/postfix/main.cf
masquerade_domains = example.com
)", ""},
    RuleRow{"parameter-without-equals", R"(== /etc/postfix/main.cf
relayhost
)", "missing '='", R"(== /etc/postfix/main.cf
relayhost =
)", ""},
    RuleRow{"parameter-obsolete", R"(== /etc/postfix/main.cf
disable_dns_lookups = yes
)", "given up", R"(== /etc/postfix/main.cf
smtp_dns_support_level = disabled
)", ""},
    RuleRow{"parameter-too-new", R"(== /etc/postfix/main.cf
smtp_tls_enable_rpk = yes
)", "came with Postfix 3.9", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.9
smtp_tls_enable_rpk = yes
)", ""},
    RuleRow{"parameter-too-new", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.7.5
smtpd_forbid_bare_newline = yes
)", "came with Postfix 3.7.9, 3.8.4, 3.9", R"(== /etc/postfix/main.cf
smtpd_forbid_bare_newline = yes
)", ""},
    RuleRow{"text-byte-order-mark", R"(== /etc/postfix/transport
﻿a.example discard:x
== /etc/postfix/main.cf
transport_maps = hash:/etc/postfix/transport
)", "byte order mark", R"(== /etc/postfix/transport
a.example discard:x
== /etc/postfix/main.cf
transport_maps = hash:/etc/postfix/transport
)", ""},
    RuleRow{"master-option-split", R"(== /etc/postfix/master.cf
foo unix - - n - - lmtp -o lmtp_tls_loglevel = 1
)", "end the option", R"(== /etc/postfix/master.cf
foo unix - - n - - lmtp -o { lmtp_tls_loglevel = 1 }
)", ""},
    RuleRow{"master-option-split", R"(== /etc/postfix/master.cf
foo unix - - n - - discard -o lmtp_tls_loglevel
)", "end the option", R"(== /etc/postfix/master.cf
foo unix - - n - - lmtp -o lmtp_tls_loglevel=1
)", ""},
    RuleRow{"master-option-unknown", R"(== /etc/postfix/master.cf
foo unix - - n - - lmtp -o lmtp_nosuch=1
)", "no parameter", R"(== /etc/postfix/master.cf
foo unix - - n - - lmtp -o lmtp_tls_loglevel=1
)", ""},
    RuleRow{"master-comment-behind", R"(== /etc/postfix/master.cf
foo unix - - n - - lmtp # note
)", "given to the program", R"(== /etc/postfix/master.cf
# note
foo unix - - n - - lmtp
)", ""},
    RuleRow{"master-service-twice", R"(== /etc/postfix/master.cf
foo unix - - n - - lmtp
foo unix - - n - - discard
)", "no effect", R"(== /etc/postfix/master.cf
foo unix - - n - - lmtp
bar unix - - n - - discard
)", ""},
    RuleRow{"master-program-missing", R"(== /etc/postfix/master.cf
foo unix - - n - - nosuchd
== /usr/lib/postfix/sbin/smtpd

== /usr/lib/postfix/sbin/pickup

== /usr/lib/postfix/sbin/cleanup

== /usr/lib/postfix/sbin/qmgr

== /usr/lib/postfix/sbin/trivial-rewrite

== /usr/lib/postfix/sbin/bounce

== /usr/lib/postfix/sbin/smtp

== /usr/lib/postfix/sbin/error

== /usr/lib/postfix/sbin/discard

== /usr/lib/postfix/sbin/local

== /usr/lib/postfix/sbin/virtual

== /usr/lib/postfix/sbin/lmtp

== /etc/postfix/main.cf
daemon_directory = /usr/lib/postfix/sbin
)", "no program `nosuchd`", R"(== /usr/lib/postfix/sbin/smtpd

== /usr/lib/postfix/sbin/pickup

== /usr/lib/postfix/sbin/cleanup

== /usr/lib/postfix/sbin/qmgr

== /usr/lib/postfix/sbin/trivial-rewrite

== /usr/lib/postfix/sbin/bounce

== /usr/lib/postfix/sbin/smtp

== /usr/lib/postfix/sbin/error

== /usr/lib/postfix/sbin/discard

== /usr/lib/postfix/sbin/local

== /usr/lib/postfix/sbin/virtual

== /usr/lib/postfix/sbin/lmtp

== /etc/postfix/main.cf
daemon_directory = /usr/lib/postfix/sbin
)", ""},
    RuleRow{"master-fields-missing", R"(== /etc/postfix/master.cf
foo unix - - n - lmtp
)", "does not start", R"(== /etc/postfix/master.cf
foo unix - - n - - lmtp
)", ""},
    RuleRow{"pipe-user-missing", R"(== /etc/postfix/master.cf
foo unix - n n - - pipe argv=/bin/true
== /etc/postfix/main.cf
fallback_transport_maps = inline:{alice=foo:}
)", "waits", R"(== /etc/postfix/master.cf
foo unix - n n - - pipe user=bob argv=/bin/true
== /etc/postfix/main.cf
fallback_transport_maps = inline:{alice=foo:}
)", ""},
    RuleRow{"service-does-not-start", R"(== /etc/postfix/master.cf
foo unix - - n - - local
== /etc/postfix/main.cf
transport_maps = inline:{a.example=foo:}
)", "privileged", R"(== /etc/postfix/master.cf
foo unix - n n - - local
)", ""},
    RuleRow{"service-missing", R"(== /etc/postfix/main.cf
mailbox_transport = unix:/run/lmtp
local_recipient_maps = static:x
)", "no service `unix`", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/lmtp
local_recipient_maps = static:x
)", ""},
    RuleRow{"service-missing", R"(== /etc/postfix/main.cf
transport_maps = inline:{a.example=nosuch:x}
)", "no service `nosuch`", R"(== /etc/postfix/main.cf
transport_maps = inline:{a.example=discard:x}
)", ""},
    RuleRow{"content-filter-unmapped", R"(== /etc/postfix/main.cf
receive_override_options = no_address_mappings
)", "no virtual alias", R"(== /etc/postfix/main.cf
receive_override_options = no_address_mappings
== /etc/postfix/master.cf
10025 inet n - n - - smtpd -o receive_override_options=no_header_body_checks
)", ""},
    RuleRow{"table-type-missing", R"(== /etc/postfix/main.cf
virtual_alias_maps = /etc/postfix/virtual
)", "needs its type", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains =
== /etc/postfix/virtual
info@example.com alice@example.com
)", ""},
    RuleRow{"table-type-unknown", R"(== /etc/postfix/main.cf
relocated_maps = hsh:/etc/postfix/relocated
)", "did you mean \"hash\"", R"(== /etc/postfix/main.cf
relocated_maps = hash:/etc/postfix/relocated
== /etc/postfix/relocated
old@example.com new@example.net
)", ""},
    RuleRow{"table-type-leaving", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.11
relocated_maps = btree:/etc/r
alias_maps = texthash:/etc/a
alias_database =
== /etc/r
old new
== /etc/a
postmaster root
root alice
mailer-daemon root
abuse root
hostmaster root
webmaster root
security root
)", "Berkeley DB", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.11
alias_maps = texthash:/etc/a
alias_database =
== /etc/a
postmaster root
root alice
mailer-daemon root
abuse root
hostmaster root
webmaster root
security root
)", ""},
    RuleRow{"table-index-missing", R"(== /etc/postfix/main.cf
relocated_maps = hash:/etc/postfix/relocated
)", "does not exist", R"(== /etc/postfix/main.cf
relocated_maps = hash:/etc/postfix/relocated
== /etc/postfix/relocated
old@example.com new@example.net
)", ""},
    RuleRow{"table-index-stale", R"(== /etc/postfix/main.cf
relocated_maps = hash:/etc/postfix/relocated
== /etc/postfix/relocated
old@example.com new@example.net
late@example.com x@example.net
== index hash:/etc/postfix/relocated
old@example.com new@example.net
)", "late@example.com", R"(== /etc/postfix/main.cf
relocated_maps = hash:/etc/postfix/relocated
== /etc/postfix/relocated
old@example.com new@example.net
== index hash:/etc/postfix/relocated
old@example.com new@example.net
)", ""},
    RuleRow{"table-built-by-wrong-tool", R"(== /etc/postfix/main.cf
alias_maps = hash:/etc/aliases, texthash:/etc/more
== /etc/more
sales: alice
)", "end in a colon", R"(== /etc/postfix/main.cf
alias_maps = hash:/etc/aliases, texthash:/etc/more
== /etc/more
sales alice
)", ""},
    RuleRow{"table-duplicate-key", R"(== /etc/aliases
dup: alice
dup: bob
)", "defined again", R"(== /etc/aliases
dup: alice, bob
)", ""},
    RuleRow{"table-text-duplicate-key", R"(== /etc/postfix/main.cf
relocated_maps = texthash:/etc/r
== /etc/r
dup alice
dup bob
)", "will not use this table", R"(== /etc/postfix/main.cf
relocated_maps = texthash:/etc/r
== /etc/r
dup alice,bob
)", ""},
    RuleRow{"table-line-skipped", R"(== /etc/aliases
user@example.com: alice
)", "not used", R"(== /etc/aliases
user: alice
)", ""},
    RuleRow{"table-line-skipped", R"(== /etc/postfix/main.cf
relocated_maps = hash:/etc/r
== /etc/r
lonely
)", "not used", R"(== /etc/postfix/main.cf
relocated_maps = hash:/etc/r
== /etc/r
lonely there
)", ""},
    RuleRow{"table-key-never-asked", R"(== /etc/postfix/main.cf
mailbox_transport_maps = inline:{alice@example.com=discard:x}
)", "never asked", R"(== /etc/postfix/main.cf
mailbox_transport_maps = inline:{alice=discard:x}
)", ""},
    RuleRow{"table-key-never-asked", R"(== /etc/postfix/main.cf
transport_maps = inline:{@a.example=discard:x}
)", "never asked", R"(== /etc/postfix/main.cf
transport_maps = inline:{a.example=discard:x}
)", ""},
    RuleRow{"table-unreadable", R"(== /etc/postfix/main.cf
relocated_maps = proxy:texthash:/etc/r
== /etc/r 600 0
old new
)", "may not read", R"(== /etc/postfix/main.cf
relocated_maps = proxy:texthash:/etc/r
== /etc/r 644 0
old new
)", ""},
    RuleRow{"table-not-approved", R"(== /etc/postfix/main.cf
relocated_maps = proxy:texthash:/etc/r
proxy_read_maps = $virtual_mailbox_maps
== /etc/r
old new
)", "not in proxy_read_maps", R"(== /etc/postfix/main.cf
relocated_maps = proxy:texthash:/etc/r
== /etc/r
old new
)", ""},
    RuleRow{"table-writable", R"(== /etc/aliases 666 0
x: alice
)", "anybody can write", R"(== /etc/aliases 644 0
x: alice
)", ""},
    RuleRow{"table-not-rebuilt", R"(== /etc/postfix/main.cf
alias_maps = hash:/etc/aliases, hash:/etc/aliases2
== /etc/aliases2
sales: alice
)", "newaliases does not build", R"(== /etc/postfix/main.cf
alias_maps = hash:/etc/aliases, hash:/etc/aliases2
alias_database = $alias_maps
== /etc/aliases2
sales: alice
)", ""},
    RuleRow{"list-item-never-matches", R"(== /etc/postfix/main.cf
mydestination = .corp.example, example.com
)", "never matches", R"(== /etc/postfix/main.cf
mydestination = a.corp.example, example.com
)", ""},
    RuleRow{"list-table-broken", R"(== /etc/postfix/main.cf
virtual_alias_domains = texthash:/etc/nodb
)", "refused for now", R"(== /etc/postfix/main.cf
virtual_alias_domains = texthash:/etc/db
== /etc/db
v.example x
)", ""},
    RuleRow{"inline-value-split", R"(== /etc/postfix/main.cf
relocated_maps = inline:{a=b c}
)", "braces", R"(== /etc/postfix/main.cf
relocated_maps = inline:{ {a=b c} }
)", ""},
    RuleRow{"pattern-unanchored", R"(== /etc/postfix/main.cf
virtual_alias_maps = pcre:/etc/v
virtual_alias_domains =
== /etc/v
/sales@example\.com/ alice
)", "longer addresses", R"(== /etc/postfix/main.cf
virtual_alias_maps = pcre:/etc/v
virtual_alias_domains =
== /etc/v
/^sales@example\.com$/ alice
)", ""},
    RuleRow{"pattern-takes-domains", R"(== /etc/postfix/main.cf
virtual_alias_maps = pcre:/etc/v
== /etc/v
/sales/ alice@example.com
)", "a domain of this host", R"(== /etc/postfix/main.cf
virtual_alias_maps = pcre:/etc/v
virtual_alias_domains =
== /etc/v
/sales/ alice@example.com
)", ""},
    RuleRow{"pattern-i-flag", R"(== /etc/postfix/main.cf
relocated_maps = pcre:/etc/v
== /etc/v
/^Sales@/i alice
)", "case-sensitive", R"(== /etc/postfix/main.cf
relocated_maps = pcre:/etc/v
== /etc/v
/^Sales@/ alice
)", ""},
    RuleRow{"pattern-substitution-forbidden", R"(== /etc/postfix/main.cf
transport_maps = pcre:/etc/v
== /etc/v
/^a-(.*)@/ discard:$1
)", "not allowed", R"(== /etc/postfix/main.cf
transport_maps = pcre:/etc/v
== /etc/v
/^a-(.*)@/ discard:x
)", ""},
    RuleRow{"pattern-misses-extension", R"(== /etc/postfix/main.cf
virtual_alias_maps = pcre:/etc/v
virtual_alias_domains =
recipient_delimiter = +
== /etc/v
/^all@example\.com$/ alice
)", "not matched", R"(== /etc/postfix/main.cf
virtual_alias_maps = pcre:/etc/v
virtual_alias_domains =
recipient_delimiter = +
== /etc/v
/^all(\+.*)?@example\.com$/ alice
)", ""},
    RuleRow{"pattern-unreachable", R"(== /etc/postfix/main.cf
header_checks = pcre:/etc/v
== /etc/v
/./ WARN
/^Subject: x/ REJECT
)", "never reached", R"(== /etc/postfix/main.cf
header_checks = pcre:/etc/v
== /etc/v
/^Subject: x/ REJECT
/./ WARN
)", ""},
    RuleRow{"pattern-unreachable", R"(== /etc/postfix/main.cf
header_checks = pcre:/etc/v
== /etc/v
/^X-A:/ WARN
/^X-A:/ REJECT
)", "is the same", R"(== /etc/postfix/main.cf
header_checks = pcre:/etc/v
== /etc/v
if /^X/
/^X-A:/ WARN
endif
/^X-A:/ REJECT
)", ""},
    RuleRow{"sql-parameter-unquoted", R"(== /etc/postfix/main.cf
relocated_maps = mysql:/etc/q.cf
== /etc/q.cf
hosts = unix:/run/nosuch
dbname = mail
query = SELECT goto FROM a WHERE id = %s
)", "not quoted", R"(== /etc/postfix/main.cf
relocated_maps = mysql:/etc/q.cf
== /etc/q.cf
hosts = unix:/run/nosuch
dbname = mail
query = SELECT goto FROM a WHERE id = '%s'
)", "table-not-listable"},
    RuleRow{"sql-double-quotes", R"(== /etc/postfix/main.cf
relocated_maps = pgsql:/etc/q.cf
== /etc/q.cf
hosts = unix:/run/nosuch
dbname = mail
query = SELECT goto FROM a WHERE name = "%s"
)", "not protected", R"(== /etc/postfix/main.cf
relocated_maps = mysql:/etc/q.cf
== /etc/q.cf
hosts = unix:/run/nosuch
dbname = mail
query = SELECT goto FROM a WHERE name = '%s'
)", "table-not-listable"},
    RuleRow{"sql-alias-domain", R"(== /etc/postfix/main.cf
alias_maps = hash:/etc/aliases, mysql:/etc/q.cf
== /etc/q.cf
hosts = unix:/run/nosuch
dbname = mail
query = SELECT goto FROM a WHERE name = '%s'
domain = example.com
)", "without a domain", "", "table-not-listable"},
    RuleRow{"sql-key-case", R"(== /etc/postfix/main.cf
relocated_maps = sqlite:/etc/q.cf
== /etc/q.cf
dbpath = /etc/d
query = SELECT goto FROM a WHERE name = '%s'
== index sqlite:/etc/q.cf
Sales x@example.net
)", "because of capitals", R"(== /etc/postfix/main.cf
relocated_maps = sqlite:/etc/q.cf
== /etc/q.cf
dbpath = /etc/d
query = SELECT goto FROM a WHERE name = '%s'
== index sqlite:/etc/q.cf
sales x@example.net
)", ""},
    RuleRow{"sql-empty-value", R"(== /etc/postfix/main.cf
relocated_maps = sqlite:/etc/q.cf
== /etc/q.cf
dbpath = /etc/d
query = SELECT goto FROM a WHERE name = '%s'
== index sqlite:/etc/q.cf
empty
)", "empty value", R"(== /etc/postfix/main.cf
relocated_maps = sqlite:/etc/q.cf
== /etc/q.cf
dbpath = /etc/d
query = SELECT goto FROM a WHERE name = '%s'
== index sqlite:/etc/q.cf
empty x@example.net
)", ""},
    RuleRow{"sql-query-fails", R"(== /etc/postfix/main.cf
relocated_maps = sqlite:/etc/q.cf
== /etc/q.cf
dbpath = /etc/nosuch.sqlite
query = SELECT goto FROM a WHERE name = '%s'
)", "waits", "", ""},
    RuleRow{"sql-second-column", R"(== /etc/postfix/main.cf
relocated_maps = sqlite:/etc/q.cf
== /etc/q.cf
dbpath = /etc/nosuch.sqlite
query = SELECT goto, extra FROM a WHERE name = '%s'
)", "only the first column", "", "sql-query-fails"},
    RuleRow{"table-not-listable", R"(== /etc/postfix/main.cf
relocated_maps = mysql:/etc/q.cf
== /etc/q.cf
hosts = unix:/run/nosuch
dbname = mail
query = SELECT goto FROM a WHERE name = '%s'
)", "are not looked at", "", ""},
    RuleRow{"class-domain-twice", R"(== /etc/postfix/main.cf
virtual_alias_domains = both.example
relay_domains = both.example
relay_recipient_maps = static:x
)", "the first counts", R"(== /etc/postfix/main.cf
virtual_alias_domains = both.example
)", ""},
    RuleRow{"class-domain-unlisted", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains = other.example
== /etc/postfix/virtual
sales@undeclared.example alice@example.com
)", "in no class", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains = undeclared.example
== /etc/postfix/virtual
sales@undeclared.example alice@example.com
)", ""},
    RuleRow{"class-origin-not-ours", R"(== /etc/postfix/main.cf
relayhost =
myorigin = nowhere.example
)", "leaves this host", R"(== /etc/postfix/main.cf
relayhost =
myorigin = localhost
)", ""},
    RuleRow{"class-no-local", R"(== /etc/postfix/main.cf
mydestination =
)", "nothing is local", R"(== /etc/postfix/main.cf
mydestination = localhost, example.com
)", ""},
    RuleRow{"alias-never-consulted", R"(== /etc/postfix/main.cf
local_transport = lmtp:unix:/run/lmtp
local_recipient_maps = static:x
)", "never used", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/lmtp
local_recipient_maps = static:x
)", ""},
    RuleRow{"transport-wildcard-local", R"(== /etc/postfix/main.cf
transport_maps = inline:{*=smtp:[relay.example]}
)", "also takes", R"(== /etc/postfix/main.cf
transport_maps = inline:{example.com=local:, mail.example.com=local:, localhost=local:, *=smtp:[relay.example]}
)", ""},
    RuleRow{"rcpt-local-unchecked", R"(== /etc/postfix/main.cf
local_recipient_maps =
)", "every name", R"(== /etc/postfix/main.cf
local_recipient_maps = unix:passwd.byname $alias_maps
)", ""},
    RuleRow{"rcpt-virtual-unchecked", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_transport = lmtp:unix:/run/lmtp
)", "every name at box.example", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_transport = lmtp:unix:/run/lmtp
virtual_mailbox_maps = inline:{bob@box.example=x}
)", ""},
    RuleRow{"rcpt-relay-unchecked", R"(== /etc/postfix/main.cf
relay_domains = rel.example
)", "every name at rel.example", R"(== /etc/postfix/main.cf
relay_domains = rel.example
relay_recipient_maps = inline:{bob@rel.example=x}
)", ""},
    RuleRow{"rcpt-wildcard-accepts", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains = old.example
== /etc/postfix/virtual
@old.example @example.com
)", "every name at old.example", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains = old.example
== /etc/postfix/virtual
bob@old.example bob@example.com
)", ""},
    RuleRow{"rcpt-refuses-transport-users", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/lmtp
)", "refused at RCPT", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/lmtp
local_recipient_maps = static:x
)", ""},
    RuleRow{"rcpt-alias-pattern", R"(== /etc/postfix/main.cf
alias_maps = hash:/etc/aliases, pcre:/etc/v
== /etc/v
/^joker$/ alice
)", "never matched at RCPT", R"(== /etc/postfix/main.cf
alias_maps = hash:/etc/aliases, pcre:/etc/v
== /etc/v
/^joker(@.*)?$/ alice
)", ""},
    RuleRow{"rcpt-chroot-passwd", R"(== /etc/postfix/main.cf
local_recipient_maps = unix:passwd.byname $alias_maps
== /etc/postfix/master.cf
587 inet n - y - - smtpd
)", "chrooted", R"(== /etc/postfix/main.cf
local_recipient_maps = proxy:unix:passwd.byname $alias_maps
== /etc/postfix/master.cf
587 inet n - y - - smtpd
)", ""},
    RuleRow{"rcpt-soft", R"(== /etc/postfix/main.cf
soft_bounce = yes
)", "soft_bounce is on", R"(== /etc/postfix/main.cf
soft_bounce = no
)", ""},
    RuleRow{"restriction-unknown", R"(== /etc/postfix/main.cf
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destinations
)", "no restriction", R"(== /etc/postfix/main.cf
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
)", ""},
    RuleRow{"access-action-unknown", R"(== /etc/postfix/main.cf
smtpd_sender_restrictions = check_sender_access inline:{spam.example=REJCT}
)", "no action", R"(== /etc/postfix/main.cf
smtpd_sender_restrictions = check_sender_access inline:{spam.example=REJECT}
)", ""},
    RuleRow{"relay-restriction-missing", R"(== /etc/postfix/main.cf
smtpd_relay_restrictions =
smtpd_recipient_restrictions = permit_mynetworks
)", "no rule rejects relaying", R"(== /etc/postfix/main.cf
smtpd_recipient_restrictions = permit_mynetworks
)", ""},
    RuleRow{"relay-ok-before-reject", R"(== /etc/postfix/main.cf
smtpd_recipient_restrictions = check_sender_access inline:{customer.example=OK}, reject_unauth_destination
smtpd_relay_restrictions =
)", "may relay", R"(== /etc/postfix/main.cf
smtpd_recipient_restrictions = check_sender_access inline:{customer.example=OK}, reject_unauth_destination
)", ""},
    RuleRow{"alias-loop", R"(== /etc/aliases
l1: l2
l2: l1
)", "l1 -> l2 -> l1", R"(== /etc/aliases
l1: l2
l2: alice
)", ""},
    RuleRow{"alias-loop", R"(== /etc/aliases
l1: :include:/etc/l
owner-l1: bob
== /etc/l
l1
)", "l1 -> :include:/etc/l -> l1", R"(== /etc/aliases
bob: :include:/etc/l
owner-bob: carol
== /etc/l
bob
carol
)", ""},
    RuleRow{"alias-dead-member", R"(== /etc/aliases
dead: alice, nosuch
)", "nosuch does not exist", R"(== /etc/aliases
dead: alice
)", ""},
    RuleRow{"alias-dead-member", R"(== /etc/aliases
d1: alice, nosuch
d2: bob, nosuch@example.com, nosuch
)", "lists name it", R"(== /etc/aliases
d: alice, someone@remote.example
)", ""},
    RuleRow{"alias-self-without-account", R"(== /etc/aliases
self: self
)", "no account self", R"(== /etc/aliases
bob: bob, carol
)", ""},
    RuleRow{"alias-continuation-lost", R"(== /etc/aliases
sales: alice,
bob
)", "no part of sales", R"(== /etc/aliases
sales: alice,
   bob
)", ""},
    RuleRow{"alias-value-words", R"(== /etc/aliases
words: alice # the boss
)", "no comment here", R"(== /etc/aliases
# the boss
words: alice
)", ""},
    RuleRow{"alias-owner-missing", R"(== /etc/aliases
l: :include:/etc/l
== /etc/l
alice
)", "bounces of l", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l
alice
)", ""},
    RuleRow{"alias-owner-caught", R"(== /etc/postfix/main.cf
alias_maps = hash:/etc/aliases, pcre:/etc/v
== /etc/v
/^owner-.*/ root
)", "storm", R"(== /etc/postfix/main.cf
luser_relay = root
local_recipient_maps = static:x
)", ""},
    RuleRow{"alias-postmaster-missing", R"(== /etc/postfix/main.cf
alias_maps = texthash:/etc/a
== /etc/a
root alice
abuse root
hostmaster root
webmaster root
security root
mailer-daemon root
)", "thrown away", "", ""},
    RuleRow{"alias-root-unread", R"(== /etc/postfix/main.cf
alias_maps = texthash:/etc/a
== /etc/a
postmaster bob
abuse bob
hostmaster bob
webmaster bob
security bob
mailer-daemon bob
)", "nobody reads", "", ""},
    RuleRow{"alias-role-missing", R"(== /etc/postfix/main.cf
alias_maps = texthash:/etc/a
== /etc/a
postmaster bob
root bob
hostmaster bob
webmaster bob
security bob
mailer-daemon bob
)", "abuse@example.com", "", ""},
    RuleRow{"alias-hides-account", R"(== /etc/aliases
bob: carol
)", "hides the account", R"(== /etc/aliases
bob: bob, carol
)", ""},
    RuleRow{"member-command-unquoted", R"(== /etc/aliases
cmd: |/bin/cat -u
)", "is the command", R"(== /etc/aliases
cmd: "|/bin/cat -u"
)", ""},
    RuleRow{"member-quote-open", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l
"bob
carol
)", "not closed", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l
bob
carol
)", ""},
    RuleRow{"include-semicolon", R"(== /etc/aliases
l: :include:/var/mail/list;
)", "with the semicolon", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l
bob
)", ""},
    RuleRow{"include-missing", R"(== /etc/aliases
l: :include:/etc/nosuch
owner-l: bob
)", "does not exist", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l
bob
)", ""},
    RuleRow{"include-world-writable", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l 666
bob
)", "world-writable", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l 664
bob
)", ""},
    RuleRow{"include-link-of-user", R"(== /etc/aliases
l: :include:/home/bob/l
owner-l: bob
== symlink /home/bob/l 777 2002
/etc/l
== /etc/l
bob
)", "symbolic link of uid 2002", R"(== /etc/aliases
l: :include:/home/bob/l
owner-l: bob
== symlink /home/bob/l
/etc/l
== /etc/l
bob
)", ""},
    RuleRow{"include-empty", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l
# nobody
)", "names nobody", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l
bob
)", ""},
    RuleRow{"include-command-restricted", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l
|/bin/true
)", "not allowed in include files", R"(== /etc/aliases
l: "|/bin/true"
)", ""},
    RuleRow{"include-indented-comment", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l
bob
 # carol
)", "no comment here", R"(== /etc/aliases
l: :include:/etc/l
owner-l: bob
== /etc/l
bob
# carol
)", ""},
    RuleRow{"file-target-refused", R"(== /etc/aliases
arch: /etc/arch
)", "may not create", R"(== /etc/aliases
arch: /var/mail/arch
)", ""},
    RuleRow{"command-missing", R"(== /etc/aliases
cmd: "|/usr/bin/nosuch -x"
)", "does not exist", R"(== /etc/aliases
cmd: "|/bin/true"
== /bin/true 755

)", ""},
    RuleRow{"command-not-executable", R"(== /etc/aliases
cmd: "|/etc/secret.sh"
== /etc/secret.sh 700
#!/bin/sh
)", "may not execute", R"(== /etc/aliases
cmd: "|/etc/secret.sh"
== /etc/secret.sh 755
#!/bin/sh
)", ""},
    RuleRow{"account-upper-case", R"(== /etc/passwd
Gina:x:2007:2007::/home/gina:/bin/sh
)", "cannot get mail", R"(== /etc/passwd
gina:x:2007:2007::/home/gina:/bin/sh
)", ""},
    RuleRow{"account-has-delimiter", R"(== /etc/passwd
anna-maria:x:2008:2008::/home/am:/bin/sh
== /etc/postfix/main.cf
recipient_delimiter = -
)", "split at", R"(== /etc/passwd
anna-maria:x:2008:2008::/home/am:/bin/sh
== /etc/postfix/main.cf
recipient_delimiter = +
)", ""},
    RuleRow{"account-system-receives", R"(== /etc/passwd
www-data:x:33:33::/var/www:/usr/sbin/nologin
)", "nobody reads", R"(== /etc/passwd
www-data:x:33:33::/var/www:/usr/sbin/nologin
== /etc/aliases
www-data: root
)", ""},
    RuleRow{"forward-ignored", R"(== symlink /home/alice/.forward
fw
== /home/alice/fw 644 2001
bob
)", "does not use this file", R"(== /home/alice/.forward 644 2001
bob
)", ""},
    RuleRow{"forward-out-of-sight", R"(== directory /home/bob 700 0
== /home/bob/.forward 644 2002
alice
)", "may not enter", R"(== /home/bob/.forward 644 2002
alice
)", ""},
    RuleRow{"forward-without-destination", R"(== /home/alice/.forward 644 2001
# nothing
)", "forwards nothing", R"(== /home/alice/.forward 644 2001
bob
)", ""},
    RuleRow{"forward-path-tilde", R"(== /etc/postfix/main.cf
forward_path = ~/.forward
)", "means nothing", R"(== /etc/postfix/main.cf
forward_path = $home/.forward
)", ""},
    RuleRow{"forward-never-read", R"(== /etc/postfix/main.cf
forward_path =
== /home/alice/.forward 644 2001
bob
)", "never read", R"(== /home/alice/.forward 644 2001
bob
)", ""},
    RuleRow{"mailbox-setting-shadowed", R"(== /etc/postfix/main.cf
mailbox_command = /bin/x
home_mailbox = Maildir/
)", "no effect", R"(== /etc/postfix/main.cf
home_mailbox = Maildir/
)", ""},
    RuleRow{"home-mailbox-slash", R"(== /etc/postfix/main.cf
home_mailbox = Maildir
)", "mbox file", R"(== /etc/postfix/main.cf
home_mailbox = Maildir/
)", ""},
    RuleRow{"home-mailbox-path", R"(== /etc/postfix/main.cf
home_mailbox = ~/Maildir/
)", "/home/USER/~", R"(== /etc/postfix/main.cf
home_mailbox = Maildir/
)", ""},
    RuleRow{"mailbox-limit-below-message", R"(== /etc/postfix/main.cf
mailbox_size_limit = 1000000
)", "local(8) does not start", R"(== /etc/postfix/main.cf
mailbox_size_limit = 0
)", ""},
    RuleRow{"virtual-limit-below-message", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
virtual_mailbox_limit = 1000
)", "virtual(8) does not start", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_transport = lmtp:unix:/run/lmtp
virtual_mailbox_limit = 1000
)", ""},
    RuleRow{"virtual-limit-below-message", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
virtual_mailbox_limit = 1000
)", "virtual(8) does not start", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", ""},
    RuleRow{"virtual-base-relative", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = var/mail
)", "absolute path", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", ""},
    RuleRow{"default-privs-forbidden", R"(== /etc/postfix/main.cf
default_privs = root
)", "no Postfix program starts", R"(== /etc/postfix/main.cf
default_privs = nobody
)", ""},
    RuleRow{"mailbox-lock-disagrees", R"(== /etc/dovecot/dovecot.conf
mbox_write_locks = dotlock fcntl
)", "Dovecot by", R"(== /etc/dovecot/dovecot.conf
mbox_write_locks = fcntl dotlock
)", ""},
    RuleRow{"virtual-path-twice", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=/var/mail/vhosts/bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", "/var/mail/vhosts/var/mail/vhosts/bob/", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", ""},
    RuleRow{"virtual-owner-missing", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = inline:{{@x.example=5000}}
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", "may be used", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = inline:{{@box.example=5000}}
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", ""},
    RuleRow{"virtual-owner-missing", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:50
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", "may be used", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", ""},
    RuleRow{"virtual-owner-missing", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = inline:{zz@box.example=5000}
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", "no uid or gid", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", ""},
    RuleRow{"virtual-catchall-shadows", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains =
== /etc/postfix/virtual
@box.example alice@example.com
)", "takes the mail of", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains =
== /etc/postfix/virtual
bob@box.example bob@box.example
@box.example alice@example.com
)", ""},
    RuleRow{"virtual-alias-loop", R"(== /etc/postfix/main.cf
virtual_alias_maps = inline:{{a@example.com = b@example.com}, {b@example.com = c@example.com}, {c@example.com = a@example.com}}
virtual_alias_domains =
)", "a@example.com -> b@example.com -> c@example.com -> a@", R"(== /etc/postfix/main.cf
virtual_alias_maps = inline:{{alice@example.com = bob@example.com}, {bob@example.com = bob@example.com, alice@example.com}}
virtual_alias_domains =
)", ""},
    RuleRow{"virtual-alias-loop", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains =
== /etc/postfix/virtual
a1@example.com a2@example.com
a2@example.com a1@example.com
)", "no message to any", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains =
== /etc/postfix/virtual
a2@example.com alice
)", ""},
    RuleRow{"alias-command-in-virtual", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains =
== /etc/postfix/virtual
cmd@example.com |/bin/true
)", "do not work in", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains =
== /etc/postfix/virtual
cmd@example.com alice@localhost
)", ""},
    RuleRow{"lmtp-endpoint-form", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:/run/lmtp
local_recipient_maps = static:x
)", "names no server", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/lmtp
local_recipient_maps = static:x
)", ""},
    RuleRow{"lmtp-socket-missing", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/nosuch
local_recipient_maps = static:x
)", "is the server running", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/lmtp
local_recipient_maps = static:x
== socket /run/lmtp 666
)", ""},
    RuleRow{"lmtp-socket-chroot", R"(== /etc/postfix/master.cf
foo unix - - y - - lmtp
== /etc/postfix/main.cf
mailbox_transport = foo:unix:/run/lmtp
local_recipient_maps = static:x
)", "chrooted", R"(== /etc/postfix/master.cf
foo unix - - n - - lmtp
== /etc/postfix/main.cf
mailbox_transport = foo:unix:/run/lmtp
local_recipient_maps = static:x
)", ""},
    RuleRow{"lmtp-socket-rights", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/dovecot/lmtp
local_recipient_maps = static:x
== directory /run/dovecot 700 0
== socket /run/dovecot/lmtp 666 0
)", "may not enter", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/dovecot/lmtp
local_recipient_maps = static:x
== directory /run/dovecot 755 0
== socket /run/dovecot/lmtp 666 0
)", ""},
    RuleRow{"lmtp-socket-rights", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/lmtp
local_recipient_maps = static:x
== socket /run/lmtp 600 0
)", "may not connect", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:unix:/run/lmtp
local_recipient_maps = static:x
== socket /run/lmtp 600 90
)", ""},
    RuleRow{"lmtp-name-needs-dns", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:localhost
local_recipient_maps = static:x
)", "asked from DNS", R"(== /etc/postfix/main.cf
mailbox_transport = lmtp:[127.0.0.1]
local_recipient_maps = static:x
)", ""},
    RuleRow{"milter-socket-missing", R"(== /etc/postfix/main.cf
smtpd_milters = unix:/run/nosuch
)", "451 4.7.1", R"(== /etc/postfix/main.cf
smtpd_milters = unix:/run/nosuch
milter_default_action = accept
)", ""},
    RuleRow{"luser-relay-list", R"(== /etc/postfix/main.cf
luser_relay = alice, bob
local_recipient_maps = static:x
)", "vanishes", R"(== /etc/postfix/main.cf
luser_relay = alice
local_recipient_maps = static:x
)", ""},
    RuleRow{"luser-relay-macro", R"(== /etc/postfix/main.cf
luser_relay = alice@$mydomain
local_recipient_maps = static:x
)", "stands for nothing", R"(== /etc/postfix/main.cf
luser_relay = alice
local_recipient_maps = static:x
)", ""},
    RuleRow{"copy-recipient-dead", R"(== /etc/postfix/main.cf
always_bcc = nosuch@example.com
)", "no copy", R"(== /etc/postfix/main.cf
always_bcc = alice@example.com
)", ""},
    RuleRow{"delimiter-leaks", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains =
recipient_delimiter = +
== /etc/postfix/virtual
sales@example.com bob@partner.example
)", "sent on to other hosts", R"(== /etc/postfix/main.cf
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_alias_domains =
recipient_delimiter = +
propagate_unmatched_extensions =
== /etc/postfix/virtual
sales@example.com bob@partner.example
)", ""},
    RuleRow{"delimiter-service-differs", R"(== /etc/postfix/main.cf
recipient_delimiter = +
== /etc/postfix/master.cf
foo unix - n n - - local -o recipient_delimiter=-
)", "splits addresses", R"(== /etc/postfix/master.cf
foo unix - n n - - pipe -o recipient_delimiter=- user=bob argv=/bin/true
)", ""},
    RuleRow{"relay-open-network", R"(== /etc/postfix/main.cf
mynetworks = 0.0.0.0/0
)", "may relay", R"(== /etc/postfix/main.cf
mynetworks = 127.0.0.0/8
)", ""},
    RuleRow{"relay-domains-everything", R"(== /etc/postfix/main.cf
relay_domains = static:x
relay_recipient_maps = static:x
)", "any domain", R"(== /etc/postfix/main.cf
relay_domains = rel.example
relay_recipient_maps = static:x
)", ""},
    RuleRow{"relay-loops-back", R"(== /etc/postfix/main.cf
transport_maps = inline:{loop.example=smtp:[127.0.0.1]}
)", "loops back", R"(== /etc/postfix/main.cf
transport_maps = inline:{loop.example=smtp:[10.0.0.2]}
)", ""},
    RuleRow{"sender-route-overridden", R"(== /etc/postfix/main.cf
sender_dependent_default_transport_maps = inline:{@c.example=smtp:[a.example]}
sender_dependent_relayhost_maps = inline:{@c.example=[b.example]}
)", "never used", R"(== /etc/postfix/main.cf
sender_dependent_relayhost_maps = inline:{@c.example=[b.example]}
)", ""},
    RuleRow{"compatibility-level-missing", R"(== /etc/postfix/main.cf
#-compatibility_level
append_dot_mydomain = no
relay_domains =
)", "compatibility_level is not set", R"(== /etc/postfix/main.cf
compatibility_level = 3.6
)", ""},
    RuleRow{"restriction-given-up", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.9.1
smtpd_recipient_restrictions = permit_mynetworks, check_relay_domains
)", "451 4.3.5", R"(== /etc/postfix/main.cf
smtpd_recipient_restrictions = permit_mynetworks, check_relay_domains, reject_unauth_destination
)", ""},
    RuleRow{"restriction-given-up", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.10
smtpd_client_restrictions = permit_mynetworks, Reject_Maps_RBL
)", "from Postfix 3.9 on", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.10
smtpd_client_restrictions = permit_mynetworks, reject_rbl_client bl.example
)", ""},
    RuleRow{"alias-quotes-kept", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
== /etc/aliases
"sales": alice
)", "never found", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
== /etc/aliases
sales: alice
"my sales": alice
)", ""},
    RuleRow{"alias-quotes-kept", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
== /etc/aliases
"a%b": alice
)", "never found", R"(== /etc/aliases
"a%b": alice
"sales": alice
)", ""},
    RuleRow{"alias-owner-quoted", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
== /etc/aliases
"my list": alice, bob
"owner-my list": bob
)", "without quotes", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
== /etc/aliases
my-list: alice, bob
owner-my-list: bob
)", ""},
    RuleRow{"virtual-path-dots", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=../bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", "/../", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=../bob/}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", ""},
    RuleRow{"virtual-id-malformed", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000x
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", "not a number", R"(== /etc/postfix/main.cf
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:5000x
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", ""},
    RuleRow{"virtual-id-malformed", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:99999999999
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", "not a number", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{bob@box.example=bob/}
virtual_uid_maps = static:+5000
virtual_gid_maps = static:5000
virtual_mailbox_base = /var/mail/vhosts
)", ""},
    RuleRow{"relocated-value-malformed", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.11
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
relocated_prefix_enable = no
relocated_maps = inline:{{old@example.com = new@example.net}}
)", "5.2.0", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.11
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
relocated_prefix_enable = no
relocated_maps = inline:{{old@example.com = 5.1.6 User has moved to new@example.net}}
)", ""},
    RuleRow{"relocated-value-malformed", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.11
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
relocated_prefix_enable = no
relocated_maps = inline:{{old@example.com = 5.1.6}}
)", "5.2.0", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.11
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
relocated_maps = inline:{{old@example.com = 5.1.6}}
)", ""},
    RuleRow{"table-index-missing", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.11
non_bdb_migration_level = enable-redirect
default_database_type = lmdb
relocated_maps = hash:/etc/postfix/relocated
== /etc/postfix/relocated
old@example.com new@example.net
== index hash:/etc/postfix/relocated
old@example.com new@example.net
)", "nothing reads /etc/postfix/relocated.db", R"(== /etc/postfix/main.cf
relocated_maps = hash:/etc/postfix/relocated
== /etc/postfix/relocated
old@example.com new@example.net
== index hash:/etc/postfix/relocated
old@example.com new@example.net
)", ""},
    RuleRow{"table-index-missing", R"(== /etc/postfix/main.cf
relocated_maps = lmdb:/etc/postfix/relocated
== /etc/postfix/relocated
old@example.com new@example.net
== index hash:/etc/postfix/relocated
old@example.com new@example.net
)", "relocated.lmdb does not exist", R"(== /etc/postfix/main.cf
relocated_maps = lmdb:/etc/postfix/relocated
== /etc/postfix/relocated
old@example.com new@example.net
)", ""},
    RuleRow{"table-type-leaving", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
relocated_maps = btree:/etc/r
== /etc/r
old new
)", "Berkeley DB", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.11
non_bdb_migration_level = enable-redirect
default_database_type = lmdb
)", ""},
    RuleRow{"table-type-missing", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
virtual_alias_domains =
virtual_alias_maps = /etc/postfix/virtual
)", "in silence", R"(== /etc/postfix/main.cf
lastmile_postfix_version = 3.12
alias_maps = lmdb:/etc/aliases
alias_database = lmdb:/etc/aliases
virtual_alias_maps =
)", ""},
    RuleRow{"class-origin-not-ours", R"(== /etc/postfix/main.cf
relayhost =
myorigin = nowhere.example
)", "leaves this host", R"(== /etc/postfix/main.cf
myorigin = nowhere.example
)", ""},
    RuleRow{"table-not-listable", R"(== /etc/postfix/main.cf
relocated_maps = mysql:/etc/q.cf, mysql:/etc/r.cf
== /etc/q.cf
hosts = unix:/run/nosuch
dbname = mail
query = SELECT goto FROM a WHERE name = '%s'
== /etc/r.cf
hosts = unix:/run/nosuch
dbname = mail
query = SELECT goto FROM b WHERE name = '%s'
)", "mysql:/etc/q.cf, mysql:/etc/r.cf know", R"(== /etc/postfix/main.cf
relocated_maps =
)", ""},
};
// clang-format on

}  // namespace

std::span<const RuleRow> rule_rows() {
  return kRows;
}

}  // namespace lastmile::test
