# SPDX-License-Identifier: Apache-2.0
# Completion of lastmile(1) for bash. What there is to complete, the program itself is asked for: its --help
# is printed from the table of options.

# The first column of the options that `lastmile WORDS... --help` tells.
_lastmile_options() {
  "$lastmile" "$@" --help 2>/dev/null | sed -n 's/^ \{1,4\}\(-.*\)/\1/p' | sed 's/   *.*//'
}

_lastmile_commands() {
  "$lastmile" --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z][a-z-]*\)  .*/\1/p'
}

_lastmile_map_types() {
  "$lastmile" --version 2>/dev/null | sed -n 's/^map types: //p' | tr ' ' '\n'
}

_lastmile_parameters() {
  "$lastmile" config -d 2>/dev/null | sed -n 's/ =.*//p'
}

# What the option $1 wants, of the options in $2: "DIR", "full|local|smtp"; nothing when it stands alone.
_lastmile_value_of() {
  local line word
  while IFS= read -r line; do
    for word in ${line//,/ }; do
      if [[ $word == "$1" ]]; then
        word=${line##* }
        [[ $word == -* ]] || printf '%s\n' "$word"
        return
      fi
    done
  done <<<"$2"
}

# Puts the command into `command`, and how many of its arguments stand before the cursor into `arguments`.
_lastmile_find_command() {
  local i
  command=
  arguments=0
  for ((i = 1; i < cword; ++i)); do
    if [[ ${words[i]} == -* ]]; then
      [[ -z $(_lastmile_value_of "${words[i]}" "$options") ]] || ((++i))
    elif [[ -z $command ]]; then
      command=${words[i]}
      options+=$'\n'$(_lastmile_options "$command")
    else
      ((++arguments))
    fi
  done
}

_lastmile_argument() {
  case $command in
    '') _lastmile_commands ;;
    help) [[ $arguments -gt 0 ]] || _lastmile_commands ;;
    trace | deliver | who | probe) compgen -u ;;
    verify | diff | explain) echo FILE ;;
    config) _lastmile_parameters ;;
    lookup) [[ $arguments -gt 0 ]] || _lastmile_map_types | sed 's/$/:/' ;;
    alias | table) if [[ $arguments -eq 0 ]]; then echo build; fi ;;
    site) if [[ $arguments -eq 0 ]]; then printf 'export\nshow\nimport\n'; else echo FILE; fi ;;
  esac
}

_lastmile() {
  local cur=${COMP_WORDS[COMP_CWORD]} cword=$COMP_CWORD command arguments value choices lastmile=$1
  local -a words=("${COMP_WORDS[@]}")
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n := cur words cword
  fi
  COMPREPLY=()
  local options
  options=$(_lastmile_options)
  _lastmile_find_command
  value=$(_lastmile_value_of "${words[cword - 1]}" "$options")
  case $value in
    *'|'*) choices=${value//|/$'\n'} ;;
    DIR) choices=$(compgen -d -- "$cur") ;;
    FILE) choices=FILE ;;
    NAME=VALUE) choices=$(_lastmile_parameters | sed 's/$/=/') ;;
    PARAMETER) choices=$(_lastmile_parameters) ;;
    RULE | RULES) choices=$("$lastmile" check --list 2>/dev/null | cut -d ' ' -f 1) ;;
    USER | ADDRESS) choices=$(compgen -u) ;;
    '')
      if [[ $cur == -* ]]; then
        choices=$(grep -oE -- '(^|[ ,])--?[A-Za-z][A-Za-z-]*' <<<"$options" | tr -d ' ,' | sort -u)
      else
        choices=$(_lastmile_argument)
      fi
      ;;
    *) return ;;
  esac
  [[ $choices != FILE ]] || choices=$(compgen -f -- "$cur")
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=] ]]; then
    compopt -o nospace 2>/dev/null
  fi
  if declare -F __ltrim_colon_completions >/dev/null; then
    __ltrim_colon_completions "$cur"
  fi
}

complete -o filenames -F _lastmile lastmile
