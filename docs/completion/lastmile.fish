# SPDX-License-Identifier: Apache-2.0
# Completion of lastmile(1) for fish. What there is to complete, the program itself is asked for: its --help
# is printed from the table of options.

# The first column of the options that `lastmile ARGV... --help` tells.
function __lastmile_options
    lastmile $argv --help 2>/dev/null | string match --regex '^ {1,4}-.*' | string trim | string replace --regex ' {2,}.*' ''
end

function __lastmile_commands
    lastmile --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z][a-z-]*\)  *\(.*\)/\1\t\2/p'
end

# What option $argv[1] wants, of the options in the other arguments; nothing when it stands alone.
function __lastmile_value_of
    for line in $argv[2..]
        set -l words (string split --no-empty ' ' -- (string replace --all ',' ' ' -- $line))
        if contains -- $argv[1] $words
            string match --quiet --regex '^-' -- $words[-1]; or echo $words[-1]
            return
        end
    end
end

function __lastmile_complete
    set -l options (__lastmile_options)
    set -l command
    set -l arguments 0
    set -l value
    for word in (commandline --tokenize --cut-at-cursor --current-process)[2..]
        if test -n "$value"
            set value
        else if string match --quiet --regex '^-' -- $word
            set value (__lastmile_value_of $word $options)
        else if test -z "$command"
            set command $word
            set options $options (__lastmile_options $command)
        else
            set arguments (math $arguments + 1)
        end
    end
    set -l current (commandline --current-token --cut-at-cursor)
    switch "$value"
        case '*|*'
            string split '|' -- $value
        case DIR
            __fish_complete_directories $current
        case FILE
            __fish_complete_path $current
        case NAME=VALUE
            lastmile config -d 2>/dev/null | string replace --regex ' =.*' '='
        case PARAMETER
            lastmile config -d 2>/dev/null | string replace --regex ' =.*' ''
        case RULE RULES
            lastmile check --list 2>/dev/null | string replace --regex ' .*' ''
        case USER ADDRESS
            __fish_complete_users
        case ''
            if string match --quiet --regex '^-' -- $current
                string match --all --regex -- '(?<![^ ,])--?[A-Za-z][A-Za-z-]*' $options
            else
                __lastmile_argument "$command" $arguments $current
            end
    end
end

function __lastmile_argument --argument-names command arguments current
    switch $command
        case ''
            __lastmile_commands
        case help
            test $arguments -gt 0; or __lastmile_commands
        case trace deliver who probe
            __fish_complete_users
        case verify diff explain
            __fish_complete_path $current
        case config
            lastmile config -d 2>/dev/null | string replace --regex ' =.*' ''
        case lookup
            test $arguments -gt 0
            or lastmile --version 2>/dev/null | string replace --filter 'map types: ' '' | string split ' ' | string replace --regex '$' ':'
        case alias table
            test $arguments -gt 0; or echo build
        case site
            if test $arguments -gt 0
                __fish_complete_path $current
            else
                printf '%s\n' export show import
            end
    end
end

complete --command lastmile --no-files --arguments '(__lastmile_complete)'
